"""Every route of every chart, asked by those whom it does not concern: no answer tells anything.

Whoever may not read is answered as if there were no such patient, byte for byte but for the
request's own id, and each attempt is one audit row. Broken glass lets staff in by design
(`DOORS`); it too knows no patient who does not exist.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from deployments.access import Principal, Role
from deployments.gateway.openapi import merged, routes_of
from deployments.gateway.policy import policy_of
from deployments.medical_records import grounds, rules
from deployments.medical_records.routes import routers
from tests.factories.requests import Examples

pytestmark = pytest.mark.enable_socket
PREFIX = "/api/v1/medical-records"
DOCUMENT = merged({PREFIX: routers})
DOORS = {
    ("POST", "/patients/{patient_id}/break-glass"),
}
WEIGHT = {"code": "29463-7", "quantity": {"value": "61", "unit": "kg"}}
SAID = {
    "CodeRequest": {"text": "asthma"},
    "Measurement": WEIGHT,
    "MeasurementRequest": WEIGHT,
    "Amendment": WEIGHT,
}
"""By schema, what says enough where the smallest says nothing."""
CHARTS = sorted(
    (
        (method, route.path_format, policy_of(route.endpoint))
        for route in routes_of(routers)
        if "{patient_id}" in route.path
        for method in sorted(route.methods)
    ),
    key=lambda chart: chart[:2] in DOORS,
)
"""Doors are tried last: whoever is in, is in."""


@dataclass(frozen=True)
class Visitor:
    """Somebody whom the chart does not concern."""

    who: Principal
    patient_id: UUID


@pytest.fixture
def visitors(world):
    """By name, who knocks at which chart; the last three at no chart at all."""
    ward = world.users.add_staff(Role.NURSE)
    return {
        "other patient": Visitor(world.other_patient, world.patient_id),
        "unrelated doctor": Visitor(world.stranger, world.patient_id),
        "nurse of another ward": Visitor(ward, world.patient_id),
        "patient, unknown id": Visitor(world.other_patient, uuid4()),
        "doctor, unknown id": Visitor(world.stranger, uuid4()),
        "nurse, unknown id": Visitor(ward, uuid4()),
    }


ANSWERS_ALIKE = [
    ("other patient", "patient, unknown id"),
    ("unrelated doctor", "doctor, unknown id"),
    ("nurse of another ward", "nurse, unknown id"),
]


class Smallest(Examples):
    """Bodies with nothing in them that may be left out."""

    def of(self, schema, name=""):
        words = SAID.get(schema.get("$ref", "").rpartition("/")[2])
        if words is not None:
            return words
        if schema.get("type") == "object" and "properties" in schema:
            needed = schema.get("required", [])
            return {field: self.of(schema["properties"][field], field) for field in needed}
        return super().of(schema, name)


def request_for(method: str, path: str, patient_id: UUID) -> dict[str, Any]:
    """A request that passes every check of its form, so that only the gate can refuse it."""
    examples = Smallest(DOCUMENT, {"patient_id": str(patient_id)})
    operation = DOCUMENT["paths"][PREFIX + path][method.lower()]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    parameters = operation.get("parameters", [])
    places = {one["name"]: examples.of(one["schema"], one["name"]) for one in parameters}
    query = [one["name"] for one in parameters if one["in"] == "query" and one["required"]]
    return {
        "method": method,
        "url": path.format_map(places),
        "params": {name: places[name] for name in query},
        "json": examples.of(body["schema"]) if "schema" in body else None,
    }


def told(response: httpx.Response) -> tuple[int, dict[str, Any], set[str]]:
    """Everything that an answer tells, but for the request's own id."""
    body = response.json()
    headers = {name for name in response.headers if name != "x-request-id"}
    return response.status_code, {**body, "request_id": None}, headers


async def knock(api, keys, visitor, method, path):
    token = keys.token(*visitor.who.roles, sub=str(visitor.who.user_id))
    request = request_for(method, path, visitor.patient_id)
    return await api.request(**request, headers={"Authorization": f"Bearer {token}"})


def test_charts_are_walked():
    assert len(CHARTS) > 8


async def test_no_route_tells_strangers_anything(
    world, api, keys, visitors, rows, red, monkeypatch
):
    if red("gate-asks"):
        monkeypatch.setattr(
            grounds, "of_reading", lambda *args: dict.fromkeys(args[4], rules.REVIEW)
        )
    leaks = []
    for method, path, policy in CHARTS:
        for here, nowhere in ANSWERS_ALIKE:
            found = told(await knock(api, keys, visitors[here], method, path))
            absent = told(await knock(api, keys, visitors[nowhere], method, path))
            role = next(iter(visitors[here].who.roles))
            expected = 404 if policy.allows(role) else 403
            if (method, path) in DOORS and found[0] == 201:
                found = absent
            if found != absent or found[0] != expected:
                leaks.append((method, path, here, found[:2], absent[:2]))
    assert leaks == []


async def test_every_attempt_is_one_audit_row(world, api, keys, visitors, rows):
    wrong = []
    for method, path, _ in CHARTS:
        for name, visitor in visitors.items():
            before = rows("SELECT coalesce(max(sequence), 0) AS last FROM audit_log")[0].last
            answer = await knock(api, keys, visitor, method, path)
            written = [
                (row.outcome, row.patient_id, row.actor_id)
                for row in rows("SELECT * FROM audit_log WHERE sequence > :last", last=before)
            ]
            outcome = "success" if answer.status_code == 201 else "denied"
            expected = [(outcome, visitor.patient_id, visitor.who.user_id)]
            if written != expected:
                wrong.append((method, path, name, answer.status_code, written))
    assert wrong == []
