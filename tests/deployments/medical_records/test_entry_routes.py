"""The routes of entries over ASGI, through the whole edge, below their prefix."""

import pytest

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


async def test_the_life_of_an_entry(api, by, world):
    base = f"/patients/{world.patient_id}/conditions"
    body = chart.condition().model_dump(mode="json")
    made = await api.post(base, json=body, headers=by(world.doctor))
    assert made.status_code == 201, made.text
    path = f"{base}/{made.json()['id']}"
    assert made.headers["location"].endswith(path)
    assert made.json()["code"]["coding"]["display"]

    etag = made.headers["etag"]
    moved = await api.post(f"{path}/resolve", json={}, headers=by(world.doctor))
    assert (moved.status_code, moved.json()["clinical_status"]) == (200, "resolved")
    late = await api.post(f"{path}/refute", headers=by(world.doctor, **{"If-Match": etag}))
    assert late.status_code == 412

    mine = by(world.patient)
    assert (await api.get(f"{path}/versions/1", headers=mine)).json() == made.json()
    history = (await api.get(f"{path}/history", headers=mine)).json()
    assert [one["move"] for one in history["versions"]] == ["record", "resolve"]
    listed = (await api.get(base, headers=mine)).json()
    assert [one["version"] for one in listed["items"]] == [2]
    gone = await api.post(f"{path}/void", json={"reason": "typo"}, headers=by(world.doctor))
    assert gone.json()["verification_status"] == "entered-in-error"
    assert (await api.get(base, headers=mine)).json()["items"] == []

    foreign = await api.get(path, headers=by(world.stranger))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "medical_records.not_found")
    refused = await api.post(base, json=body, headers=by(world.nurse))
    assert refused.status_code == 403


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_is_written_read_revised_and_voided(api, by, world, kind):
    base, doctor = f"/patients/{world.patient_id}/{kind}", by(world.doctor)
    made = await api.post(base, json=KINDS[kind], headers=doctor)
    assert made.status_code == 201, made.text
    path = f"{base}/{made.json()['id']}"
    revised = await api.put(path, json=KINDS[kind] | {"note": "again"}, headers=doctor)
    assert (revised.status_code, revised.json()["note"]) == (200, "again")
    mine = by(world.patient)
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
async def test_treatment_moves(api, by, world, kind, move, status):
    base, nurse = f"/patients/{world.patient_id}/{kind}", by(world.nurse)
    made = (await api.post(base, json=KINDS[kind], headers=nurse)).json()
    path = f"{base}/{made['id']}"
    moved = await api.post(f"{path}/{move}", json={}, headers=nurse)
    assert (moved.status_code, moved.json()["status"]) == (200, status)
    assert (await api.post(f"{path}/{move}", json={}, headers=nurse)).status_code == 409
    assert (await api.post(f"{path}/fly", json={}, headers=nurse)).status_code == 422


async def test_that_none_is_known_is_a_fact_until_one_is(api, by, world):
    base, nurse = f"/patients/{world.patient_id}/allergies", by(world.nurse)
    none = await api.post(f"{base}/no-known", json={}, headers=nurse)
    assert (none.status_code, none.json()["no_known"]) == (201, True)
    await api.post(base, json=KINDS["allergies"], headers=nurse)
    refused = await api.post(f"{base}/no-known", json={}, headers=nurse)
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "medical_records.allergies_known",
    )
    active = await api.get(f"{base}?clinical_status=active", headers=by(world.patient))
    assert [one["code"]["text"] for one in active.json()["items"]] == ["Egg"]


async def test_current_medication_is_kept_audited_and_never_old(api, by, world, audited):
    base, mine = f"/patients/{world.patient_id}/medications", by(world.patient)
    path = f"{base}/current"
    for _ in range(2):
        assert (await api.get(path, headers=mine)).json() == {"items": []}
    reads = [row for row in audited() if row[1] == "MedicationStatement"]
    assert [row[2] for row in reads] == ["success", "success"]
    await api.post(base, json=KINDS["medications"], headers=by(world.doctor))
    items = (await api.get(path, headers=mine)).json()["items"]
    assert [one["code"]["text"] for one in items] == ["Iron"]
    foreign = await api.get(path, headers=by(world.stranger))
    assert foreign.status_code == 404
