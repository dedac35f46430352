"""Terminology, encounters and notes over ASGI, through the whole edge."""

import pytest

from deployments.access import Role
from tests.factories import medical_records as factory

PREFIX = "/api/v1/medical-records"
pytestmark = pytest.mark.enable_socket
SECTIONS = [{"title": "Plan", "text": "Nghỉ ngơi, uống nhiều nước."}]


@pytest.fixture
def chart(world):
    return f"/patients/{world.patient_id}"


async def test_codes_are_found_and_shown_in_the_callers_language(api, world, by):
    doctor = by(world.doctor)
    found = await api.get("/terminology/icd-10-cm", params={"q": "dai thao d"}, headers=doctor)
    assert found.status_code == 200
    assert found.json()["items"][0]["code"] in {"E10", "E11"}
    for path in ("/terminology/icd-10-cm/I10", "/terminology/icd-10-cm/I10?locale=vi"):
        read = await api.get(path, headers={**doctor, "Accept-Language": "vi-VN,vi;q=0.9"})
        assert read.json()["display"].startswith("Tăng huyết áp")
    english = await api.get("/terminology/icd-10-cm/I10", headers=doctor)
    assert english.json()["display"] == "Essential (primary) hypertension"
    unit = await api.get("/terminology/ucum/mm[Hg]", headers=doctor)
    assert unit.json()["uri"] == "http://unitsofmeasure.org"
    slashed = await api.get("/terminology/ucum/mg/dL", headers=doctor)
    assert slashed.json()["code"] == "mg/dL"
    unknown = await api.get("/terminology/icd-10-cm/X", headers=doctor)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "medical_records.code_not_found")
    assert (await api.get("/terminology/snomed", params={"q": "a"}, headers=doctor)).is_error
    clerk = factory.principal(Role.BILLING_OFFICER)
    refused = await api.get("/terminology/loinc", params={"q": "heart"}, headers=by(clerk))
    assert refused.status_code == 403


async def test_a_walk_in_from_opening_to_closing(api, world, by, chart):
    doctor, patient = by(world.stranger), by(world.patient)
    request = {"encounter_class": "AMB", "walk_in": True, "reasons": [{"text": "Sốt 3 ngày"}]}
    opened = await api.post(f"{chart}/encounters", json=request, headers=doctor)
    assert (opened.status_code, opened.json()["opened_as"]) == (201, "walk-in")
    path = f"{chart}/encounters/{opened.json()['id']}"
    assert opened.headers["location"] == PREFIX + path
    note = {
        "type": "progress",
        "title": "Khám bệnh",
        "language": "vi",
        "sections": SECTIONS,
        "encounter_id": opened.json()["id"],
    }
    written = await api.post(f"{chart}/notes", json=note, headers=doctor)
    assert (written.status_code, written.json()["status"]) == (201, "preliminary")
    note_path = f"{chart}/notes/{written.json()['id']}"
    assert (await api.get(note_path, headers=patient)).status_code == 404
    refused = await api.post(f"{path}/finish", json={}, headers=doctor)
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "medical_records.encounter_not_closable",
    )
    assert refused.json()["unsigned_notes"] == [written.json()["id"]]
    stale = await api.put(
        note_path,
        json={"title": "x", "language": "vi", "sections": SECTIONS},
        headers={**doctor, "If-Match": 'W/"9"'},
    )
    assert stale.status_code == 412
    signed = await api.post(
        f"{note_path}/sign", headers={**doctor, "If-Match": written.headers["etag"]}
    )
    assert (signed.status_code, signed.json()["intact"]) == (200, True)
    added = await api.post(
        f"{note_path}/addenda",
        json={"title": "Bổ sung", "language": "vi", "sections": SECTIONS},
        headers=doctor,
    )
    assert (added.status_code, added.json()["parent_id"]) == (200, written.json()["id"])
    done = await api.post(f"{path}/finish", json={}, headers={**doctor, "If-Match": 'W/"1"'})
    assert (done.status_code, done.json()["status"]) == (200, "finished")
    seen = await api.get(f"{chart}/notes", headers=patient)
    assert {one["status"] for one in seen.json()["items"]} == {"final", "amended"}
    history = (await api.get(f"{path}/history", headers=patient)).json()["versions"]
    assert [one["move"] for one in history] == ["open", "finish"]
    listed = await api.get(f"{chart}/encounters", params={"status": "finished"}, headers=patient)
    assert [one["id"] for one in listed.json()["items"]] == [opened.json()["id"]]


async def test_every_move_has_a_route(api, world, by, chart):
    doctor = by(world.doctor)
    request = {
        "encounter_class": "IMP",
        "status": "planned",
        "start": "2030-01-01T08:00:00+07:00",
        "admit_source": "outp",
    }
    opened = await api.post(f"{chart}/encounters", json=request, headers=doctor)
    path = f"{chart}/encounters/{opened.json()['id']}"
    for move, status in (
        ("arrive", "arrived"),
        ("triage", "triaged"),
        ("start", "in-progress"),
        ("leave", "onleave"),
        ("return", "in-progress"),
    ):
        answer = await api.post(f"{path}/{move}", headers=doctor)
        assert (answer.status_code, answer.json()["status"]) == (200, status), move
    who = str(world.stranger.user_id)
    joined = await api.post(
        f"{path}/participants", json={"practitioner_id": who, "role": "CON"}, headers=doctor
    )
    assert [one["role"] for one in joined.json()["participants"]] == ["PPRF", "CON"]
    gone = await api.post(f"{path}/participants/{who}/withdraw", headers=doctor)
    assert gone.json()["participants"][1]["end"]
    refused = await api.post(f"{path}/cancel", headers=doctor)
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "medical_records.encounter_status",
    )
    voided = await api.post(f"{path}/void", json={"reason": "wrong patient"}, headers=doctor)
    assert voided.json()["voided"]["reason"] == "wrong patient"
    first = await api.get(f"{path}/versions/1", headers=doctor)
    assert first.json()["status"] == "planned"
