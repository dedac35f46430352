"""The demo hospital's pharmacy: formulary, stock with batches of every kind, and some orders."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from deployments.access import Role
from deployments.importer import vocabulary
from deployments.importer.demo_people import acting, id_of
from deployments.importer.ports import DemoPeople, Pharmacy
from deployments.importer.report import Outcome
from deployments.pharmacy.formulary_file import read_formulary
from deployments.pharmacy.formulary_schemas import Medication, MedicationRequest
from deployments.pharmacy.prescription_schemas import PrescriptionRequest
from deployments.pharmacy.stock_schemas import ImportedStockReceipt

DISPENSARY: Final = {"code": "dispensary", "name": "Nhà thuốc ngoại trú", "kind": "dispensary"}
STORE: Final = {"code": "main-store", "name": "Kho chính Khoa Dược", "kind": "store"}
PHARMACIST: Final = "NV-0021"
NEAR: Final = timedelta(days=25)
FAR: Final = timedelta(days=540)
LONG_AGO: Final = timedelta(days=-20)
PACKS: Final = 4
EVERY_NEAR: Final = 12
"""Of so many medications one has a batch that is soon to expire."""
EXPIRED: Final = "OMEP-20-CAP"
LOW: Final = "METF-500-TAB"
LOW_BELOW: Final = 10
"""Packs below which the dispensary orders more of it."""


@dataclass(frozen=True)
class _Order:
    """A prescription that waits for a pharmacist; the doctor saw the patient a few days ago."""

    doctor: str
    patient: str
    medication: str
    times_a_day: int
    days: int


ORDERS: Final = (
    _Order("NV-0001", "BA-100052", "AMOX-500-CAP", 3, 7),
    _Order("NV-0001", "BA-100043", "PARA-500-TAB", 3, 5),
    _Order("NV-0004", "BA-100059", "PARA-500-TAB", 2, 3),
)
USED: Final = frozenset({LOW, *(order.medication for order in ORDERS)})


async def fill_pharmacy(pharmacy: Pharmacy, people: DemoPeople, as_of: datetime) -> None:
    """Loads the formulary and the stock; orders only together with the stock, so once.

    Args:
        pharmacy: where it goes.
        people: who knows the staff and the patients.
        as_of: the moment around which batches expire.

    Raises:
        DomainError: something of it was refused.
    """
    formulary = list(read_formulary())
    await pharmacy.load_formulary(formulary)
    received = [
        await pharmacy.import_receipt(receipt) for receipt in stock(formulary, as_of.date())
    ]
    if Outcome.CREATED not in received:
        return
    pharmacist = await acting(people, vocabulary.STAFF_NUMBER, PHARMACIST, Role.PHARMACIST)
    known = {one.code: await pharmacy.get_medication(one) for one in formulary if one.code in USED}
    low = known[LOW]
    minimum = low.pack_size * LOW_BELOW
    await pharmacy.set_reorder_point(pharmacist, DISPENSARY["code"], low.id, minimum)
    for order in ORDERS:
        await _prescribe(pharmacy, people, order, known[order.medication])


def stock(formulary: Sequence[MedicationRequest], today: date) -> Iterator[ImportedStockReceipt]:
    """What lies in the dispensary, and behind it in the store."""
    yield _receipt(
        DISPENSARY, [line for one in enumerate(formulary) for line in _shelf(*one, today)]
    )
    yield _receipt(STORE, [_line(one, "S", today + FAR, PACKS * 5) for one in formulary[::5]])


def _shelf(place: int, medication: MedicationRequest, today: date) -> Iterator[dict[str, Any]]:
    """Two batches of a medication, the first of which is used up first."""
    if medication.code == LOW:
        yield _line(medication, "A", today + FAR, 1)
        return
    near = place % EVERY_NEAR == 0
    yield _line(medication, "A", today + (NEAR if near else FAR / 3), PACKS)
    yield _line(medication, "B", today + FAR, PACKS)
    if medication.code == EXPIRED:
        yield _line(medication, "X", today + LONG_AGO, 1)


def _line(
    medication: MedicationRequest, batch: str, expires_on: date, packs: int
) -> dict[str, Any]:
    return {
        "medication_code": medication.code,
        "lot": f"D{batch}-{medication.code}",
        "expires_on": expires_on,
        "quantity": medication.pack_size * packs,
    }


def _receipt(location: Mapping[str, str], lines: list[dict[str, Any]]) -> ImportedStockReceipt:
    identifier = {"system": vocabulary.STOCK_RECEIPT, "value": f"demo-{location['code']}"}
    return ImportedStockReceipt.model_validate(
        {"identifier": identifier, "location": location, "lines": lines}
    )


async def _prescribe(
    pharmacy: Pharmacy, people: DemoPeople, order: _Order, medication: Medication
) -> None:
    doctor = await acting(people, vocabulary.STAFF_NUMBER, order.doctor, Role.DOCTOR)
    dosage = {
        "dose": {"value": Decimal(1), "unit": medication.dose_unit},
        "timing": {"frequency": order.times_a_day},
        "duration_days": order.days,
    }
    request = PrescriptionRequest.model_validate(
        {
            "patient_id": await id_of(people, vocabulary.MEDICAL_RECORD_NUMBER, order.patient),
            "items": [{"medication_id": medication.id, "dosage": dosage}],
            "sign": True,
        }
    )
    await pharmacy.prescribe(doctor, request)
