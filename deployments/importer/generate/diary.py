"""Visits: each simulated encounter gets a place in a doctor's week, and more are added.

Every visit begins on the grid of its doctor's hours, and neither a doctor nor a patient has two at
once. The week of the reference date and the weeks after it hold visits that are still to come.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from random import Random

from deployments.importer import vocabulary
from deployments.importer.generate.resource import Json, concept, identifier, reference
from deployments.importer.generate.staff import SLOT_MINUTES, Member

LOCAL = timezone(timedelta(hours=7))  # Viet Nam has no daylight saving time
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKS_BACK, WEEKS_AHEAD = 26, 6
DAY = timedelta(days=1)
STEP = timedelta(minutes=SLOT_MINUTES)

REASONS: dict[str, tuple[str, int]] = {
    "consultation": ("Consultation", 30),
    "follow-up": ("Follow-up visit", 15),
    "check-up": ("General check-up", 45),
    "vaccination": ("Vaccination", 15),
}
CANCELLATIONS = {"pat": "Patient", "pat-fb": "Patient: Feeling Better", "prov": "Provider",
                 "pat-lt": "Patient: Lack of Transportation"}  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """One appointment before it is numbered."""

    patient: Json
    doctor: Member
    start: datetime
    reason: str
    status: str
    cancellation: str | None = None


class Diary:
    """Which starts of which doctor are free, and who goes to whom."""

    def __init__(self, random: Random, doctors: Sequence[Member], reference_day: date) -> None:
        self._random = random
        self._doctors = doctors
        first = reference_day - timedelta(weeks=WEEKS_BACK)
        last = reference_day + timedelta(weeks=WEEKS_AHEAD)
        self._open = {d.practitioner["id"]: list(_starts(d, first, last)) for d in doctors}
        self._taken: set[tuple[str, datetime]] = set()
        self._usual: dict[tuple[str, str], Member] = {}
        self.visits: list[Visit] = []

    def add(
        self, patient: Json, specialty: str, near: datetime, window: tuple[datetime, datetime], *,
        reason: str, status: str, cancellation: str | None = None,
    ) -> Visit | None:  # fmt: skip
        """Books the free start in the window that is nearest to `near`; None when there is none."""
        doctor = self._doctor(patient, specialty)
        starts = self._open[doctor.practitioner["id"]]
        inside = starts[bisect_left(starts, window[0]) : bisect_left(starts, window[1])]
        length = timedelta(minutes=REASONS[reason][1])
        for start in sorted(inside, key=lambda candidate: abs(candidate - near)):
            needed = self._needed(patient, doctor, start, length)
            if needed is not None and self._taken.isdisjoint(needed):
                break
        else:
            return None
        self._taken |= needed
        visit = Visit(patient, doctor, start, reason, status, cancellation)
        self.visits.append(visit)
        return visit

    def _needed(
        self, patient: Json, doctor: Member, start: datetime, length: timedelta
    ) -> set[tuple[str, datetime]] | None:
        """What must be free of doctor and patient; None when the doctor's hours end too early."""
        steps = [start + STEP * index for index in range(length // STEP)]
        who = doctor.practitioner["id"]
        opened = self._open[who]
        if any(opened[bisect_left(opened, step) % len(opened)] != step for step in steps):
            return None
        return {(someone, step) for someone in (who, patient["id"]) for step in steps}

    def _doctor(self, patient: Json, specialty: str) -> Member:
        """Patients stay with the doctor whom they saw first."""
        key = patient["id"], specialty
        if key not in self._usual:
            candidates = [d for d in self._doctors if d.post.department == specialty]
            self._usual[key] = self._random.choice(candidates)
        return self._usual[key]


def specialty_for(patient: Json, encounter: Json, reference_day: date) -> str:
    """Who sees the patient, by age and by the ICD-10-CM code of the reason."""
    born = date.fromisoformat(patient["birthDate"])
    age = (reference_day - born).days // 365
    code = encounter["reasonCode"][0].get("coding", [{}])[0].get("code", "")
    number = int(patient["id"].rsplit("-", 1)[1])
    if age < 16:
        return "paediatrics"
    if code.startswith(("C50", "Z12.31", "O")) or (
        patient["gender"] == "female" and code.startswith("Z00") and age < 50
    ):
        return "obstetrics-and-gynaecology"
    if code.startswith(("I2", "I4", "I5")) or (code == "I10" and number % 2):
        return "cardiology"
    if code.startswith("E"):
        return "endocrinology"
    if code.startswith(("M", "S")):
        return "orthopaedics"
    return "general-practice"


def reason_for(encounter: Json) -> str:
    """Why the patient comes, by the ICD-10-CM code of the reason."""
    code = encounter["reasonCode"][0].get("coding", [{}])[0].get("code", "")
    if code == "Z23":
        return "vaccination"
    return "check-up" if code.startswith(("Z00", "Z1")) else "follow-up"


def fill(random: Random, diary: Diary, patients: Sequence[Json], reference_day: date) -> None:
    """Adds what a generator of charts does not know: visits missed, cancelled and still to come."""
    monday = datetime.combine(reference_day, time(), LOCAL)
    past = monday - timedelta(weeks=WEEKS_BACK), monday
    coming = monday, monday + timedelta(weeks=WEEKS_AHEAD)
    for patient in patients:
        for _ in range(random.choice((0, 0, 1, 1, 2))):
            status = random.choice(("fulfilled", "noshow", "cancelled"))
            _add_any(random, diary, patient, past, status)
        for _ in range(random.choice((1, 1, 2, 2, 3))):
            status = "cancelled" if random.random() < 0.1 else "booked"
            _add_any(random, diary, patient, coming, status)


def appointments(visits: Sequence[Visit]) -> Iterator[Json]:
    """FHIR Appointments in the order of time."""
    for number, visit in enumerate(sorted(visits, key=_order), start=1):
        yield _appointment(number, visit)


def _order(visit: Visit) -> tuple[datetime, str]:
    return visit.start, visit.doctor.practitioner["id"]


def _add_any(
    random: Random, diary: Diary, patient: Json, window: tuple[datetime, datetime], status: str
) -> None:
    near = window[0] + random.random() ** 2 * (window[1] - window[0])
    cancellation = random.choice(list(CANCELLATIONS)) if status == "cancelled" else None
    reason = random.choice(("consultation", "follow-up", "follow-up"))
    diary.add(patient, _any_specialty(random, patient, near), near, window,
              reason=reason, status=status, cancellation=cancellation)  # fmt: skip


def _any_specialty(random: Random, patient: Json, on: datetime) -> str:
    age = on.year - int(patient["birthDate"][:4])
    if age < 16:
        return random.choice(("paediatrics", "paediatrics", "dermatology"))
    choices = ["dermatology", "orthopaedics", "endocrinology", "cardiology"]
    if patient["gender"] == "female" and age < 60:
        choices += ["obstetrics-and-gynaecology"] * 2
    return random.choice(["general-practice"] * 4 + choices)


def _starts(doctor: Member, first: date, last: date) -> Iterator[datetime]:
    """Every start of the doctor's grid between the two days, ascending."""
    hours: dict[str, list[tuple[time, time]]] = {}
    for weekdays, ranges in doctor.post.days:
        for weekday in weekdays:
            hours.setdefault(weekday, []).extend(
                (time.fromisoformat(start), time.fromisoformat(end)) for start, end in ranges
            )
    day = first
    while day < last:
        for opens, closes in sorted(hours.get(WEEKDAYS[day.weekday()], [])):
            start = datetime.combine(day, opens, LOCAL)
            end = datetime.combine(day, closes, LOCAL)
            while start < end:
                yield start
                start += STEP
        day += DAY


def _appointment(number: int, visit: Visit) -> Json:
    display, minutes = REASONS[visit.reason]
    made: Json = {
        "resourceType": "Appointment",
        "id": f"appointment-{number:04d}",
        "identifier": [identifier(vocabulary.VISIT_NUMBER, f"LH-{number:05d}")],
        "status": visit.status,
    }
    if visit.cancellation:
        made["cancelationReason"] = concept(
            vocabulary.HL7_CANCELLATION, visit.cancellation, CANCELLATIONS[visit.cancellation]
        )
    return made | {
        "specialty": visit.doctor.role["specialty"],
        "reasonCode": [concept(vocabulary.VISIT_REASON, visit.reason, display)],
        "start": visit.start.isoformat(),
        "end": (visit.start + timedelta(minutes=minutes)).isoformat(),
        "minutesDuration": minutes,
        "created": (visit.start - timedelta(days=14)).isoformat(),
        "participant": [
            {"actor": reference(visit.patient), "status": "accepted"},
            {"actor": reference(visit.doctor.practitioner), "status": "accepted"},
            {"actor": reference(visit.doctor.location), "status": "accepted"},
        ],
    }
