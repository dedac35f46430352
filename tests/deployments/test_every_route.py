"""Every route of every application, asked in every wrong way: no fault of ours, ever.

The requests are made from the OpenAPI document, so that a new route is tested the day it exists.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete, select

from deployments.access import ROLE_PERMISSIONS, Role
from deployments.appointments.deployment import AppointmentsDeployment
from deployments.billing.deployment import BillingDeployment
from deployments.chatbot.deployment import ChatbotDeployment
from deployments.gateway.health import Health
from deployments.gateway.ingress import build_ingress
from deployments.gateway.openapi import merged
from deployments.gateway.site import Site
from deployments.laboratory.deployment import LaboratoryDeployment
from deployments.medical_records.deployment import MedicalRecordsDeployment
from deployments.metrics import Metrics
from deployments.notifications.deployment import NotificationsDeployment
from deployments.pharmacy.deployment import PharmacyDeployment
from deployments.routers import all_routers
from deployments.runtime import EdgeRuntime, Runtime
from deployments.users.deployment import UsersDeployment
from storage.appointments.tables import AppointmentReason
from tests.deployments.gateway.conftest import Keys
from tests.factories.appointments import FakePeople
from tests.factories.appointments import reason_id as reason
from tests.factories.medical_records import FakeUsers as ChartUsers
from tests.factories.medical_records import principal, relate
from tests.factories.notifications import FakeUsers
from tests.factories.pharmacy import FakeRecords, facts
from tests.factories.requests import PARAMETERS, Examples, encoded, spoilt
from tests.factories.users import registration

PROBLEM = "application/problem+json"
EVERYBODY = tuple(role for role in Role if role is not Role.SERVICE)
CHARTED = tuple(
    f"/api/v1/{name}" for name in ("medical-records", "pharmacy", "laboratory", "chatbot")
)
"""Below these the patient is somebody else than the caller, who treats them."""
DOCUMENT = merged(all_routers())
OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
AT_ONCE = 8
pytestmark = pytest.mark.enable_socket


class Up:
    """A health that is always the same."""

    async def health(self) -> Health:
        return Health(status="ready", applications=[])


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def generous(settings, monkeypatch):
    """Settings under which nobody is too fast, and passwords cost nothing."""
    monkeypatch.setenv("MEDRAY_USERS_PASSWORD_TIME_COST", "1")
    monkeypatch.setenv("MEDRAY_USERS_PASSWORD_MEMORY_KIB", "64")
    limits = ("rate_limit_per_minute", "anonymous_rate_limit_per_minute", "password_attempts")
    return settings.model_copy(update=dict.fromkeys(limits, 10**6))


@pytest.fixture
def runtime_of(generous, redis_client, keys):
    def make(name: str, database: Any) -> Runtime:
        return Runtime(
            name,
            database=database,
            listeners={},
            settings=generous,
            redis_client=redis_client,
            keys=keys,
            metrics=Metrics(),
        )

    return make


class Hospital:
    """All applications behind one address, somebody who has every role, and their patient."""

    def __init__(
        self,
        applications: Mapping[str, Any],
        keys: Keys,
        person_id: UUID,
        treated_id: UUID,
        reason_id: UUID,
    ) -> None:
        self._clients = {
            prefix: httpx.AsyncClient(
                transport=httpx.ASGITransport(application, root_path=prefix.rstrip("/")),
                base_url="http://medray.test",
            )
            for prefix, application in applications.items()
        }
        self._keys = keys
        self.person_id, self.treated_id = str(person_id), str(treated_id)
        self._known = {"practitioner_id": self.person_id, "reason_id": str(reason_id)}

    def headers(self, *roles: Role) -> dict[str, str]:
        token = self._keys.token(*roles, sub=self.person_id)
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def own(self, path: str) -> str:
        """The path with ids of things that are there, as far as we know some."""
        treated = path.replace("{patient_id}", self._patient_of(path))
        return re.sub(r"{\w+}", self.person_id, treated)

    def _patient_of(self, path: str) -> str:
        return self.treated_id if path.startswith(CHARTED) else self.person_id

    def examples(self, path: str, operation: Any) -> list[Callable[[], Any]]:
        """What makes fitting bodies, one for each variant; empty where there is no body."""
        if (body := operation.get("requestBody")) is None:
            return []
        if "application/json" not in body["content"]:
            return []  # a file; its own tests have wrong ones
        schema = body["content"]["application/json"]["schema"]
        examples = Examples(DOCUMENT, self._known | {"patient_id": self._patient_of(path)})
        return [partial(examples.of, it) for it in schema.get("oneOf", [schema])]

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        prefix = max((it for it in self._clients if path.startswith(it)), key=len)
        return await self._clients[prefix].request(method, path, **request)


@pytest.fixture
async def hospital(
    runtime_of, generous, redis_client, keys,
    users_database, appointments_database, notifications_database,
    medical_records_database, pharmacy_database, laboratory_database, billing_database,
    chatbot_database,
):  # fmt: skip
    edge = EdgeRuntime(
        "gateway", settings=generous, redis_client=redis_client, keys=keys, metrics=Metrics()
    )
    site = Site(all_routers(), Up())
    users = UsersDeployment(runtime_of("users", users_database))
    people = FakePeople()
    registered = await users.service.registration.register(registration())
    people.patients.add(registered.user_id)
    people.doctors[registered.user_id] = people.doctors[people.add_doctor().user_id]
    with appointments_database.engine.begin() as connection:
        reason_id = reason(connection)
        defaults = connection.execute(select(AppointmentReason.id)).scalars().all()
    visits = AppointmentsDeployment(runtime_of("appointments", appointments_database), people)
    telling = NotificationsDeployment(
        runtime_of("notifications", notifications_database), FakeUsers()
    )
    known, treating = ChartUsers(), principal(*EVERYBODY, user_id=registered.user_id)
    treated = known.add_patient()
    with medical_records_database.engine.begin() as connection:
        relate(connection, treated, treating)
    charts = MedicalRecordsDeployment(
        runtime_of("medical_records", medical_records_database), known
    )
    records = FakeRecords()
    records.charts[treated.user_id] = facts(treated.user_id)
    records.treating.add((treating.user_id, treated.user_id))
    medicines = PharmacyDeployment(runtime_of("pharmacy", pharmacy_database), records)
    analyses = LaboratoryDeployment(runtime_of("laboratory", laboratory_database))
    bills = BillingDeployment(runtime_of("billing", billing_database))
    talks = ChatbotDeployment(runtime_of("chatbot", chatbot_database), records)
    services = {
        "/api/v1/billing": bills,
        "/api/v1/medical-records": charts,
        "/api/v1/pharmacy": medicines,
        "/api/v1/laboratory": analyses,
        "/api/v1/chatbot": talks,
        "/api/v1/users": users,
        "/api/v1/appointments": visits,
        "/api/v1/notifications": telling,
    }
    applications = {
        prefix: service.__serve_build_asgi_app__() for prefix, service in services.items()
    }
    routers = all_routers()["/"]
    applications["/"] = build_ingress(routers, runtime=edge, services={"service": site})
    yield Hospital(applications, keys, registered.user_id, treated.user_id, reason_id)
    with appointments_database.engine.begin() as connection:
        added = AppointmentReason.id.not_in(defaults)  # no other test empties that table
        connection.execute(delete(AppointmentReason).where(added))


def wrong(hospital: Hospital, method: str, path: str, operation: Any) -> Iterator[dict[str, Any]]:
    """Requests to one operation: odd ids, odd parameters, odd headers, odd bodies."""
    own = hospital.own(path)
    if "{" in path:
        for value in (*PARAMETERS, str(uuid4()), quote("💥"), "x.y;z"):
            yield {"url": re.sub(r"{\w+}", lambda _, value=value: value, path)}
    for name in [it["name"] for it in operation.get("parameters", ()) if it["in"] == "query"]:
        for value in PARAMETERS:
            yield {"url": f"{own}?{name}={value}"}
    for value in ('W/"1"', 'W/"' + "9" * 18 + '"', "x", "*", '"\xe9"'):
        headers = {"If-Match": value, "If-None-Match": value, "Idempotency-Key": value}
        yield {"url": own, "headers": headers}
    for example in hospital.examples(path, operation):
        for body in spoilt(example):
            yield {"url": own, "content": body, "headers": {"Idempotency-Key": uuid4().hex}}
    if method != "GET":
        yield {"url": own, "content": b"a=b", "headers": {"Content-Type": "text/plain"}}


@pytest.mark.parametrize("prefix", all_routers())
async def test_no_request_is_a_fault_of_ours(hospital: Hospital, prefix: str) -> None:
    turn, faults = asyncio.Semaphore(AT_ONCE), []

    async def try_one(method: str, request: dict[str, Any]) -> None:
        headers = hospital.headers(*EVERYBODY) | request.pop("headers", {})
        headers = {name: value.encode("latin-1") for name, value in headers.items()}
        async with turn:
            answer = await hospital.ask(method, request.pop("url"), headers=headers, **request)
        good = answer.status_code < 400 or answer.headers["content-type"] == PROBLEM
        if answer.status_code >= 500 or not good:
            faults.append((method, str(answer.request.url)[:200], request, answer.text[:200]))

    belongs = [it for it in OPERATIONS if (it[1].startswith("/api")) == (prefix != "/")]
    await asyncio.gather(
        *(
            try_one(method, request)
            for method, path, operation in belongs
            if path.startswith(prefix)
            for request in wrong(hospital, method, path, operation)
        )
    )
    assert faults == [], f"{len(faults)} faults"


@pytest.mark.parametrize("role", [Role.PATIENT, Role.ADMINISTRATOR])
async def test_a_key_replays_exactly_what_was_answered(hospital: Hospital, role: Role) -> None:
    for method, path, operation in OPERATIONS:
        names = {it["name"] for it in operation.get("parameters", ())}
        if "Idempotency-Key" not in names or path.endswith(("/roles", "/deactivate")):
            continue
        url = hospital.own(path)
        content = b"".join(encoded(make()) for make in hospital.examples(path, operation)[:1])
        headers = {**hospital.headers(role), "Idempotency-Key": uuid4().hex}
        first = await hospital.ask(method, url, content=content, headers=headers)
        again = await hospital.ask(method, url, content=content, headers=headers)
        assert again.status_code == first.status_code < 500, (path, first.text, again.text)
        if first.is_success:
            assert again.headers["idempotency-replayed"] == "true", path
            assert again.content == first.content, path


async def test_every_role_is_let_in_or_kept_out_as_declared(hospital: Hospital) -> None:
    """Routes x roles over HTTP: 401 without a token, 403 exactly where no permission is held."""
    wrong: list[str] = []
    for method, path, operation in OPERATIONS:
        needed = set(operation.get("x-permissions", ()))
        where = re.sub(r"{[^}]*}", str(uuid4()), path)
        anonymous = await hospital.ask(method, where)
        if needed and anonymous.status_code != 401:
            wrong.append(f"{method} {path} anonymous {anonymous.status_code}")
        for role in Role:
            answer = await hospital.ask(method, where, headers=hospital.headers(role), content=b"")
            kept_out = answer.status_code == 403 and "needs" in answer.text
            allowed = not needed or not needed.isdisjoint(ROLE_PERMISSIONS[role])
            if kept_out is allowed:
                wrong.append(f"{method} {path} {role} {answer.status_code}")
    assert wrong == []
