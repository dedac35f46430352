"""The path of a request through the edge, as a client sees it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from sqlalchemy import select

from deployments.access import Role
from deployments.gateway.ingress import check_declared
from deployments.gateway.policy import UndeclaredPolicy
from deployments.gateway.route import gateway_router
from deployments.runtime import Runtime
from storage.audit import audit_log
from tests.deployments.gateway.conftest import Keys, Notes

PROBLEM = "application/problem+json"


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"urn:medray:problem:{code}"
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_a_request_carries_ids_limits_and_security_headers(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    answer = await api.get(f"/notes/{uuid4()}", headers={**patient, "X-Request-Id": "abcdefgh-1"})
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == "abcdefgh-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["ratelimit-policy"] == '"minute";q=1200;w=60'
    assert answer.headers["ratelimit"].startswith('"minute";r=1199')


async def test_a_request_id_that_looks_wrong_is_replaced(api: httpx.AsyncClient) -> None:
    answer = await api.post("/quiet", headers={"X-Request-Id": "x y\t<script>"})
    assert answer.headers["x-request-id"] != "x y\t<script>"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nowhere", 404, "not_found"),
        ("/notes/not-a-uuid", 422, "invalid"),
        ("/broken", 500, "internal"),
        ("/managed", 403, "forbidden"),
    ],
)
async def test_every_error_is_a_problem(
    api: httpx.AsyncClient, patient: dict[str, str], path: str, status: int, code: str
) -> None:
    answer = await api.get(path, headers=patient)
    assert_problem(answer, status, code)
    assert "Nguyen" not in answer.text


async def test_a_wrong_method_is_a_problem(api: httpx.AsyncClient) -> None:
    assert_problem(await api.delete("/quiet"), 405, "method_not_allowed")


def forged(keys: Keys) -> dict[str, str]:
    """Tokens that must not pass, by what is wrong with them."""
    good = keys.token(Role.PATIENT)
    head, body, signature = good.split(".")
    past = datetime.now(UTC).timestamp() - 3600
    stranger = Keys()
    return {
        "none": "",
        "garbage": "a.b.c",
        "unsigned": jwt.encode({"sub": "x"}, None, "none"),
        "symmetric": jwt.encode({"sub": "x"}, "k" * 40, "HS256", headers={"kid": "first"}),
        "changed": f"{head}.{body[:-2]}AA.{signature}",
        "unsigned tail": f"{head}.{body}.",
        "expired": keys.token(Role.PATIENT, exp=past),
        "early": keys.token(Role.PATIENT, nbf=datetime.now(UTC).timestamp() + 600),
        "issuer": keys.token(Role.PATIENT, iss="elsewhere"),
        "audience": keys.token(Role.PATIENT, aud="elsewhere"),
        "type": keys.token(Role.PATIENT, typ="JWT"),
        "key": stranger.token(Role.PATIENT),
        "role": keys.token("superuser"),  # type: ignore[arg-type]
        "subject": keys.token(Role.PATIENT, sub="not-an-id"),
    }


async def test_no_forged_token_passes(api: httpx.AsyncClient, keys: Keys) -> None:
    for name, token in forged(keys).items():
        answer = await api.get("/cached", headers={"Authorization": f"Bearer {token}"})
        assert_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer", name


async def test_a_rotated_key_is_found_and_the_old_one_still_works(
    api: httpx.AsyncClient, keys: Keys, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.gateway.authentication.KEYS_COOLDOWN_S", 0)
    old = keys.token(Role.PATIENT)
    keys.rotate("second")
    new = keys.token(Role.PATIENT, kid="second")
    for token in (old, new, old):
        answer = await api.get("/cached", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


async def test_an_unknown_key_does_not_make_us_ask_again_and_again(
    api: httpx.AsyncClient, keys: Keys
) -> None:
    token = keys.token(Role.PATIENT)
    del keys.private["first"]
    for _ in range(5):
        assert (await api.get("/cached", headers={"Authorization": f"Bearer {token}"})).is_error
    assert keys.asked == 1


async def test_revoked_tokens_and_people_are_refused(
    api: httpx.AsyncClient, keys: Keys, runtime: Runtime
) -> None:
    person = str(uuid4())
    one, other = (keys.token(Role.PATIENT, sub=person, jti=name) for name in ("one", "other"))

    async def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return (await api.get("/cached", headers=headers)).status_code

    assert (await status(one), await status(other)) == (200, 200)
    keys.revoke(token_id="one")
    await runtime.authenticator.refresh()
    assert (await status(one), await status(other)) == (401, 200)
    keys.revoke(user_id=person, not_before=datetime.now(UTC))
    await runtime.authenticator.refresh()
    assert await status(other) == 401
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert await status(keys.token(Role.PATIENT, sub=person, iat=later.timestamp())) == 200


async def test_a_limit_holds_and_says_when_to_come_back(
    api: httpx.AsyncClient, runtime: Runtime, patient: dict[str, str]
) -> None:
    runtime.settings.rate_limit_per_minute = 5
    codes = [(await api.get("/cached", headers=patient)).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    answer = await api.post("/notes", headers=patient, json={"text": "x"})
    assert_problem(answer, 429, "too_many_requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 24


async def test_a_limit_holds_without_redis(
    api: httpx.AsyncClient, runtime: Runtime, patient: dict[str, str]
) -> None:
    runtime.settings.rate_limit_per_minute = 5
    runtime.rate_limiter._down_until = float("inf")
    codes = [(await api.get(f"/notes/{uuid4()}", headers=patient)).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]


async def test_guessing_tokens_costs_points(api: httpx.AsyncClient, runtime: Runtime) -> None:
    runtime.settings.anonymous_rate_limit_per_minute = 3
    guess = {"Authorization": "Bearer a.b.c"}
    codes = [(await api.get("/cached", headers=guess)).status_code for _ in range(4)]
    assert codes == [401, 401, 401, 429]


async def test_etag_not_modified_and_if_match(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    path = f"/notes/{uuid4()}"
    first = await api.get(path, headers=patient)
    etag = first.headers["etag"]
    assert etag.startswith('W/"7-')
    again = await api.get(path, headers={**patient, "If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    for match in (etag, 'W/"7"'):
        changed = await api.put(path, headers={**patient, "If-Match": match}, json={"text": "new"})
        assert changed.headers["etag"] == 'W/"8"'
    odd = await api.put(path, headers={**patient, "If-Match": "seven"}, json={"text": "new"})
    assert_problem(odd, 422, "invalid")


async def test_a_cached_read_is_per_caller_and_dropped_by_topic(
    api: httpx.AsyncClient, notes: Notes, runtime: Runtime, keys: Keys, patient: dict[str, str]
) -> None:
    async def read(headers: dict[str, str], q: str = "") -> list[str]:
        answer = await api.get("/cached", params={"q": q}, headers=headers)
        body: list[str] = answer.json()
        return body

    other = {"Authorization": f"Bearer {keys.token(Role.PATIENT)}"}
    assert [await read(patient), await read(patient)] == [["", "1"], ["", "1"]]
    assert await read(patient, "b") == ["b", "2"]
    assert await read(other) == ["", "3"]
    await runtime.cache.drop(["notes"])
    assert await read(patient) == ["", "4"]


async def test_a_chart_from_the_cache_is_audited_and_dropped_for_its_patient_alone(
    api: httpx.AsyncClient, notes: Notes, runtime: Runtime, patient: dict[str, str]
) -> None:
    one, other = uuid4(), uuid4()

    async def read(written: str) -> str:
        body: list[str] = (await api.get(f"/patients/{written}/cached", headers=patient)).json()
        return body[1]

    def audited() -> list[Any]:
        wanted = select(audit_log.c.patient_id, audit_log.c.object_type, audit_log.c.outcome)
        with runtime.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(wanted)]

    assert [await read(str(one)), await read(str(other))] == ["1", "2"]
    assert audited() == []  # these wrote their own, had they a service behind them
    assert [await read(str(one).upper()), await read(str(one))] == ["3", "1"]
    assert audited() == [(one, "Condition", "success")]
    await runtime.cache.drop([f"patient:{one}"])
    assert [await read(str(one).upper()), await read(str(one))] == ["4", "5"]
    assert await read(str(other)) == "2"


async def test_created_things_have_a_location(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    answer = await api.post("/notes", headers=patient, json={"text": "hello"})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/notes/{answer.json()['id']}"
    assert answer.headers["etag"] == 'W/"1"'


async def test_a_route_on_its_way_out_says_so_in_every_answer(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    for headers, status in ((patient, 200), ({}, 401)):
        answer = await api.get("/old", headers=headers)
        assert answer.status_code == status
        assert answer.headers["deprecation"] == "@1767225600"
        assert answer.headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"


class TestIdempotencyKey:
    async def test_the_same_request_is_answered_alike_and_done_once(
        self, api: httpx.AsyncClient, notes: Notes, patient: dict[str, str]
    ) -> None:
        headers = {**patient, "Idempotency-Key": "k1"}
        first = await api.post("/notes", headers=headers, json={"text": "hello"})
        second = await api.post("/notes", headers=headers, json={"text": "hello"})
        assert (second.status_code, second.json()) == (201, first.json())
        assert second.headers["location"] == first.headers["location"]
        assert second.headers["idempotency-replayed"] == "true"
        assert await notes.count() == 1

    async def test_another_body_is_refused(
        self, api: httpx.AsyncClient, notes: Notes, patient: dict[str, str]
    ) -> None:
        headers = {**patient, "Idempotency-Key": "k1"}
        await api.post("/notes", headers=headers, json={"text": "hello"})
        answer = await api.post("/notes", headers=headers, json={"text": "changed"})
        assert_problem(answer, 422, "idempotency_key_reused")
        assert await notes.count() == 1

    async def test_nobody_replays_another_callers_key(
        self, api: httpx.AsyncClient, notes: Notes, keys: Keys, patient: dict[str, str]
    ) -> None:
        other = {"Authorization": f"Bearer {keys.token(Role.PATIENT)}", "Idempotency-Key": "k1"}
        one = await api.post(
            "/notes", headers={**patient, "Idempotency-Key": "k1"}, json={"text": "hello"}
        )
        two = await api.post("/notes", headers=other, json={"text": "hello"})
        assert one.json()["id"] != two.json()["id"]
        assert await notes.count() == 2

    async def test_parallel_twins_have_one_effect(
        self, api: httpx.AsyncClient, notes: Notes, patient: dict[str, str]
    ) -> None:
        headers = {**patient, "Idempotency-Key": "k1"}
        answers = await asyncio.gather(
            *(api.post("/notes", headers=headers, json={"text": "slow"}) for _ in range(8))
        )
        codes = {answer.status_code for answer in answers}
        assert codes <= {201, 409}
        assert {a.json()["code"] for a in answers if a.status_code == 409} <= {
            "idempotency_key_in_flight"
        }
        assert await notes.count() == 1

    async def test_a_refusal_is_not_kept(
        self, api: httpx.AsyncClient, notes: Notes, patient: dict[str, str]
    ) -> None:
        headers = {**patient, "Idempotency-Key": "k1"}
        for _ in range(2):
            answer = await api.post("/notes", headers=headers, json={"text": "refused"})
            assert_problem(answer, 409, "conflict")
        assert await notes.count() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "x", "role": "administrator"}', 422),
        (b'{"text": 7}', 422),
        (b'{"text": "x", "at": "0001-01-01T00:00:00Z"}', 422),
        (b'{"text": "x", "at": "9999-12-31T23:59:59Z"}', 422),
        (b'{"text": "x", "at": "2026-01-01T00:00:00"}', 422),
        (b'{"text": "\\u0000"}', 400),
        (b'{"text": "a\x00"}', 400),
        (b'{"text": "\\ud800"}', 422),
        (b'{"text": "\xff\xfe"}', 400),
        (b"{" * 100_000, 422),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b"", 422),
        (b"null", 422),
        (b"x" * 2_000_000, 413),
        (b'{"text": "' + b"9" * 400_000 + b'"}', 422),
        (b'{"text": ' + b"9" * 400_000 + b"}", 400),
        (b'{"text": NaN}', 422),
    ],
)
async def test_bad_bodies_get_a_clear_answer(
    api: httpx.AsyncClient, patient: dict[str, str], body: bytes, status: int
) -> None:
    headers = {**patient, "Content-Type": "application/json"}
    answer = await api.post("/notes", headers=headers, content=body)
    assert answer.headers["content-type"] == PROBLEM
    assert answer.status_code == status, answer.text


async def test_a_wrong_content_type_is_refused(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    headers = {**patient, "Content-Type": "text/xml"}
    answer = await api.post("/notes", headers=headers, content=b'{"text": "x"}')
    assert_problem(answer, 422, "invalid")


async def test_what_is_wrong_is_said_by_pointer_and_without_the_value(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    answer = await api.post("/notes", headers=patient, json={"text": "", "nationality": "secret"})
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/text", "/nationality"}
    assert "secret" not in answer.text


def test_a_route_without_a_policy_does_not_start() -> None:
    router = gateway_router(tags=[])

    async def forgotten() -> None: ...

    with pytest.raises(UndeclaredPolicy, match="forgotten"):
        router.add_api_route("/forgotten", forgotten)


def test_a_socket_without_a_policy_does_not_start() -> None:
    router = gateway_router(tags=[])

    async def forgotten() -> None: ...

    router.add_api_websocket_route("/forgotten", forgotten)
    with pytest.raises(UndeclaredPolicy, match="forgotten"):
        check_declared(router.routes)
