"""The routes of access over ASGI, through the whole edge, as people use them."""

import pytest

from deployments.access import Role

PREFIX = "/api/v1/medical-records"
pytestmark = pytest.mark.enable_socket


async def test_an_emergency_from_glass_to_verdict(world, api, by):
    chart = f"/patients/{world.patient_id}"
    assert (await api.get(f"{chart}/summary", headers=by(world.stranger))).status_code == 404
    reason = {"reason_code": "unconscious", "reason": "found on the ward, no answer"}
    key = {"Idempotency-Key": "once"}
    begun = await api.post(f"{chart}/break-glass", json=reason, headers=by(world.stranger, **key))
    again = await api.post(f"{chart}/break-glass", json=reason, headers=by(world.stranger, **key))
    assert (begun.status_code, again.json()) == (201, begun.json())
    assert (await api.get(f"{chart}/summary", headers=by(world.stranger))).status_code == 200
    ended = await api.post(f"{chart}/break-glass/end", headers=by(world.stranger))
    assert ended.json()["ended_at"] is not None
    assert (await api.get(f"{chart}/summary", headers=by(world.stranger))).status_code == 404
    waiting = await api.get("/access-reviews", params={"state": "open"}, headers=by(world.officer))
    (case,) = waiting.json()["items"]
    verdict = {"verdict": "justified", "note": "the emergency department confirms"}
    path = f"/access-reviews/{case['id']}/close"
    old = await api.post(path, json=verdict, headers=by(world.officer, **{"If-Match": 'W/"1"'}))
    assert (old.status_code, old.json()["code"]) == (412, "medical_records.changed")
    officer = by(world.officer, **{"If-Match": 'W/"2"', "Idempotency-Key": "verdict"})
    for _ in range(2):
        closed = await api.post(path, json=verdict, headers=officer)
        assert closed.json()["verdict"] == "justified"
    assert closed.headers["idempotency-replayed"] == "true"
    assert (await api.get("/access-reviews", headers=by(world.doctor))).status_code == 403


async def test_a_kept_summary_is_audited_and_dropped_with_a_consent(world, api, by, rows):
    chart, doctor = f"/patients/{world.patient_id}", by(world.doctor)
    for _ in range(3):
        assert (await api.get(f"{chart}/summary", headers=doctor)).status_code == 200
    bases = [row.basis for row in rows("SELECT basis FROM audit_log ORDER BY sequence")]
    assert bases[1:] == ["as answered before"] * 2
    denial = {"provision": {"type": "deny", "role": "doctor"}}
    given = await api.post(f"{chart}/consents", json=denial, headers=by(world.patient))
    assert given.headers["location"] == f"{PREFIX}{chart}/consents/{given.json()['id']}"
    assert (await api.get(f"{chart}/summary", headers=doctor)).status_code == 404
    revoke = f"{chart}/consents/{given.json()['id']}/revoke"
    assert (await api.post(revoke, headers=by(world.patient))).json()["status"] == "inactive"
    assert (await api.get(f"{chart}/summary", headers=doctor)).status_code == 200
    listed = await api.get(f"{chart}/consents", headers=by(world.patient))
    assert [one["status"] for one in listed.json()["items"]] == ["inactive"]


async def test_the_patient_reads_who_looked(world, api, by):
    chart = f"/patients/{world.patient_id}"
    opened = await api.post(f"{chart}/record", headers=by(world.doctor))
    assert (opened.status_code, opened.json()["opened_by"]) == (201, str(world.doctor.user_id))
    again = await api.post(f"{chart}/record", headers=by(world.nurse))
    found = await api.get(f"{chart}/record", headers=by(world.patient))
    assert opened.json() == again.json() == found.json()
    seen = await api.get(f"{chart}/accesses", headers=by(world.patient))
    first = seen.json()["items"][-1]
    assert (first["actor_name"], first["action"], first["outcome"]) == (
        "Dr. Test",
        "record-opened",
        "success",
    )
    assert first["basis"].startswith("encounter:")


@pytest.mark.parametrize("role", [Role.BILLING_OFFICER, Role.ADMINISTRATOR])
async def test_others_of_the_house_have_no_business_here(world, api, by, role):
    who = world.doctor.model_copy(update={"roles": frozenset({role})})
    for path in ("summary", "timeline", "accesses", "record"):
        answer = await api.get(f"/patients/{world.patient_id}/{path}", headers=by(who))
        assert answer.status_code == 403


async def test_a_key_is_no_way_back_into_a_chart(world, api, by, rows, clock):
    """What was answered to somebody who treated the patient then is not answered now."""
    note = {"code": {"text": "Wound dressing"}}
    path = f"/patients/{world.patient_id}/procedures"
    doctor = by(world.doctor, **{"Idempotency-Key": "once"})
    first = await api.post(path, json=note, headers=doctor)
    again = await api.post(path, json=note, headers=doctor)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    rows("UPDATE treatment_relations SET ends_at = starts_at RETURNING 1")
    late = await api.post(path, json=note, headers=doctor)
    assert (late.status_code, late.json()["code"]) == (404, "medical_records.not_found")
    (denied,) = rows("SELECT actor_id, action FROM audit_log WHERE outcome = 'denied'")
    assert denied == (world.doctor.user_id, "medical_records.answered-again")
