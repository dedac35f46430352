"""The requests of `benchmarks.edge` about charts and medicines."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from benchmarks.load import Ask, status_of
from tests.cluster.people import PHARMACY, RECORDS, Person

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
TAKEN = (("17767", "amlodipine"), ("83367", "atorvastatin"), ("6809", "metformin"))
ORDERED = "Paracetamol 500 mg tablet"


@dataclass
class Care:
    """A doctor, and what they order for each of their patients.

    Attributes:
        doctor: Authorization header.
        orders: by client, an order that passes the safety check.
    """

    doctor: dict[str, str]
    orders: list[dict[str, Any]]


async def set_care(doctor: Person, patients: list[str]) -> Care:
    """Opens a chart for each patient, with allergies asked for and medicines taken."""
    found = await doctor.asked(f"{PHARMACY}/medications", q=ORDERED)
    medication = next(one for one in found["items"] if one["name_en"] == ORDERED)
    orders = []
    for patient_id in patients:
        chart = f"{RECORDS}/patients/{patient_id}"
        await doctor.did(f"{chart}/encounters", {"encounter_class": "AMB", "walk_in": True})
        await doctor.did(f"{chart}/allergies/no-known", {})
        for code, name in TAKEN:
            coding = {"system": RXNORM, "code": code}
            await doctor.did(f"{chart}/medications", {"code": {"coding": coding, "text": name}})
        orders.append(await _order(doctor, patient_id, medication))
    return Care({"Authorization": doctor.http.headers["Authorization"]}, orders)


async def _order(doctor: Person, patient_id: str, medication: dict[str, Any]) -> dict[str, Any]:
    """An order with a reason for everything that the check wants one for."""
    dosage = {
        "dose": {"value": 1, "unit": medication["dose_unit"]},
        "timing": {"frequency": 3},
        "duration_days": 5,
    }
    items = [{"medication_id": medication["id"], "dosage": dosage}]
    wanted = {"patient_id": patient_id, "items": items}
    findings = (await doctor.did(f"{PHARMACY}/checks", wanted))["findings"]
    reasons = {"not-checked": "checked-by-hand", "serious": "will-monitor"}
    overrides = [
        {"finding": one["code"], "reason_code": reasons[one["severity"]]}
        for one in findings
        if one["severity"] in reasons
    ]
    return {**wanted, "sign": True, "overrides": overrides}


def care_asks(
    url: str, care: Care, tokens: list[dict[str, str]], patients: list[str]
) -> dict[str, Ask]:
    """The requests, by what a person would call them."""

    async def current(session: aiohttp.ClientSession, client: int, request: int) -> int:
        path = f"{RECORDS}/patients/{patients[client]}/medications/current"
        return await status_of(session.get(f"{url}{path}", headers=tokens[client]))

    async def check(session: aiohttp.ClientSession, client: int, request: int) -> int:
        body = {name: care.orders[client][name] for name in ("patient_id", "items")}
        return await status_of(
            session.post(f"{url}{PHARMACY}/checks", json=body, headers=care.doctor)
        )

    async def prescribe(session: aiohttp.ClientSession, client: int, request: int) -> int:
        """And cancels it, so that the next one is no duplicate: two requests in one."""
        path = f"{url}{PHARMACY}/prescriptions"
        signed = session.post(path, json=care.orders[client], headers=care.doctor)
        async with signed as answer:
            made = await answer.json()
        if answer.status != 201:
            return answer.status
        over = {"reason_code": "written-in-error"}
        cancel = session.post(f"{path}/{made['id']}/cancel", json=over, headers=care.doctor)
        return await status_of(cancel)

    return {
        "read current medication": current,
        "check a prescription": check,
        "prescribe and cancel": prescribe,
    }
