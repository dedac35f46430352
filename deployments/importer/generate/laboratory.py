r"""Makes the laboratory's part of `deployments/importer/data/` from the rest of it.

Run once by a developer after the rest, in the environment that `__main__` tells of:

    generator/bin/python -m deployments.importer.generate.laboratory

The same files give the same bytes: every number follows from the seed and the patient.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Final

from deployments.importer import vocabulary
from deployments.importer.generate.files import catalogue, packed, write
from deployments.importer.generate.requisitions import Cohorts, Requisition
from deployments.importer.generate.resource import Json, concept, identifier, reference
from deployments.laboratory.calculations import FORMULAS, Person

SEED: Final = 20260707
TECHNICIANS: Final = ("practitioner-024", "practitioner-025", "practitioner-026")
ANALYZERS: Final = {"haematology": "HAEM-1"}
OTHER_ANALYZER: Final = "CHEM-1"
DEPARTMENT: Final = {"coding": [{"system": vocabulary.HL7_LABORATORY_SECTION, "code": "LAB"}]}
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
LABORATORY: Final = concept(OBSERVATION_CATEGORY, "laboratory", "Laboratory")
REPORT: Final = concept(vocabulary.LOINC, "11502-2", "Laboratory report")
LETTERS: Final = "ABCDEF"


def main() -> None:
    """Writes four files and says how many resources each holds."""
    patients = {one["id"]: one for one in packed("Patient")}
    cohorts = Cohorts(list(patients.values()), _problems(), _doctors(), SEED)
    made: dict[str, list[Json]] = {}
    for number, one in enumerate(cohorts.all(), start=1):
        for resource in Paper(number, one).resources():
            made.setdefault(resource["resourceType"], []).append(resource)
    for kind, resources in made.items():
        write(kind, resources, suffix=".laboratory" if kind == "Observation" else "")


def _problems() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in packed("Condition"):
        patient = one["subject"]["reference"].removeprefix("Patient/")
        for coding in one["code"].get("coding", []):
            found.setdefault(patient, set()).add(coding["code"][:3])
    return found


def _doctors() -> dict[str, str]:
    """The doctor of a patient's last ambulatory encounter."""
    seen: dict[str, str] = {}
    for one in sorted(packed("Encounter"), key=lambda one: str(one["period"]["start"])):
        if one["class"]["code"] == "AMB" and one.get("participant"):
            who = one["participant"][0]["individual"]["reference"]
            patient = one["subject"]["reference"].removeprefix("Patient/")
            seen[patient] = who.removeprefix("Practitioner/")
    return seen


class Paper:
    """The FHIR resources of one requisition.

    Args:
        number: of the requisition.
        asked: what it says.
    """

    def __init__(self, number: int, asked: Requisition) -> None:
        self._name = f"XN-{number:06d}"
        self._id = f"lab-{number:04d}"
        self._asked = asked
        self._technician = {"reference": f"Practitioner/{TECHNICIANS[number % 3]}"}
        self._received = asked.at + timedelta(minutes=25 + number % 40)
        self._issued = asked.at + timedelta(minutes=100 + number * 7 % 150)
        self._tests = [code for one in asked.tests for code in _members(one)]
        tubes = sorted({_tube(code) for code in self._tests})
        self._tubes = dict(zip(tubes, LETTERS, strict=False))

    def resources(self) -> Iterator[Json]:
        """Requests, specimens, values, and the report of all of them."""
        requests = [self._request(code) for code in self._asked.tests]
        specimens = [self._specimen(*tube) for tube in self._tubes]
        values = list(self._values())
        yield from (*requests, *specimens, *values)
        yield self._report(requests, specimens, values)

    def _common(self, kind: str, system: str, part: str = "") -> Json:
        return {
            "resourceType": kind,
            "id": f"{self._id}{part.lower()}",
            "identifier": [identifier(system, f"{self._name}{part}")],
        }

    def _request(self, code: str) -> Json:
        row = _tests()[code]
        coding = [{"system": vocabulary.LABORATORY_TEST, "code": code, "display": row["name_en"]}]
        if row["loinc"]:
            loinc = {"system": vocabulary.LOINC, "code": row["loinc"], "display": row["name_en"]}
            coding.append(loinc)
        return self._common("ServiceRequest", vocabulary.LABORATORY_ORDER, f"-{code}") | {
            "requisition": identifier(vocabulary.LABORATORY_REQUISITION, self._name),
            "status": "active" if self._asked.preliminary else "completed",
            "intent": "order",
            "priority": "routine",
            "code": {"coding": coding, "text": row["name_en"]},
            "subject": reference(self._asked.patient),
            "authoredOn": _text(self._asked.at - timedelta(minutes=35)),
            "requester": {"reference": f"Practitioner/{self._asked.doctor}"},
            "reasonCode": [concept(vocabulary.ICD_10_CM, *self._asked.reason)],
        }

    def _specimen(self, kind: str, container: str) -> Json:
        letter = self._tubes[kind, container]
        gone = not self._asked.preliminary
        return self._common("Specimen", vocabulary.LABORATORY_SPECIMEN, f"-{letter}") | {
            "status": "unavailable" if gone else "available",
            "type": concept(vocabulary.SPECIMEN_TYPE, kind, kind.replace("-", " ").capitalize()),
            "subject": reference(self._asked.patient),
            "request": [self._to_request(code) for code in self._asked.tests
                        if any(_tube(one) == (kind, container) for one in _members(code))],
            "receivedTime": _text(self._received),
            "collection": {"collectedDateTime": _text(self._asked.at)},
            "container": [{"type": concept(vocabulary.CONTAINER, container, container)}],
        }  # fmt: skip

    def _to_request(self, code: str) -> Json:
        return {"reference": f"ServiceRequest/{self._id}-{code.lower()}"}

    def _values(self) -> Iterator[Json]:
        values = self._asked.values | _calculated(self._asked)
        for row in catalogue("parameters"):
            if row["test"] in self._tests and row["code"] in values:
                yield self._value(row, values[row["code"]])

    def _value(self, row: dict[str, str], value: float | str | Decimal) -> Json:
        test = _tests()[row["test"]]
        request = next(one for one in self._asked.tests if row["test"] in _members(one))
        coding = [{"system": vocabulary.LOINC, "code": row["loinc"], "display": row["name_en"]}]
        letter = self._tubes[_tube(row["test"])]
        preliminary = row["test"] in self._asked.preliminary
        part = f"-{row['code']}"
        return self._common("Observation", vocabulary.LABORATORY_VALUE, part) | {
            "basedOn": [self._to_request(request)],
            "status": "preliminary" if preliminary else "final",
            "category": [LABORATORY],
            "code": {"coding": coding, "text": row["name_en"]},
            "subject": reference(self._asked.patient),
            "effectiveDateTime": _text(self._asked.at),
            "issued": _text(self._issued),
            "performer": [self._technician],
            **_said(row, value),
            "specimen": {"reference": f"Specimen/{self._id}-{letter.lower()}"},
            "device": {"display": ANALYZERS.get(test["department"], OTHER_ANALYZER)},
        }

    def _report(
        self, requests: Sequence[Json], specimens: Sequence[Json], values: Sequence[Json]
    ) -> Json:
        return self._common("DiagnosticReport", vocabulary.LABORATORY_REPORT) | {
            "basedOn": [reference(one) for one in requests],
            "status": "preliminary" if self._asked.preliminary else "final",
            "category": [DEPARTMENT],
            "code": REPORT,
            "subject": reference(self._asked.patient),
            "effectiveDateTime": _text(self._asked.at),
            "issued": _text(self._issued + timedelta(minutes=5)),
            "performer": [self._technician],
            "specimen": [reference(one) for one in specimens],
            "result": [reference(one) for one in values],
        }


def _calculated(asked: Requisition) -> dict[str, Decimal]:
    """What the laboratory calculates: the same formulas as there."""
    numbers = {
        code: Decimal(str(_rounded(code, value)))
        for code, value in asked.values.items() if not isinstance(value, str)
    }  # fmt: skip
    born = datetime.fromisoformat(asked.patient["birthDate"])
    person = Person(asked.patient["gender"], (asked.at.replace(tzinfo=None) - born).days // 365)
    found: dict[str, Decimal] = {}
    for row in catalogue("parameters"):
        formula = FORMULAS.get(row["formula"])
        if formula is not None and all(code in numbers for code in formula.needs):
            value = formula.compute(numbers, person)
            if value is not None:
                found[row["code"]] = value
    return found


def _said(row: dict[str, str], value: float | str | Decimal) -> Json:
    if isinstance(value, str):
        named = (one.split(":") for one in row["choices"].split("|"))
        name = next(name for code, name, *_ in named if code == value)
        return {"valueCodeableConcept": concept(vocabulary.LABORATORY_TEST, value, name)}
    quantity = {"value": _rounded(row["code"], value), "unit": row["unit"]}
    return {"valueQuantity": {**quantity, "system": vocabulary.UCUM, "code": row["unit"]}}


def _rounded(code: str, value: float | Decimal) -> float:
    decimals = int(_parameters()[code]["decimals"])
    return round(float(value), decimals) if decimals else round(float(value))


@cache
def _parameters() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in catalogue("parameters")}


@cache
def _tests() -> dict[str, dict[str, str]]:
    return {row["code"]: row for name in ("tests", "panels") for row in catalogue(name)}


def _members(code: str) -> list[str]:
    members = _tests()[code].get("members")
    return members.split() if members else [code]


def _tube(code: str) -> tuple[str, str]:
    row = _tests()[code]
    return row["specimen"], row["container"]


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


if __name__ == "__main__":
    main()
