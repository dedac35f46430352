"""The demo hospital: its people and visits, moved to this week, and accounts to try it with."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from deployments.access import Role
from deployments.clock import utc_now
from deployments.errors import Forbidden
from deployments.importer import demo_dates, vocabulary
from deployments.importer.adapters import in_process
from deployments.importer.assembly import assemble
from deployments.importer.demo_insurance import fill_insurance
from deployments.importer.demo_laboratory import fill_laboratory
from deployments.importer.demo_pharmacy import fill_pharmacy
from deployments.importer.ports import DemoPeople, Hospital, Silence
from deployments.importer.report import Remark, Report
from deployments.settings import Settings
from storage.settings import StorageSettings

DATA: Final = Path(__file__).parent / "data"
DEMO_PASSWORD: Final = "song-xanh-by-the-river"  # noqa: S105 - printed on the start screen
"""Password of every demo account; refused in production with everything else here."""

REMEMBERED: Final = "demo.json"


@dataclass(frozen=True)
class DemoAccount:
    """Somebody of the demo hospital whom a visitor can be."""

    role: Role
    name: str
    email: str


@dataclass(frozen=True)
class _Cast:
    """Who of the data files gets which address."""

    role: Role
    system: str
    value: str
    email: str


CAST: Final = (
    _Cast(Role.ADMINISTRATOR, vocabulary.STAFF_NUMBER, "NV-0029", "admin@medray.example"),
    _Cast(Role.DOCTOR, vocabulary.STAFF_NUMBER, "NV-0001", "doctor@medray.example"),
    _Cast(Role.DOCTOR, vocabulary.STAFF_NUMBER, "NV-0004", "cardiologist@medray.example"),
    _Cast(Role.NURSE, vocabulary.STAFF_NUMBER, "NV-0015", "nurse@medray.example"),
    _Cast(Role.PHARMACIST, vocabulary.STAFF_NUMBER, "NV-0021", "pharmacist@medray.example"),
    _Cast(Role.PHARMACIST, vocabulary.STAFF_NUMBER, "NV-0022", "pharmacist2@medray.example"),
    _Cast(Role.LAB_TECHNICIAN, vocabulary.STAFF_NUMBER, "NV-0024", "laboratory@medray.example"),
    _Cast(Role.BILLING_OFFICER, vocabulary.STAFF_NUMBER, "NV-0027", "billing@medray.example"),
    _Cast(Role.PRIVACY_OFFICER, vocabulary.STAFF_NUMBER, "NV-0030", "privacy@medray.example"),
    _Cast(Role.PATIENT, vocabulary.MEDICAL_RECORD_NUMBER, "BA-100003", "patient@example.org"),
    _Cast(Role.PATIENT, vocabulary.MEDICAL_RECORD_NUMBER, "BA-100013", "visitor@example.org"),
)
"""One account for each role, a second doctor and pharmacist, a patient who reads English."""


class DemoNotLoaded(Exception):
    """A checked-in file could not be taken as a whole; the text says which and why."""


async def load_demo(settings: Settings, storage: StorageSettings) -> list[DemoAccount]:
    """Loads the demo hospital into the databases; needs neither Ray nor Redis. Safe to repeat.

    Raises:
        Forbidden: this is production.
        DemoNotLoaded: something of it was refused.
    """
    async with in_process(settings, storage) as services:
        return await fill(services, settings, utc_now())


async def fill(hospital: Hospital, settings: Settings, now: datetime) -> list[DemoAccount]:
    """Imports the data files as of `now`, or as of the first time that it was done here.

    Raises:
        Forbidden: this is production.
        DemoNotLoaded: something of it was refused.
    """
    if settings.environment == "production":
        raise Forbidden("the demo hospital has a password that everybody knows")
    as_of = _first_loaded(settings.data_dir, now)
    refused: list[Remark] = []
    importer = assemble(
        hospital.people,
        hospital.calendar,
        hospital.charts,
        hospital.laboratory,
        time_zone=settings.default_time_zone,
        report=Report(refused.append),
        progress=Silence(),
        change=lambda resource: demo_dates.as_of(resource, as_of),
    )
    await importer.run(sorted(DATA.glob("*.ndjson.gz")))
    if refused:
        raise DemoNotLoaded(f"{len(refused)} resources, the first {refused[0]}")
    await fill_pharmacy(hospital.pharmacy, hospital.people, as_of)
    await fill_laboratory(hospital.laboratory, hospital.people, as_of)
    await hospital.billing.load_prices()
    await fill_insurance(hospital.insurance, hospital.people)
    return [await _account(hospital.people, member) for member in CAST]


async def _account(people: DemoPeople, member: _Cast) -> DemoAccount:
    user_id = await people.find_by_identifier(member.system, member.value)
    if user_id is None:
        raise DemoNotLoaded(f"{member.value} is not in the data files")
    await people.set_demo_password(user_id, member.email, DEMO_PASSWORD)
    return DemoAccount(member.role, await people.display_name(user_id), member.email)


def _first_loaded(data_dir: Path, now: datetime) -> datetime:
    """When the demo was first loaded into this data folder: loading it again moves nothing."""
    file = data_dir / REMEMBERED
    if file.exists():
        return datetime.fromisoformat(json.loads(file.read_text())["loaded_at"])
    data_dir.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"loaded_at": now.isoformat()}))
    return now
