"""The demo hospital's insurers: social insurance for most patients, a private one for some."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from deployments.billing.insurance_schemas import CoverageRequest, PlanRequest, ProviderRequest
from deployments.billing.plans import PRIVATE, PRIVATE_PAYER, SOCIAL, SOCIAL_PAYER
from deployments.importer import vocabulary
from deployments.importer.demo_people import id_of
from deployments.importer.ports import DemoPeople, Insurance

PATIENTS: Final = Path(__file__).parent / "data" / "Patient.ndjson.gz"
SEXES: Final = {"male": "M", "female": "F"}
SINCE: Final = date(2024, 1, 1)
UNINSURED: Final = 7
"""Every so many is not insured at all."""
PRIVATELY: Final = 4
"""Every so many has the private plan beside the social one."""
LEVELS: Final = "4341"
"""Benefit levels on the cards, in turn: 80, 95, 80 and 100 %."""
PAYERS: Final = (
    (
        ProviderRequest(
            code=SOCIAL_PAYER,
            name_en="Viet Nam Social Security",
            name_vi="Bảo hiểm xã hội Việt Nam",
            kind="public",
        ),
        PlanRequest(
            code="BHYT",
            name_en="Social health insurance",
            name_vi="Bảo hiểm y tế",
            currency="VND",
            benefits=SOCIAL,
        ),
    ),
    (
        ProviderRequest(
            code=PRIVATE_PAYER,
            name_en="An Khang Insurance (demo)",
            name_vi="Bảo hiểm An Khang (minh họa)",
            kind="private",
        ),
        PlanRequest(
            code="GOLD",
            name_en="An Khang Gold",
            name_vi="An Khang Vàng",
            currency="VND",
            benefits=PRIVATE,
        ),
    ),
)


async def fill_insurance(insurance: Insurance, people: DemoPeople) -> None:
    """Loads insurers, plans and coverages; what is there stays as it is.

    Args:
        insurance: where they go.
        people: whose they are.
    """
    plans = [await insurance.load_plan(payer, plan) for payer, plan in PAYERS]
    for place, patient in enumerate(_patients()):
        if place % UNINSURED != UNINSURED - 1:
            patient_id = await id_of(people, vocabulary.MEDICAL_RECORD_NUMBER, _number(patient))
            for request in _coverages(place, patient, patient_id, plans):
                await insurance.insure(request)


def _patients() -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(PATIENTS.read_bytes()).splitlines():
        yield json.loads(line)


def _number(patient: dict[str, Any]) -> str:
    """Its medical record number."""
    return next(
        str(one["value"])
        for one in patient["identifier"]
        if one["system"] == vocabulary.MEDICAL_RECORD_NUMBER
    )


def _coverages(
    place: int, patient: dict[str, Any], patient_id: UUID, plans: list[UUID]
) -> Iterator[CoverageRequest]:
    name = patient["name"][0]
    same: dict[str, Any] = {
        "patient_id": patient_id,
        "last_name": name["family"],
        "first_name": " ".join(name["given"]),
        "birth_date": patient["birthDate"],
        "sex": SEXES.get(patient.get("gender", ""), "U"),
        "starts_on": SINCE,
    }
    card = f"GD{LEVELS[place % len(LEVELS)]}79{place + 1:010d}"
    yield CoverageRequest(plan_id=plans[0], position=1, member_id=card, **same)
    if place % PRIVATELY == 0:
        private = f"AN-{SINCE:%Y%m%d}-{place + 1:04d}"
        yield CoverageRequest(plan_id=plans[1], position=2, member_id=private, **same)
