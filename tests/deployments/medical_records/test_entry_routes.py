"""The routes of entries over ASGI, through the whole edge, below their prefix."""

import httpx
import pytest

from deployments.access import Principal
from deployments.medical_records.deployment import MedicalRecordsDeployment
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys
from tests.factories import chart

PREFIX = "/api/v1/medical-records"
pytestmark = pytest.mark.enable_socket
KINDS = {
    "conditions": {"code": chart.icd10().model_dump()},
    "allergies": {"code": {"text": "Egg"}, "categories": ["food"]},
    "medications": {"code": {"text": "Iron"}, "dosage": {"dose": "0.5", "unit": "mg"}},
    "procedures": {"code": {"text": "Dressing"}, "status": "preparation"},
    "care-plans": {"title": "Diabetes", "goals": [{"description": "Walk"}], "status": "draft"},
    "histories": {"code": {"text": "Tobacco"}, "kind": "social"},
}


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def api(medical_records_database, redis_client, settings, keys, users):
    runtime = Runtime(
        "medical_records",
        database=medical_records_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    deployment = MedicalRecordsDeployment(runtime, users)
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__(), root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
def headers(keys):
    """Makes the headers of a signed-in person."""

    def make(who: Principal, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {keys.token(*who.roles, sub=str(who.user_id))}", **more}

    return make


async def test_the_life_of_an_entry(api, headers, world):
    base = f"/patients/{world.patient_id}/conditions"
    body = chart.condition().model_dump(mode="json")
    made = await api.post(base, json=body, headers=headers(world.doctor))
    assert made.status_code == 201, made.text
    path = f"{base}/{made.json()['id']}"
    assert made.headers["location"].endswith(path)
    assert made.json()["code"]["coding"]["display"]

    etag = made.headers["etag"]
    moved = await api.post(f"{path}/resolve", json={}, headers=headers(world.doctor))
    assert (moved.status_code, moved.json()["clinical_status"]) == (200, "resolved")
    late = await api.post(f"{path}/refute", headers=headers(world.doctor, **{"If-Match": etag}))
    assert late.status_code == 412

    mine = headers(world.patient)
    assert (await api.get(f"{path}/versions/1", headers=mine)).json() == made.json()
    history = (await api.get(f"{path}/history", headers=mine)).json()
    assert [one["move"] for one in history["versions"]] == ["record", "resolve"]
    listed = (await api.get(base, headers=mine)).json()
    assert [one["version"] for one in listed["items"]] == [2]
    gone = await api.post(f"{path}/void", json={"reason": "typo"}, headers=headers(world.doctor))
    assert gone.json()["verification_status"] == "entered-in-error"
    assert (await api.get(base, headers=mine)).json()["items"] == []

    foreign = await api.get(path, headers=headers(world.stranger))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "medical_records.not_found")
    refused = await api.post(base, json=body, headers=headers(world.nurse))
    assert refused.status_code == 403


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_is_written_read_revised_and_voided(api, headers, world, kind):
    base, doctor = f"/patients/{world.patient_id}/{kind}", headers(world.doctor)
    made = await api.post(base, json=KINDS[kind], headers=doctor)
    assert made.status_code == 201, made.text
    path = f"{base}/{made.json()['id']}"
    revised = await api.put(path, json=KINDS[kind] | {"note": "again"}, headers=doctor)
    assert (revised.status_code, revised.json()["note"]) == (200, "again")
    mine = headers(world.patient)
    assert (await api.get(path, headers=mine)).json() == revised.json()
    assert (await api.get(f"{path}/versions/1", headers=mine)).json() == made.json()
    assert (await api.get(base, headers=mine)).json()["items"] == [revised.json()]
    voided = await api.post(f"{path}/void", json={"reason": "typo"}, headers=doctor)
    assert voided.json()["voided"]["reason"] == "typo"
    history = (await api.get(f"{path}/history", headers=mine)).json()["versions"]
    assert [one["move"] for one in history] == ["record", "revise", "void"]


@pytest.mark.parametrize(
    ("kind", "move", "status"),
    [("procedures", "start", "in-progress"), ("care-plans", "activate", "active")],
)
async def test_treatment_moves(api, headers, world, kind, move, status):
    base, nurse = f"/patients/{world.patient_id}/{kind}", headers(world.nurse)
    made = (await api.post(base, json=KINDS[kind], headers=nurse)).json()
    path = f"{base}/{made['id']}"
    moved = await api.post(f"{path}/{move}", json={}, headers=nurse)
    assert (moved.status_code, moved.json()["status"]) == (200, status)
    assert (await api.post(f"{path}/{move}", json={}, headers=nurse)).status_code == 409
    assert (await api.post(f"{path}/fly", json={}, headers=nurse)).status_code == 422


async def test_that_none_is_known_is_a_fact_until_one_is(api, headers, world):
    base, nurse = f"/patients/{world.patient_id}/allergies", headers(world.nurse)
    none = await api.post(f"{base}/no-known", json={}, headers=nurse)
    assert (none.status_code, none.json()["no_known"]) == (201, True)
    await api.post(base, json=KINDS["allergies"], headers=nurse)
    refused = await api.post(f"{base}/no-known", json={}, headers=nurse)
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "medical_records.allergies_known",
    )
    active = await api.get(f"{base}?clinical_status=active", headers=headers(world.patient))
    assert [one["code"]["text"] for one in active.json()["items"]] == ["Egg"]


async def test_current_medication_is_kept_audited_and_never_old(api, headers, world, audited):
    base, mine = f"/patients/{world.patient_id}/medications", headers(world.patient)
    path = f"{base}/current"
    for _ in range(2):
        assert (await api.get(path, headers=mine)).json() == {"items": []}
    reads = [row for row in audited() if row[1] == "MedicationStatement"]
    assert [row[2] for row in reads] == ["success", "success"]
    await api.post(base, json=KINDS["medications"], headers=headers(world.doctor))
    items = (await api.get(path, headers=mine)).json()["items"]
    assert [one["code"]["text"] for one in items] == ["Iron"]
    foreign = await api.get(path, headers=headers(world.stranger))
    assert foreign.status_code == 404
