"""FHIR resources, files of them, and services that keep everything in memory."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from deployments.appointments.calendar_schemas import ImportedSchedule
from deployments.appointments.errors import SlotTaken
from deployments.appointments.schemas import ImportedAppointment
from deployments.errors import FieldError, Invalid
from deployments.importer import vocabulary
from deployments.importer.assembly import assemble
from deployments.importer.ports import Received, Silence, Taken
from deployments.importer.report import Outcome, Remark, Report
from deployments.users.schemas import ImportedPerson, PatientBrief

Json = dict[str, Any]
SYSTEM = "https://other.example/id"


def identified(kind: str, key: str, /, **fields: Any) -> Json:
    """A resource whose id and identifier are the key; None takes a field away."""
    resource = {
        "resourceType": kind,
        "id": key,
        "identifier": [{"system": SYSTEM, "value": key}],
        **fields,
    }
    return {key: value for key, value in resource.items() if value is not None}


def patient(key: str = "p1", **fields: Any) -> Json:
    names = [{"use": "official", "family": "Nguyễn", "given": ["Thị", "Hoa"]}]
    return identified("Patient", key, **{"name": names, "birthDate": "1980-05-17", **fields})


def practitioner(key: str = "d1", **fields: Any) -> Json:
    names = [{"family": "Trần", "given": ["Quốc"], "prefix": ["BS."]}]
    held = [{"identifier": [{"value": "L-1"}], "code": {"text": "Bác sĩ"}}]
    return identified("Practitioner", key, **{"name": names, "qualification": held, **fields})


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def role(key: str = "r1", of: str = "d1", code: str = "doctor", **fields: Any) -> Json:
    hours = [{"daysOfWeek": ["mon", "fri"], "availableStartTime": "07:30:00",
              "availableEndTime": "11:30:00"}]  # fmt: skip
    return identified(
        "PractitionerRole",
        key,
        **{
            "practitioner": {"reference": f"Practitioner/{of}"},
            "code": [coded(vocabulary.ROLE, code)],
            "specialty": [coded(vocabulary.SPECIALTY, "cardiology")],
            "location": [{"reference": "Location/l1"}],
            "availableTime": hours,
            **fields,
        },
    )


def location(key: str = "l1", **fields: Any) -> Json:
    return identified("Location", key, **{"name": "Khoa Tim mạch", **fields})


def schedule(key: str = "s1", of: str = "d1", **fields: Any) -> Json:
    actor = [{"reference": f"Practitioner/{of}"}, {"reference": "Location/l1"}]
    horizon = {"start": "2026-01-05", "end": "2028-01-05"}
    return identified("Schedule", key, **{"actor": actor, "planningHorizon": horizon, **fields})


def appointment(key: str = "a1", *, who: str = "p1", whom: str = "d1", **fields: Any) -> Json:
    actors = (f"Patient/{who}", f"Practitioner/{whom}", "Location/l1")
    return identified(
        "Appointment",
        key,
        **{
            "status": "booked",
            "start": "2026-12-01T09:00:00+07:00",
            "end": "2026-12-01T09:30:00+07:00",
            "participant": [{"actor": {"reference": actor}} for actor in actors],
            **fields,
        },
    )


def hospital() -> list[Json]:
    """One of each, in an order in which nothing can be taken at once."""
    return [appointment(), schedule(), patient(), role(), practitioner(), location()]


def ndjson(path: Path, resources: Sequence[Json | str]) -> Path:
    """A file with a line for each; text stands as it is."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in resources]
    body = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


def bundle(resources: Sequence[Json], kind: str = "collection") -> str:
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries})


class FakePeople:
    """Keeps people by identifier; refuses nothing."""

    def __init__(self) -> None:
        self.people: dict[tuple[str, str], tuple[UUID, ImportedPerson]] = {}

    async def import_person(self, person: ImportedPerson) -> Taken:
        keys = [(one.system, one.value) for one in person.identifiers]
        known = next((self.people[key] for key in keys if key in self.people), None)
        person_id = known[0] if known else uuid4()
        self.people |= dict.fromkeys(keys, (person_id, person))
        if known is None:
            return person_id, Outcome.CREATED
        return person_id, Outcome.UNCHANGED if known[1] == person else Outcome.UPDATED

    async def find_by_identifier(self, system: str, value: str) -> UUID | None:
        return self.people.get((system, value), (None, None))[0]

    async def get_patient_brief(self, patient_id: UUID) -> PatientBrief:
        person = next(one for known, one in self.people.values() if known == patient_id)
        return PatientBrief(
            id=patient_id, name="-", active=True, medical_record_number="-",
            birth_date=person.birth_date, gender="female",
        )  # fmt: skip

    def id_of(self, name: str) -> UUID:
        return self.people[SYSTEM, name][0]

    def named(self, name: str) -> ImportedPerson:
        return self.people[SYSTEM, name][1]


class FakeCalendar:
    """Keeps hours and visits by identifier; refuses a start that is taken."""

    def __init__(self) -> None:
        self.schedules: dict[str, ImportedSchedule] = {}
        self.appointments: dict[str, ImportedAppointment] = {}

    async def import_schedule(self, schedule: ImportedSchedule) -> Taken:
        known = self.schedules.get(schedule.identifier.value)
        self.schedules[schedule.identifier.value] = schedule
        return uuid4(), Outcome.UNCHANGED if known == schedule else Outcome.CREATED

    async def import_appointment(self, appointment: ImportedAppointment) -> Taken:
        name = appointment.identifier.value
        for other, visit in self.appointments.items():
            if other != name and visit.start == appointment.start:
                raise SlotTaken
        known = self.appointments.get(name)
        self.appointments[name] = appointment
        return uuid4(), Outcome.UNCHANGED if known == appointment else Outcome.CREATED


class FakeCharts:
    """Keeps entries by identifier; refuses a batch with one whose words are `refused`."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], tuple[UUID, Any]] = {}
        self.batches: list[int] = []

    async def import_entries(self, kind: str, entries: Sequence[Any]) -> Sequence[Received]:
        self.batches.append(len(entries))
        if any(code_of(entry) == "refused" for entry in entries):
            raise Invalid("secret words", [FieldError("/code", "unknown_code", "secret words")])
        return [self._keep(kind, entry) for entry in entries]

    def _keep(self, kind: str, entry: Any) -> Received:
        key = (kind, entry.identifier.value)
        entry_id, known = self.entries.get(key, (uuid4(), None))
        self.entries[key] = entry_id, entry
        if known is None:
            return entry_id, Outcome.CREATED
        return entry_id, Outcome.UNCHANGED if known == entry else Outcome.UPDATED

    def named(self, kind: str, name: str) -> Any:
        return self.entries[kind, name][1]

    def id_of(self, kind: str, name: str) -> UUID:
        return self.entries[kind, name][0]


class FakeLaboratory:
    """Keeps resources by identifier; refuses those of the codes that it is told."""

    def __init__(self) -> None:
        self.resources: dict[tuple[str, str], tuple[UUID, Any]] = {}
        self.refused: dict[str, str] = {}

    async def import_resources(self, kind: str, resources: Sequence[Any]) -> Sequence[Received]:
        return [self._keep(kind, one) for one in resources]

    async def find_imported(self, kind: str, system: str, value: str) -> UUID | None:
        assert system == SYSTEM
        return self.resources.get((kind, value), (None, None))[0]

    def _keep(self, kind: str, one: Any) -> Received:
        for code in getattr(one, "codes", []):
            if code in self.refused:
                return self.refused[code]
        key = (kind, one.identifier.value)
        known_id, known = self.resources.get(key, (uuid4(), None))
        self.resources[key] = known_id, one
        if known is None:
            return known_id, Outcome.CREATED
        return known_id, Outcome.UNCHANGED if known == one else Outcome.UPDATED

    def named(self, kind: str, name: str) -> Any:
        return self.resources[kind, name][1]

    def id_of(self, kind: str, name: str) -> UUID:
        return self.resources[kind, name][0]


def code_of(entry: Any) -> str | None:
    return entry.code.text if hasattr(entry, "code") else None


class Import:
    """Imports into memory; everything stays from one run to the next."""

    def __init__(self) -> None:
        self.people = FakePeople()
        self.calendar = FakeCalendar()
        self.charts = FakeCharts()
        self.laboratory = FakeLaboratory()
        self.remarks: list[Remark] = []

    async def run(self, *paths: Path) -> Report:
        self.remarks.clear()
        report = Report(self.remarks.append)
        importer = assemble(
            self.people,
            self.calendar,
            self.charts,
            self.laboratory,
            time_zone="Asia/Ho_Chi_Minh",
            report=report,
            progress=Silence(),
        )
        await importer.run(paths)
        return report
