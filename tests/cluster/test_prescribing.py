"""Prescribing over HTTP on a real cluster: checked, verified, dispensed from two batches, told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.cluster.people import NOTIFICATIONS, PHARMACY, RECORDS, Person, person
from tests.cluster.stack import Hospital

pytestmark = pytest.mark.cluster
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
WARFARIN = "11289"
WITHIN_S = 10.0


@dataclass
class Ward:
    """Who takes part."""

    patient: Person
    doctor: Person
    pharmacist: Person
    second_pharmacist: Person

    @property
    def chart(self) -> str:
        return f"{RECORDS}/patients/{self.patient.user_id}"


@pytest.fixture
async def ward(hospital: Hospital) -> AsyncIterator[Ward]:
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(person(hospital.url)) for _ in range(4)]
        await people[0].register(birth_date="1968-05-01", gender="female")
        for one, name in zip(people[1:], ("doctor", "pharmacist", "pharmacist2"), strict=True):
            await one.sign_in(f"{name}@medray.example")
        yield Ward(*people)


async def charted(ward: Ward) -> None:
    """An encounter, a penicillin allergy, and warfarin from somewhere else."""
    await ward.doctor.did(f"{ward.chart}/encounters", {"encounter_class": "AMB", "walk_in": True})
    allergy = {"code": {"text": "Penicillin"}, "categories": ["medication"], "criticality": "high"}
    await ward.doctor.did(f"{ward.chart}/allergies", allergy)
    warfarin = {"coding": {"system": RXNORM, "code": WARFARIN}, "text": "warfarin"}
    await ward.doctor.did(f"{ward.chart}/medications", {"code": warfarin})


async def order(ward: Ward, name: str, code: str, **more: Any) -> dict[str, Any]:
    """A signed order: one unit three times a day for five days."""
    medication = await ward.doctor.medication(name, code)
    dosage = {
        "dose": {"value": 1, "unit": medication["dose_unit"]},
        "timing": {"frequency": 3},
        "duration_days": 5,
    }
    item = {"medication_id": medication["id"], "dosage": dosage}
    wanted = {"patient_id": ward.patient.user_id, "items": [item], "sign": True}
    return wanted | more


async def stocked(ward: Ward, medication_id: str, *lots: tuple[str, int, int]) -> str:
    """A new dispensary with (lot, days until it expires, quantity); one makes, another checks."""
    code = f"room-{uuid4().hex[:12]}"
    place = {"code": code, "name": code, "kind": "dispensary"}
    location = (await ward.pharmacist.did(f"{PHARMACY}/locations", place))["id"]
    today = datetime.now(UTC).date()
    lines = [
        {
            "medication_id": medication_id,
            "lot": lot,
            "expires_on": str(today + timedelta(days=days)),
            "quantity": quantity,
        }
        for lot, days, quantity in lots
    ]
    receipt = {"kind": "receipt", "destination_id": location, "lines": lines}
    made = await ward.pharmacist.did(f"{PHARMACY}/stock-documents", receipt)
    document = f"{PHARMACY}/stock-documents/{made['id']}"
    await ward.pharmacist.did(f"{document}/submit")
    own = await ward.pharmacist.http.post(f"{document}/approve")
    assert own.status_code in (403, 409), own.text
    await ward.second_pharmacist.did(f"{document}/approve")
    return str(location)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what an event brings about."""
    async with asyncio.timeout(WITHIN_S):
        while not await true():
            await asyncio.sleep(0.1)


async def test_prescribe_verify_dispense(ward: Ward) -> None:
    await charted(ward)
    refused = await ward.doctor.http.post(
        f"{PHARMACY}/prescriptions", json=await order(ward, "amoxicillin", "AMOX-500-CAP")
    )
    assert refused.status_code == 409, refused.text
    problem = refused.json()
    assert problem["code"] == "pharmacy.contraindicated"
    allergy = next(it for it in problem["findings"] if it["kind"] == "allergy")
    assert (allergy["severity"], allergy["items"][0]) == ("contraindicated", "/items/0")
    assert allergy["advice"]["vi"]

    risky = await ward.doctor.http.post(
        f"{PHARMACY}/prescriptions", json=await order(ward, "aspirin", "ASPI-81-TAB")
    )
    assert risky.status_code == 409, risky.text
    assert risky.json()["code"] in {"pharmacy.contraindicated", "pharmacy.override_needed"}
    assert "interaction" in {it["kind"] for it in risky.json()["findings"]}

    wanted = await order(ward, "paracetamol", "PARA-500-TAB")
    signed = await ward.doctor.did(f"{PHARMACY}/prescriptions", wanted)
    assert (signed["status"], signed["items"][0]["quantity"]) == ("active", "15")
    item, medication_id = signed["items"][0]["id"], signed["items"][0]["medication_id"]

    lot = uuid4().hex[:8]
    location = await stocked(ward, medication_id, (f"{lot}-b", 400, 100), (f"{lot}-a", 30, 10))
    early = await ward.pharmacist.http.post(
        f"{PHARMACY}/dispensings",
        json={"prescription_id": signed["id"], "location_id": location},
    )
    assert early.status_code == 409, early.text  # not verified yet
    await ward.pharmacist.did(f"{PHARMACY}/prescriptions/{signed['id']}/verify")
    made = await ward.pharmacist.did(
        f"{PHARMACY}/dispensings", {"prescription_id": signed["id"], "location_id": location}
    )
    given = {it["lot"]: float(it["quantity"]) for it in made["items"]}
    assert given == {f"{lot}-a": 10, f"{lot}-b": 5}, "the batch that expires first goes first"
    await ward.pharmacist.did(f"{PHARMACY}/dispensings/{made['id']}/pick")
    done = await ward.pharmacist.did(f"{PHARMACY}/dispensings/{made['id']}/complete")
    assert done["status"] == "completed"

    levels = await ward.pharmacist.asked(f"{PHARMACY}/stock", location_id=location)
    left = {it["lot"]: float(it["quantity"]) for it in levels["items"]}
    assert left.get(f"{lot}-a", 0) == 0
    assert left[f"{lot}-b"] == 95
    prescription = await ward.doctor.asked(f"{PHARMACY}/prescriptions/{signed['id']}")
    assert prescription["status"] == "completed"

    async def in_the_chart() -> bool:
        taken = await ward.patient.asked(f"{ward.chart}/medications", limit=100)
        return item in {it["prescription_item_id"] for it in taken["items"]}

    async def in_the_inbox() -> bool:
        inbox = await ward.patient.asked(f"{NOTIFICATIONS}/inbox", limit=100)
        workflows = {it["workflow"] for it in inbox["items"]}
        return any("prescription_issued" in it for it in workflows) and any(
            "prescription_dispensed" in it for it in workflows
        )

    await until(in_the_chart)
    await until(in_the_inbox)


async def test_a_stranger_sees_nothing_and_the_patient_sees_who_tried(
    ward: Ward, hospital: Hospital
) -> None:
    await charted(ward)
    async with person(hospital.url) as stranger, person(hospital.url) as officer:
        await stranger.sign_in("cardiologist@medray.example")
        await officer.sign_in("privacy@medray.example")
        assert (await stranger.http.get(f"{ward.chart}/summary")).status_code == 404
        glass = {"reason_code": "unconscious", "reason": "found unconscious in the corridor"}
        await stranger.did(f"{ward.chart}/break-glass", glass)
        assert (await stranger.asked(f"{ward.chart}/summary"))["allergies"]["items"]
        looked = (await ward.patient.asked(f"{ward.chart}/accesses", limit=100))["items"]
        seen = {(it["outcome"], (it["basis"] or "").split(":")[0]) for it in looked}
        assert {("denied", ""), ("success", "break-glass")} <= seen

        async def officer_told() -> bool:
            inbox = await officer.asked(f"{NOTIFICATIONS}/inbox", limit=100)
            return any("break_glass" in it["workflow"] for it in inbox["items"])

        await until(officer_told)
        reviews = await officer.asked(f"{RECORDS}/access-reviews", limit=100)
        assert ward.patient.user_id in {it["patient_id"] for it in reviews["items"]}


async def test_nothing_is_prescribed_unchecked(ward: Ward, hospital: Hospital) -> None:
    await charted(ward)
    wanted = await order(ward, "paracetamol", "PARA-500-TAB")
    with hospital.without("medical_records"):
        refused = await ward.doctor.http.post(f"{PHARMACY}/prescriptions", json=wanted)
        assert refused.status_code == 503, refused.text
        assert refused.json()["code"] == "pharmacy.cannot_check"
        assert refused.headers["retry-after"]
        orders = await ward.patient.asked(f"{PHARMACY}/prescriptions")
        assert [it["id"] for it in orders["items"]] == []
    signed = await ward.doctor.did(f"{PHARMACY}/prescriptions", wanted)
    assert signed["status"] == "active"
