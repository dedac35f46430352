"""Who is sent to the laboratory for what, and when: one requisition after the other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from random import Random
from typing import Final

from deployments.importer.demo_dates import REFERENCE_DAY
from deployments.importer.generate import courses
from deployments.importer.generate.courses import Course, Values
from deployments.importer.generate.resource import Json

LOCAL: Final = timezone(timedelta(hours=7))
WEEKS_BACK: Final = 48
"""Therapy began so long ago, before most of the visits."""
GENERAL, CARDIOLOGY, ENDOCRINOLOGY = ("practitioner-001", "practitioner-004", "practitioner-013")


@dataclass(frozen=True)
class Requisition:
    """What one doctor wants to know of a patient at one time, and what comes of it.

    Attributes:
        doctor: id of the Practitioner.
        tests: codes of tests and panels, one request each.
        reason: ICD-10-CM.
        preliminary: codes of what is not final yet.
    """

    patient: Json
    doctor: str
    at: datetime
    tests: Sequence[str]
    values: Values
    reason: tuple[str, str]
    preliminary: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Person:
    """A patient with a course and the usual doctor."""

    patient: Json
    course: Course
    doctor: str


class Cohorts:
    """Requisitions of all patients.

    Args:
        patients: ours.
        problems: ICD-10-CM codes, three characters, by patient id.
        doctors: who usually sees a patient, by patient id.
        seed: the same one gives the same requisitions.
    """

    def __init__(
        self,
        patients: Sequence[Json],
        problems: dict[str, set[str]],
        doctors: dict[str, str],
        seed: int,
    ) -> None:
        self._patients = patients
        self._problems = problems
        self._doctors = doctors
        self._seed = seed

    def all(self) -> list[Requisition]:
        """Every requisition, in the order of time."""
        found = [
            one
            for make in (
                self._diabetes, self._kidney, self._lipids, self._iron, self._thyroid,
                self._infections, self._screening, self._unfinished,
            )
            for one in make()
        ]  # fmt: skip
        return sorted(found, key=lambda one: (one.at, one.patient["id"]))

    def _who(self, problem: str, doctor: str) -> Iterator[Person]:
        for patient in self._patients:
            if problem in self._problems.get(patient["id"], set()):
                yield self._person(patient, problem, doctor)

    def _person(self, patient: Json, problem: str, doctor: str) -> Person:
        chance = Random(f"{self._seed} {problem} {patient['id']}")  # noqa: S311 - no secrets
        woman = patient["gender"] == "female"
        return Person(patient, Course(chance, woman), self._doctors.get(patient["id"], doctor))

    def _women(self, youngest: int, oldest: int) -> list[Json]:
        born = range(REFERENCE_DAY.year - oldest, REFERENCE_DAY.year - youngest)
        return [one for one in self._patients
                if one["gender"] == "female" and int(one["birthDate"][:4]) in born]  # fmt: skip

    def _diabetes(self) -> Iterator[Requisition]:
        for who in self._who("E11", ENDOCRINOLOGY):
            start, end = who.course.between(8.3, 10.9), who.course.between(6.5, 7.6)
            cholesterol = who.course.between(5.6, 7.0)
            for at, weeks in _visits(who, every=10):
                values = courses.diabetes(who.course, start, end, weeks)
                tests = ["DIAB"]
                if weeks % 20 < 10:
                    values |= courses.lipids(who.course, cholesterol, weeks)
                    tests.append("LIPID")
                yield _asked(who, at, tests, values, ("E11.9", "Type 2 diabetes mellitus"))

    def _kidney(self) -> Iterator[Requisition]:
        for who in self._who("N18", GENERAL):
            start = who.course.between(125, 245)
            haemoglobin = who.course.between(104, 124)
            for number, (at, weeks) in enumerate(_visits(who, every=9)):
                values = courses.kidney(who.course, start, weeks)
                tests = ["RENAL"]
                if number % 2 == 0:
                    values |= courses.blood_count(who.course, haemoglobin)
                    tests.append("CBC")
                yield _asked(who, at, tests, values, ("N18.9", "Chronic kidney disease"))

    def _lipids(self) -> Iterator[Requisition]:
        for who in self._who("E78", CARDIOLOGY):
            if self._problems[who.patient["id"]] & {"E11", "N18"}:
                continue
            start = who.course.between(6.0, 7.8)
            for at, weeks in _visits(who, every=20):
                values = courses.lipids(who.course, start, weeks)
                yield _asked(who, at, ["LIPID"], values, ("E78.5", "Hyperlipidemia"))

    def _iron(self) -> Iterator[Requisition]:
        for patient in self._women(18, 50)[:4]:
            who = self._person(patient, "D50", GENERAL)
            start = who.course.between(82, 98)
            for at, weeks in _visits(who, every=7, last=28):
                values = courses.iron(who.course, start, weeks)
                tests = ["CBC", "FERR", "FE", "TIBC"]
                yield _asked(who, at, tests, values, ("D50.9", "Iron deficiency anemia"))

    def _thyroid(self) -> Iterator[Requisition]:
        for patient in self._women(50, 75)[:4]:
            who = self._person(patient, "E03", ENDOCRINOLOGY)
            start = who.course.between(11, 26)
            for at, weeks in _visits(who, every=8, last=32):
                values = courses.thyroid(who.course, start, weeks)
                yield _asked(who, at, ["TSH", "FT4"], values, ("E03.9", "Hypothyroidism"))

    def _infections(self) -> Iterator[Requisition]:
        for place, who in enumerate(self._who("J44", GENERAL)):
            start = who.course.between(48, 130)
            first = _morning(who, REFERENCE_DAY - timedelta(weeks=3 + 4 * place))
            for days in (0, 2, 7):
                values = courses.infection(who.course, start, days)
                at = first + timedelta(days=days)
                yield _asked(who, at, ["CBC", "CRP"], values, ("J44.1", "COPD, exacerbation"))

    def _screening(self) -> Iterator[Requisition]:
        """Tests whose results a patient sees some days after the doctor; the last a day ago."""
        for place, patient in enumerate(self._patients[4:100:12]):
            who = self._person(patient, "Z11", GENERAL)
            at = _morning(who, REFERENCE_DAY - timedelta(days=1 + 18 * place))
            values: Values = {"HBSAG": "neg", "HCVAB": "neg", "HIV": "neg"}
            if place == 3:
                values["HBSAG"] = "pos"
            tests = ["HEPB", "HIV"]
            yield _asked(who, at, tests, values, ("Z11.59", "Screening for viral diseases"))

    def _unfinished(self) -> Iterator[Requisition]:
        """A part is final, a part preliminary: nobody has confirmed it yet."""
        make = partial(courses.blood_count, haemoglobin=131)
        for patient in self._patients[20:60:15]:
            who = self._person(patient, "R53", GENERAL)
            at = _morning(who, REFERENCE_DAY - timedelta(days=1)) + timedelta(hours=8)
            yield _part(who, at, make)


def _part(who: Person, at: datetime, make: Callable[[Course], Values]) -> Requisition:
    values = make(who.course) | {"CRP": who.course.between(4, 30), "TSH": who.course.between(1, 4)}
    reason = ("R53.83", "Fatigue")
    waiting = frozenset({"TSH", "CRP"})
    return Requisition(who.patient, who.doctor, at, ["CBC", "CRP", "TSH"], values, reason, waiting)


def _asked(
    who: Person, at: datetime, tests: Sequence[str], values: Values, reason: tuple[str, str]
) -> Requisition:
    return Requisition(who.patient, who.doctor, at, tests, values, reason)


def _visits(who: Person, *, every: int, last: int = WEEKS_BACK) -> Iterator[tuple[datetime, float]]:
    """Mornings some weeks apart, the last one in the weeks before the reference day."""
    offset = who.course.chance.randrange(every)
    begun = REFERENCE_DAY - timedelta(weeks=last)
    for week in range(offset, last, every):
        day = begun + timedelta(weeks=week, days=who.course.chance.randrange(5))
        yield _morning(who, day), float(week)


def _morning(who: Person, day: date) -> datetime:
    minutes = who.course.chance.randrange(0, 150)
    return datetime.combine(day, time(7, 0), LOCAL) + timedelta(minutes=minutes)
