"""The routes over ASGI, through the whole edge, below their prefix as Serve mounts them."""

from uuid import uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.metrics import Metrics
from deployments.pharmacy.deployment import PharmacyDeployment
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys
from tests.factories import pharmacy as factory
from tests.factories.appointments import principal
from tests.factories.requests import PARAMETERS, spoilt

PREFIX = "/api/v1/pharmacy"
pytestmark = pytest.mark.enable_socket


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def api(pharmacy_database, redis_client, settings, keys, records):
    runtime = Runtime(
        "pharmacy",
        database=pharmacy_database,
        listeners={},
        settings=settings.model_copy(update={"rate_limit_per_minute": 1_000_000}),
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    application = PharmacyDeployment(runtime, records).__serve_build_asgi_app__()
    transport = httpx.ASGITransport(application, root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
def sign_in(keys):
    """Makes the headers of a signed-in person."""

    def headers(caller, **more):
        token = keys.token(*caller.roles, sub=str(caller.user_id))
        return {"Authorization": f"Bearer {token}", **more}

    return headers


@pytest.fixture
def doctor(sign_in, world):
    return sign_in(world.doctor)


@pytest.fixture
def pharmacist(sign_in, world):
    return sign_in(world.pharmacist)


def body(world, *names, **values):
    return world.request(*names, **values).model_dump(mode="json", exclude_none=True)


async def test_from_the_formulary_to_a_verified_prescription(api, world, doctor, pharmacist):
    found = await api.get("/medications", params={"q": "panad"}, headers=doctor)
    medication_id = found.json()["items"][0]["id"]
    assert medication_id == str(world.medications["paracetamol"])

    checked = await api.post("/checks", json=body_of_check(world), headers=doctor)
    assert checked.status_code == 200, checked.text
    assert checked.json()["quantities"] == ["15"]

    written = await api.post("/prescriptions", json=body(world, "paracetamol"), headers=doctor)
    assert written.status_code == 201, written.text
    path = f"/prescriptions/{written.json()['id']}"
    assert written.headers["location"] == PREFIX + path

    query = {"fulfilment": "received"}
    worklist = await api.get("/prescriptions", params=query, headers=pharmacist)
    assert [one["id"] for one in worklist.json()["items"]] == [written.json()["id"]]
    etag = {"If-Match": written.headers["etag"]}
    verified = await api.post(f"{path}/verify", headers=pharmacist | etag)
    assert verified.json()["fulfilment"] == "verified"
    stale = await api.post(f"{path}/verify", headers=pharmacist | etag)
    assert stale.status_code == 412


def body_of_check(world):
    whole = body(world, "paracetamol")
    return {"patient_id": whole["patient_id"], "items": whole["items"]}


async def test_a_refusal_carries_the_findings(api, world, doctor):
    world.records.record(world.patient, allergies=[factory.allergy()])

    refused = await api.post("/prescriptions", json=body(world, "amoxicillin"), headers=doctor)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "pharmacy.contraindicated")
    assert problem["errors"][0]["pointer"] == "/items/0"
    assert problem["findings"][0]["severity"] == "contraindicated"


async def test_without_records_nothing_is_prescribed(api, world, doctor):
    world.records.down = True

    refused = await api.post("/prescriptions", json=body(world, "paracetamol"), headers=doctor)

    assert (refused.status_code, refused.json()["code"]) == (503, "pharmacy.cannot_check")
    assert refused.headers["retry-after"]


async def test_the_same_key_prescribes_once(api, world, sign_in, rows):
    headers = sign_in(world.doctor, **{"Idempotency-Key": "once"})
    first, second = [
        await api.post("/prescriptions", json=body(world, "paracetamol"), headers=headers)
        for _ in range(2)
    ]

    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert rows("SELECT count(*) FROM prescriptions") == [(1,)]


async def test_every_move_has_a_route(api, world, doctor, pharmacist):
    why = {"reason_code": "surgery"}
    draft = await api.post(
        "/prescriptions", json=body(world, "paracetamol", sign=False), headers=doctor
    )
    path = f"/prescriptions/{draft.json()['id']}"
    note = {"reason_code": "dose", "text": "Sure?"}
    moves = [
        ("sign", {}, doctor, 200),
        ("hold", why, doctor, 200),
        ("resume", None, doctor, 200),
        ("query", note, pharmacist, 200),
        ("answer", {"text": "Yes."}, doctor, 200),
        ("verify", None, pharmacist, 200),
        ("reject", note, pharmacist, 200),
        ("renew", {}, doctor, 201),
        ("stop", why, doctor, 409),
        ("cancel", why, doctor, 409),
        ("entered-in-error", why, doctor, 200),
    ]
    for move, sent, headers, status in moves:
        answered = await api.post(f"{path}/{move}", json=sent, headers=headers)
        assert answered.status_code == status, (move, answered.text)
    history = await api.get(f"{path}/history", headers=doctor)
    assert len(history.json()["moves"]) == 10


async def test_unknown_and_foreign_look_alike(api, world, doctor, sign_in):
    written = await api.post("/prescriptions", json=body(world, "paracetamol"), headers=doctor)
    for role in (Role.PATIENT, Role.NURSE, Role.DOCTOR):
        stranger = sign_in(principal(role))
        problems = []
        for prescription_id in (written.json()["id"], uuid4()):
            for path in ("", "/history"):
                answer = await api.get(f"/prescriptions/{prescription_id}{path}", headers=stranger)
                problems.append((answer.status_code, answer.json()["code"]))
        assert set(problems) == {(404, "pharmacy.prescription_not_found")}


async def test_pharmacists_keep_the_formulary(api, world, doctor, pharmacist):
    request = factory.medication("metformin", "6809", 850).model_dump(mode="json")
    assert (await api.post("/medications", json=request, headers=doctor)).status_code == 403
    added = await api.post("/medications", json=request, headers=pharmacist)
    assert added.status_code == 201, added.text
    path = f"/medications/{added.json()['id']}"
    details = {"name_en": "Metformin", "name_vi": "Metformin", "pack_size": 30}
    changed = await api.put(path, json=details, headers=pharmacist | {"If-Match": 'W/"1"'})
    assert changed.json()["pack_size"] == "30"
    for move in ("retire", "reinstate"):
        assert (await api.post(f"{path}/{move}", headers=pharmacist)).status_code == 200
    assert (await api.get(path, headers=doctor)).json()["version"] == 4


async def test_no_body_and_no_parameter_is_a_fault_of_ours(api, world, doctor, rows):
    def example():
        item = world.item(
            "paracetamol",
            dosage={
                "timing": {"frequency": 1, "period": "1", "period_unit": "d", "when": ["MORN"]},
                "as_needed": "pain",
                "most_per_period": {"amount": {"value": "2", "unit": "tablet"}, "period": "24"},
                "instruction": "x",
            },
            repeats=0,
            course="acute",
            parallel_reason="x",
        )
        item["medication_id"] = str(item["medication_id"])
        override = {"finding": "x", "reason_code": "will-monitor", "note": "x"}
        return {
            "patient_id": str(world.patient.user_id),
            "items": [item],
            "note": "x",
            "sign": True,
            "overrides": [override],
        }

    sent = 0
    for content in spoilt(example):
        headers = doctor | {"Content-Type": "application/json"}
        answer = await api.post("/prescriptions", content=content, headers=headers)
        assert answer.status_code < 500, (content[:300], answer.text)
        sent += 1
    assert sent > 300
    for parameter in PARAMETERS:
        for path in ("/medications", "/prescriptions"):
            for name in ("q", "cursor", "patient_id", "status", "fulfilment", "limit"):
                answer = await api.get(f"{path}?{name}={parameter}", headers=doctor)
                assert answer.status_code < 500, (path, name, parameter, answer.text)


async def test_a_key_is_no_way_back_to_a_patient(api, world, sign_in, doctor, rows):
    """A colleague stopped the prescription while they treated the patient; now they do not."""
    colleague = principal(Role.DOCTOR)
    treats = (colleague.user_id, world.patient.user_id)
    world.records.treating.add(treats)
    written = await api.post("/prescriptions", json=body(world, "paracetamol"), headers=doctor)
    path = f"/prescriptions/{written.json()['id']}/stop"
    why = {"reason_code": "no-longer-needed"}
    headers = sign_in(colleague, **{"Idempotency-Key": "once"})
    stopped = await api.post(path, json=why, headers=headers)
    again = await api.post(path, json=why, headers=headers)
    assert (stopped.status_code, again.json()) == (200, stopped.json())
    world.records.treating.remove(treats)
    late = await api.post(path, json=why, headers=headers)
    assert (late.status_code, late.json()["code"]) == (404, "pharmacy.prescription_not_found")
    assert rows("SELECT actor_id FROM audit_log WHERE outcome = 'denied'") == [(colleague.user_id,)]


async def test_a_draft_is_put(api, world, doctor):
    draft = body(world, "paracetamol", sign=False)
    written = await api.post("/prescriptions", json=draft, headers=doctor)
    path = f"/prescriptions/{written.json()['id']}"
    said = {"items": body(world, "aspirin")["items"], "note": "after food"}
    changed = await api.put(path, json=said, headers={**doctor, "If-Match": 'W/"1"'})
    assert (changed.status_code, changed.json()["note"]) == (200, "after food")
    old = await api.put(path, json=said, headers={**doctor, "If-Match": 'W/"1"'})
    assert old.status_code == 412
