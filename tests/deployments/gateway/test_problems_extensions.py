"""Members of a problem beyond RFC 9457's own."""

import json
import pickle

from deployments.errors import Conflict, FieldError
from deployments.gateway.problems import respond

FIELD = FieldError("/items/0", "interaction", "no")


def test_extensions_are_members_and_hide_none_of_the_problem() -> None:
    refusal = Conflict("no", [FIELD], {"findings": [{"severity": "serious"}], "status": 200})
    body = json.loads(respond(refusal).body)
    assert body["findings"] == [{"severity": "serious"}]
    assert (body["status"], body["errors"][0]["pointer"]) == (409, "/items/0")


def test_extensions_cross_a_handle() -> None:
    refusal = Conflict("no", [FIELD], {"findings": []})
    assert pickle.loads(pickle.dumps(refusal)).extensions == {"findings": []}  # noqa: S301


def test_most_refusals_have_none() -> None:
    assert Conflict("no").extensions == {}
