"""The routes behind the real edge."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from deployments.access import Role
from deployments.calls import Refusal
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from deployments.settings import Settings
from deployments.users.authority import Authority
from deployments.users.deployment import UsersDeployment
from deployments.users.errors import UserNotFound
from deployments.users.sealing import Sealer
from deployments.users.settings import UsersSettings
from deployments.users.signing_keys import SigningKeys
from storage.database import Database
from storage.idempotency import idempotency_keys
from storage.redis import Redis
from storage.users.tables import User
from tests.factories.users import ANOTHER_PASSWORD, PASSWORD, an_email, doctor_profile


@pytest.fixture
def deployment(
    users_database: Database,
    redis_client: Redis,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> UsersDeployment:
    monkeypatch.setenv("MEDRAY_USERS_PASSWORD_TIME_COST", "1")
    monkeypatch.setenv("MEDRAY_USERS_PASSWORD_MEMORY_KIB", "64")
    sealer = Sealer(settings.secret_key.get_secret_value())
    keys = SigningKeys(users_database, sealer, UsersSettings().signing_period)
    runtime = Runtime(
        "users",
        database=users_database,
        listeners={},
        settings=settings.model_copy(update={"anonymous_rate_limit_per_minute": 100_000}),
        redis_client=redis_client,
        keys=Authority(users_database, keys),
        metrics=Metrics(),
    )
    return UsersDeployment(runtime)


@pytest.fixture
async def api(deployment: UsersDeployment) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


class Person:
    """Somebody with an account and a client."""

    def __init__(self, api: httpx.AsyncClient, deployment: UsersDeployment) -> None:
        self.api = api
        self.deployment = deployment
        self.email = an_email()
        self.id = ""
        self.tokens: dict[str, Any] = {}

    async def come_in(self, *roles: Role) -> "Person":
        body = {
            "email": self.email,
            "password": PASSWORD,
            "family_name": "Nguyễn",
            "given_name": "Mai",
        }
        made = await self.api.post("/register", json=body)
        assert made.status_code == 201, made.text
        self.id = made.json()["user_id"]
        if roles:
            with self.deployment.runtime.database.engine.begin() as connection:
                statement = update(User).where(User.id == self.id)
                connection.execute(statement.values(roles=list(roles)))
        await self.sign_in()
        return self

    async def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        answer = await self.api.post("/sign-in", json={"email": self.email, "password": password})
        if answer.status_code == 200:
            self.tokens = answer.json()
        return answer

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        headers |= options.pop("headers", {})
        return await self.api.request(method, path, headers=headers, **options)


@pytest.fixture
async def patient(api, deployment) -> Person:
    return await Person(api, deployment).come_in()


@pytest.fixture
async def administrator(api, deployment) -> Person:
    return await Person(api, deployment).come_in(Role.ADMINISTRATOR)


async def test_a_patients_day(patient):
    me = await patient.call("GET", "/me")
    assert me.json()["display_name"] == "Mai Nguyễn"
    assert me.headers["etag"].startswith('W/"1-')
    change = {"family_name": "Nguyễn", "given_name": "Mai", "locale": "vi"}
    etag = {"If-Match": me.headers["etag"]}
    changed = await patient.call("PUT", "/me", json=change, headers=etag)
    assert changed.json()["display_name"] == "Nguyễn Mai"
    late = await patient.call("PUT", "/me", json=change, headers=etag)
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    profile = {"role": "patient", "gender": "female", "blood_group": "A+"}
    written = await patient.call("PUT", "/me/profile", json=profile)
    assert written.json()["blood_group"] == "A+"
    assert (await patient.call("GET", "/me/profiles")).json()["items"] == [written.json()]
    home = {"line": ["12 Trần Phú"], "city": "Đà Nẵng", "country": "VN"}
    added = await patient.call("POST", "/me/addresses", json=home)
    assert added.headers["location"] == f"/me/addresses/{added.json()['id']}"
    gone = await patient.call("DELETE", added.headers["location"])
    assert gone.status_code == 204
    activity = (await patient.call("GET", "/me/activity?limit=2")).json()
    assert [line["kind"] for line in activity["items"]] == ["address-removed", "address-added"]
    assert activity["next_cursor"]
    assert len((await patient.call("GET", "/me/sessions")).json()["items"]) == 1
    read = await patient.call("GET", f"/patients/{patient.id}")
    assert read.json()["blood_group"] == "A+"
    allowed = (await patient.call("GET", "/me/permissions")).json()
    assert "appointments:book_own" in allowed["permissions"]


async def test_tokens_are_exchanged_and_end(api, deployment, patient):
    token = {"refresh_token": patient.tokens["refresh_token"]}
    refreshed = await api.post("/refresh", json=token)
    assert refreshed.status_code == 200
    out = await patient.call("POST", "/sign-out")
    assert out.status_code == 204
    await deployment.runtime.authenticator.refresh()
    assert (await patient.call("GET", "/me")).status_code == 401
    patient.tokens = refreshed.json()
    assert (await patient.call("GET", "/me")).status_code == 401
    ended = await api.post("/refresh", json={"refresh_token": patient.tokens["refresh_token"]})
    assert (ended.status_code, ended.json()["code"]) == (401, "users.invalid_refresh_token")


async def test_changing_the_password_over_http(patient):
    body = {"current_password": PASSWORD, "new_password": "short"}
    weak = await patient.call("POST", "/password/change", json=body)
    assert weak.status_code == 422
    assert [item["pointer"] for item in weak.json()["errors"]] == ["/new_password"]
    body["new_password"] = ANOTHER_PASSWORD
    assert (await patient.call("POST", "/password/change", json=body)).status_code == 204
    assert (await patient.sign_in(PASSWORD)).status_code == 401
    assert (await patient.sign_in(ANOTHER_PASSWORD)).status_code == 200


async def test_sign_in_answers_alike_for_everybody(api, patient):
    known = await patient.sign_in("wrong-password-here")
    body = {"email": an_email("nobody"), "password": PASSWORD}
    unknown = await api.post("/sign-in", json=body)
    for answer in (known, unknown):
        assert answer.status_code == 401
    assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    for email in (patient.email, an_email("nobody")):
        assert (await api.post("/password/forgot", json={"email": email})).status_code == 204


async def test_what_has_no_version_of_its_own_is_read_afresh_too(patient, administrator):
    path = f"/accounts/{patient.id}"
    before = await administrator.call("GET", path)
    wrong = {"email": patient.email, "password": ANOTHER_PASSWORD}
    for _ in range(5):
        await patient.api.post("/sign-in", json=wrong)
    seen = {"If-None-Match": before.headers["etag"]}
    after = await administrator.call("GET", path, headers=seen)
    assert after.status_code == 200
    assert after.json()["version"] == before.json()["version"]
    assert after.json()["locked_until"] is not None
    again = {"If-None-Match": after.headers["etag"]}
    assert (await administrator.call("GET", path, headers=again)).status_code == 304


async def test_a_locked_address_says_when_to_come_back(patient):
    for _ in range(5):
        await patient.sign_in("wrong-password-here")
    locked = await patient.sign_in()
    assert (locked.status_code, locked.json()["code"]) == (429, "users.too_many_attempts")
    assert 25 <= int(locked.headers["retry-after"]) <= 30


async def test_another_patients_id_answers_exactly_like_an_unknown_one(api, deployment, patient):
    other = await Person(api, deployment).come_in()
    answers = [
        await patient.call("GET", f"/patients/{patient_id}") for patient_id in (other.id, uuid4())
    ]
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]


async def test_an_administrators_day(api, deployment, administrator):
    invitation = {
        "email": an_email("doctor"),
        "family_name": "Trần",
        "given_name": "Đức",
        "profile": doctor_profile(),
    }
    invited = await administrator.call("POST", "/invitations", json=invitation)
    assert invited.status_code == 201, invited.text
    doctor = invited.json()["user_id"]
    profile = doctor_profile(department="Surgery")
    path = f"/accounts/{doctor}"
    put = await administrator.call("PUT", f"{path}/profile", json=profile)
    assert (put.status_code, put.json()["department"]) == (200, "Surgery")
    assert (await administrator.call("GET", path)).json()["status"] == "invited"
    found = await administrator.call("POST", "/accounts/search", json={"name": "duc"})
    assert [item["id"] for item in found.json()["items"]] == [doctor]
    listed = await administrator.call("GET", "/accounts?role=doctor&status=invited")
    assert [item["id"] for item in listed.json()["items"]] == [doctor]
    for verb in ("deactivate", "reactivate", "unlock"):
        assert (await administrator.call("POST", f"{path}/{verb}")).status_code == 200
    roles = await administrator.call("POST", f"{path}/roles", json={"roles": ["doctor"]})
    assert roles.json()["roles"] == ["doctor"]
    activity = await administrator.call("GET", f"{path}/activity")
    assert activity.json()["items"][0]["kind"] == "roles-changed"
    patient = await Person(api, deployment).come_in()
    searched = await administrator.call("POST", "/patients/search", json={"name": "mai"})
    assert patient.id in {item["id"] for item in searched.json()["items"]}


async def test_the_directory_is_cached_until_somebody_changes(administrator):
    async def departments():
        page = await administrator.call("GET", "/practitioners?specialty=cardiology")
        return [item["department"] for item in page.json()["items"]]

    assert await departments() == []
    path = f"/accounts/{administrator.id}"
    profile = doctor_profile(department="Hearts")
    await administrator.call("PUT", f"{path}/profile", json=profile)
    roles = {"roles": ["administrator", "doctor"]}
    changed = await administrator.call("POST", f"{path}/roles", json=roles)
    assert changed.status_code == 200
    assert (await administrator.sign_in()).status_code == 200
    assert await departments() == ["Hearts"]
    await administrator.call("PUT", f"{path}/profile", json=doctor_profile(department="Moved"))
    assert await departments() == ["Moved"]
    read = await administrator.call("GET", f"/practitioners/{administrator.id}")
    assert read.json()["department"] == "Moved"


async def test_no_trace_of_a_password_is_kept_with_an_idempotency_key(api, deployment):
    body = {
        "email": an_email(),
        "password": PASSWORD,
        "family_name": "Nguyễn",
        "given_name": "Mai",
    }
    key = {"Idempotency-Key": "once"}
    first = await api.post("/register", json=body, headers=key)
    again = await api.post("/register", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    kept = await deployment.runtime.database.read(
        lambda conn: conn.execute(idempotency_keys.select()).one()
    )
    sent = again.request.content
    guessable = {hashlib.sha256(sent).digest(), hashlib.sha256(PASSWORD.encode()).digest()}
    assert PASSWORD not in str(kept)
    assert bytes(kept.fingerprint) not in guessable  # a keyed hash: no dictionary finds it


async def test_keys_are_public(api):
    keys = (await api.get("/.well-known/jwks.json")).json()["keys"]
    assert {key["crv"] for key in keys} == {"Ed25519"}
    assert not any("d" in key for key in keys)


FORBIDDEN_FIELDS = ("id", "role", "roles", "status", "version", "email_verified", "is_admin")


@pytest.mark.parametrize("field", FORBIDDEN_FIELDS)
async def test_nobody_makes_themselves_more_than_they_are(api, patient, field):
    body = {
        "email": an_email(),
        "password": PASSWORD,
        "family_name": "Nguyễn",
        "given_name": "Mai",
        field: "administrator",
    }
    assert (await api.post("/register", json=body)).status_code == 422
    change = {"family_name": "Nguyễn", "given_name": "Mai", field: "administrator"}
    assert (await patient.call("PUT", "/me", json=change)).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"role": "doctor", "languages": [], "licence_number": "X"},
        {"role": "patient", "medical_record_number": "MR1"},
        {"role": "administrator"},
        {"role": "patient", "birth_date": "1066-10-14"},
        {"role": "patient", "birth_date": "9999-12-31"},
        [],
        "patient",
    ],
)
async def test_profiles_refuse_what_is_not_ones_own(patient, body):
    answer = await patient.call("PUT", "/me/profile", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_handles_answer_refusals_as_values(deployment, patient):
    refused = await deployment.get_contact(uuid4())
    assert isinstance(refused, Refusal)
    assert refused.error is UserNotFound
    contact = await deployment.get_contact(UUID(patient.id))
    assert contact.email == patient.email
    assert await deployment.patient_exists(UUID(patient.id))
    assert len(await deployment.jwks()) == 2
    assert await deployment.revocations_after(0) == []
    assert await deployment.find_practitioners(None, None, None) == []
