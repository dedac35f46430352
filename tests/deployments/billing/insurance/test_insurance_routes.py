"""Insurance over ASGI, through the whole edge: what goes in comes out, and to whom."""

from uuid import uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.billing.deployment import BillingDeployment
from deployments.billing.plans import SOCIAL, SOCIAL_PAYER
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys

pytestmark = pytest.mark.enable_socket
PREFIX = "/api/v1/billing"


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def as_(keys):
    """Headers of somebody in a role."""

    def headers(role: Role, **claims) -> dict[str, str]:
        token = keys.token(role, **claims)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}

    return headers


@pytest.fixture
async def api(billing_database, redis_client, settings, keys, exchange):
    runtime = Runtime(
        "billing",
        database=billing_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    ingress = BillingDeployment(runtime, exchange=exchange).__serve_build_asgi_app__()
    transport = httpx.ASGITransport(ingress, root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
async def plan(api, as_) -> str:
    named = {"name_en": "Social", "name_vi": "Xã hội"}
    payer = {"code": SOCIAL_PAYER, "kind": "public", **named}
    answer = await api.post("/payers", json=payer, headers=as_(Role.ADMINISTRATOR))
    assert answer.status_code == 201, answer.text
    rules = {
        "code": "MAIN", "currency": "VND", "benefits": SOCIAL.model_dump(mode="json"), **named,
    }  # fmt: skip
    where = f"/payers/{answer.json()['id']}/plans"
    answer = await api.post(where, json=rules, headers=as_(Role.ADMINISTRATOR))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def card(plan: str, patient: str, **fields) -> dict[str, str]:
    return {
        "patient_id": patient, "plan_id": plan, "member_id": "GD4790000000123",
        "last_name": "Nguyễn", "first_name": "Đức", "birth_date": "1980-01-02", "sex": "M",
        "starts_on": "2020-01-01", **fields,
    }  # fmt: skip


async def test_a_coverage_is_seen_by_its_patient_and_by_nobody_else(api, as_, plan) -> None:
    patient = str(uuid4())
    officer = as_(Role.BILLING_OFFICER)
    answer = await api.post("/coverages", json=card(plan, patient), headers=officer)
    assert answer.status_code == 201, answer.text
    coverage = answer.json()
    assert (coverage["level"], coverage["payer_code"]) == ("4", SOCIAL_PAYER)
    query = {"patient": patient}
    own = await api.get("/coverages", params=query, headers=as_(Role.PATIENT, sub=patient))
    assert [one["id"] for one in own.json()["items"]] == [coverage["id"]]
    foreign = await api.get("/coverages", params=query, headers=as_(Role.PATIENT))
    absent = await api.get(
        "/coverages", params={"patient": str(uuid4())}, headers=as_(Role.PATIENT)
    )
    assert foreign.status_code == absent.status_code == 404
    year = f"/coverages/{coverage['id']}/years/2026"
    assert (await api.get(year, headers=as_(Role.PATIENT))).status_code == 404
    mine = await api.get(year, headers=as_(Role.PATIENT, sub=patient))
    assert mine.json()["paid"] == 0
    assert (await api.get(year, headers=as_(Role.NURSE))).status_code == 403


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"level": "9"}, "unknown_level"),
        ({"member_id": "ABC-1"}, "unknown_level"),
        ({"ends_on": "2019-12-31"}, "ends_before_it_begins"),
    ],
)
async def test_a_coverage_that_contradicts_itself_is_refused(api, as_, plan, fields, code) -> None:
    body = card(plan, str(uuid4()), **fields)
    answer = await api.post("/coverages", json=body, headers=as_(Role.BILLING_OFFICER))
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_a_coverage_ends(api, as_, plan) -> None:
    officer = as_(Role.BILLING_OFFICER)
    body = card(plan, str(uuid4()))
    coverage = (await api.post("/coverages", json=body, headers=officer)).json()
    where, end = f"/coverages/{coverage['id']}/end", {"ends_on": "2026-12-31", "version": 1}
    ended = await api.post(where, json=end, headers=as_(Role.BILLING_OFFICER))
    assert ended.json()["ends_on"] == "2026-12-31"
    again = await api.post(where, json=end, headers=as_(Role.BILLING_OFFICER))
    assert again.status_code == 412


async def test_a_plan_has_one_code_and_changes_by_version(api, as_, plan) -> None:
    manager = Role.ADMINISTRATOR
    change = {"benefits": {"percent": {"*": "50"}}, "version": 1}
    answer = await api.post(f"/plans/{plan}/change", json=change, headers=as_(manager))
    assert answer.json()["version"] == 2
    answer = await api.post(f"/plans/{plan}/change", json=change, headers=as_(manager))
    assert answer.status_code == 412
    unknown = await api.post(f"/plans/{uuid4()}/change", json=change, headers=as_(manager))
    assert unknown.status_code == 404


async def test_rubbish_is_no_remittance(api, as_) -> None:
    body = {"content": "x" * 200}
    answer = await api.post("/remittances", json=body, headers=as_(Role.BILLING_OFFICER))
    assert (answer.status_code, answer.json()["code"]) == (422, "billing.remittance_unreadable")
    refused = await api.get("/remittances/refused", headers=as_(Role.BILLING_OFFICER))
    assert refused.json() == {"items": []}
    assert (await api.get("/remittances", headers=as_(Role.PATIENT))).status_code == 403
