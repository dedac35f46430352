"""Clinical resources in the words of medical records."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from deployments.importer import vocabulary
from deployments.importer.report import Outcome
from tests.factories.importer import SYSTEM, Import, Json, hospital, identified, ndjson

HL7 = "http://terminology.hl7.org/CodeSystem"
SUBJECT = {"subject": {"reference": "Patient/p1"}}
DOCTOR = {"reference": "Practitioner/d1"}
VISIT = {"encounter": {"reference": "Encounter/e1"}}


def concept(system: str, code: str, display: str = "words") -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def encounter(key: str = "e1", **fields: Any) -> Json:
    return identified(
        "Encounter",
        key,
        **{
            **SUBJECT,
            "status": "finished",
            "class": {"code": "AMB"},
            "period": {"start": "2026-06-01T09:00:00+07:00", "end": "2026-06-01T09:20:00+07:00"},
            "participant": [{"individual": DOCTOR}],
            "reasonCode": [concept(vocabulary.ICD_10_CM, "I10")],
            **fields,
        },
    )


def condition(key: str = "c1", **fields: Any) -> Json:
    return identified(
        "Condition",
        key,
        **{
            **SUBJECT,
            **VISIT,
            "code": concept(vocabulary.ICD_10_CM, "I10", "Essential hypertension"),
            "category": [concept(f"{HL7}/condition-category", "encounter-diagnosis")],
            "clinicalStatus": concept(f"{HL7}/condition-clinical", "active"),
            "verificationStatus": concept(f"{HL7}/condition-ver-status", "confirmed"),
            "severity": {"text": "Mild"},
            "onsetDateTime": "2012-05",
            "recordedDate": "2026-06-01",
            "recorder": DOCTOR,
            **fields,
        },
    )


def procedure(key: str = "x1", **fields: Any) -> Json:
    return identified(
        "Procedure",
        key,
        **{
            **SUBJECT,
            "status": "completed",
            "code": {"text": "Suture"},
            "performedPeriod": {"start": "2026-06-01", "end": "2026-06-01T10:00:00Z"},
            "performer": [{"actor": DOCTOR}],
            **fields,
        },
    )


def allergy(key: str = "y1", **fields: Any) -> Json:
    return identified(
        "AllergyIntolerance",
        key,
        **{
            "patient": SUBJECT["subject"],
            "code": concept(vocabulary.RXNORM, "7980", "Penicillin G"),
            "clinicalStatus": concept(f"{HL7}/allergyintolerance-clinical", "active"),
            "category": ["medication"],
            "criticality": "high",
            "reaction": [{"manifestation": [{"text": "Hives"}], "severity": "mild"}],
            "recordedDate": "2026-06-01",
            **fields,
        },
    )


def vaccine(key: str = "v1", **fields: Any) -> Json:
    return identified(
        "Immunization",
        key,
        **{
            "patient": SUBJECT["subject"],
            "status": "completed",
            "vaccineCode": concept(vocabulary.CVX, "150"),
            "occurrenceDateTime": "2020-01-01",
            "doseQuantity": {"value": 0.5, "code": "mL"},
            **fields,
        },
    )


def order(key: str = "m1", drug: str = "17767", **fields: Any) -> Json:
    dosage = {
        "text": "5 mg once a day",
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 5, "code": "mg"}}],
    }
    return identified(
        "MedicationRequest",
        key,
        **{
            **SUBJECT,
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": concept(vocabulary.RXNORM, drug, "Amlodipine"),
            "authoredOn": "2026-06-01T09:00:00Z",
            "dosageInstruction": [dosage],
            "requester": DOCTOR,
            **fields,
        },
    )


def observation(key: str = "o1", **fields: Any) -> Json:
    return identified(
        "Observation",
        key,
        **{
            **SUBJECT,
            **VISIT,
            "status": "final",
            "category": [concept(f"{HL7}/observation-category", "vital-signs")],
            "code": concept(vocabulary.LOINC, "29463-7", "Body weight"),
            "effectiveDateTime": "2026-06-01T09:05:00Z",
            "valueQuantity": {"value": 76.6, "unit": "kg", "code": "kg"},
            **fields,
        },
    )


EVERY = [observation(), order(), vaccine(), allergy(), procedure(), condition(), encounter()]


@pytest.fixture
def importing() -> Import:
    return Import()


async def taken(importing: Import, tmp_path: Path, *resources: Json) -> Any:
    return await importing.run(ndjson(tmp_path / "a.ndjson", [*resources, *hospital()]))


async def test_a_whole_chart_is_taken_in_the_order_of_need(
    importing: Import, tmp_path: Path
) -> None:
    report = await taken(importing, tmp_path, *EVERY)
    charts, patient_id = importing.charts, importing.people.id_of("p1")

    assert (importing.remarks, report.of(Outcome.REFUSED)) == ([], 0)
    problem = charts.named("Condition", "c1")
    assert problem.patient_id == patient_id
    assert problem.encounter_id == charts.id_of("Encounter", "e1")
    assert problem.recorder_id == importing.people.id_of("d1")
    assert (problem.severity, problem.onset_on, problem.onset_text) == ("mild", None, "2012-05")
    assert problem.recorded_at == datetime(2026, 5, 31, 17, tzinfo=UTC)
    assert problem.code.coding.code == "I10"
    visit = charts.named("Encounter", "e1")
    assert visit.participants[0].practitioner_id == importing.people.id_of("d1")
    weight = charts.named("Observation", "o1").quantity
    assert (str(weight.value), weight.unit) == ("76.6", "kg")
    assert charts.named("AllergyIntolerance", "y1").reactions[0].manifestation == "Hives"


async def test_a_second_run_changes_nothing(importing: Import, tmp_path: Path) -> None:
    await taken(importing, tmp_path, *EVERY)
    report = await taken(importing, tmp_path, *EVERY)

    assert report.of(Outcome.CREATED) == report.of(Outcome.UPDATED) == 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "active"),
        ({"status": "stopped"}, "stopped"),
        ({"status": "cancelled"}, "not-taken"),
        ({"authoredOn": "2020-01-01"}, "active"),
        (
            {
                "authoredOn": "2020-01-01",
                "dispenseRequest": {"expectedSupplyDuration": {"value": 30, "code": "d"}},
            },
            "completed",
        ),
        (
            {"dispenseRequest": {"expectedSupplyDuration": {"value": 9e30, "code": "d"}}},
            "active",
        ),
    ],
)
async def test_an_order_is_something_that_the_patient_takes(
    importing: Import, tmp_path: Path, changes: Json, status: str
) -> None:
    await taken(importing, tmp_path, order(**changes))

    taking = importing.charts.named("MedicationStatement", "m1")
    assert taking.status == status
    assert (taking.information_source, taking.dosage.frequency) == ("practitioner", 1)


async def test_only_the_latest_order_of_a_drug_is_still_taken(
    importing: Import, tmp_path: Path
) -> None:
    orders = [
        order("late", authoredOn="2026-06-20"),
        order("early"),
        order("other", drug="6809"),
        order("theirs", subject={"reference": "Patient/p2"}),
    ]
    await taken(importing, tmp_path, *orders)

    statuses = {
        name: importing.charts.named("MedicationStatement", name).status
        for name in ("late", "early", "other")
    }
    assert statuses == {"late": "active", "early": "completed", "other": "active"}


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (condition(subject={"reference": "Patient/p9"}), "subject: its Patient is neither"),
        (condition(code={}), "code: says nothing"),
        (condition(recordedDate=None), "no date says when it was written down"),
        (condition(identifier=None), "no identifier with system and value"),
        (
            condition(
                verificationStatus=concept(f"{HL7}/condition-ver-status", "entered-in-error")
            ),
            "verificationStatus: entered in error",
        ),
        (condition(code={"text": "refused"}), "invalid: Invalid request (/code unknown_code)"),
        (encounter(status="entered-in-error"), "status: entered in error"),
        (encounter("e2", **{"class": None}), "encounter_class: Field required"),
        (order(intent="proposal"), "intent: no order"),
        (order(status="draft"), "status: a draft"),
        (observation(valueQuantity={"value": 4}), "value: neither a quantity"),
        (
            observation(
                code=concept(vocabulary.LOINC, "8310-5"),
                valueQuantity={"value": 370, "code": "Cel"},
            ),
            "value: out_of_range",
        ),
        (observation(category=[]), "category: neither vital-signs"),
        (observation(valueQuantity={"value": "x", "code": "kg"}), "quantity.value: Input should"),
    ],
)
async def test_what_is_refused_says_why_and_quotes_nothing(
    importing: Import, tmp_path: Path, resource: Json, reason: str
) -> None:
    report = await taken(importing, tmp_path, resource, procedure())

    refused = [remark for remark in importing.remarks if remark.refused]
    assert [remark.reason[: len(reason)] for remark in refused] == [reason]
    assert "secret" not in str(refused[0])
    assert report.counts["Procedure", Outcome.CREATED] == 1


async def test_one_bad_entry_costs_only_itself(importing: Import, tmp_path: Path) -> None:
    many = [condition(f"c{number}") for number in range(250)]
    many[137] = condition("bad", code={"text": "refused"})
    report = await taken(importing, tmp_path, encounter(), *many)

    assert report.counts["Condition", Outcome.CREATED] == 249
    assert [remark.resource for remark in importing.remarks] == ["Condition/bad"]
    assert len(importing.charts.batches) < 25


async def test_what_leads_nowhere_is_said(importing: Import, tmp_path: Path) -> None:
    snomed = concept("http://snomed.info/sct", "1")
    stranger = {"reference": "Practitioner/nobody"}
    await taken(importing, tmp_path, condition(code=snomed, recorder=stranger))

    problem = importing.charts.named("Condition", "c1")
    assert (problem.code.coding, problem.code.text) == (None, "words")
    assert [remark.reason.split(":")[0] for remark in importing.remarks] == [
        "taken without encounter", "taken without staff", "taken without code",
    ]  # fmt: skip
    assert not any(remark.refused for remark in importing.remarks)


async def test_days_in_words_and_numbers(importing: Import, tmp_path: Path) -> None:
    aged = condition(onsetDateTime=None, onsetAge={"value": 40, "unit": "years"})
    await taken(importing, tmp_path, encounter(), aged, vaccine(status="not-done"))

    assert importing.charts.named("Condition", "c1").onset_text == "40 years"
    refused = importing.charts.named("Immunization", "v1")
    assert (refused.status_reason, refused.dose_unit) == ("not said", "mL")
    assert refused.occurred_at == datetime(2019, 12, 31, 17, tzinfo=UTC)


async def test_a_patient_of_an_earlier_import(importing: Import, tmp_path: Path) -> None:
    await taken(importing, tmp_path)
    subject = {"reference": f"Patient?identifier={SYSTEM}|p1"}
    path = ndjson(tmp_path / "b.ndjson", [procedure(subject=subject, performer=[])])
    await importing.run(path)

    done = importing.charts.named("Procedure", "x1")
    assert done.patient_id == importing.people.id_of("p1")
    assert done.performed_from.date() == date(2026, 5, 31)
