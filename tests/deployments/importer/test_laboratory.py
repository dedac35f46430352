"""Laboratory resources in the words of the laboratory, and where each value goes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deployments.importer import vocabulary
from deployments.importer.report import Outcome, Report
from deployments.laboratory.import_schemas import UNKNOWN_CODE
from tests.factories.importer import SYSTEM, Import, Json, hospital, identified, ndjson

HL7 = "http://terminology.hl7.org/CodeSystem"
SUBJECT = {"subject": {"reference": "Patient/p1"}}
ORDER = {"reference": "ServiceRequest/q1"}
TUBE = {"reference": "Specimen/t1"}
DOCTOR = {"reference": "Practitioner/d1"}


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def request(key: str = "q1", **fields: Any) -> Json:
    return identified(
        "ServiceRequest",
        key,
        **{
            **SUBJECT,
            "status": "completed",
            "intent": "order",
            "priority": "urgent",
            "code": concept(vocabulary.LOINC, "24362-6"),
            "authoredOn": "2026-06-01T08:00:00+07:00",
            "requester": DOCTOR,
            "reasonCode": [concept(vocabulary.ICD_10_CM, "N18.9")],
            "requisition": {"system": SYSTEM, "value": "xn-1"},
            **fields,
        },
    )


def specimen(key: str = "t1", **fields: Any) -> Json:
    return identified(
        "Specimen",
        key,
        **{
            **SUBJECT,
            "status": "available",
            "type": concept(vocabulary.HL7_SPECIMEN_TYPE, "SER"),
            "request": [ORDER],
            "receivedTime": "2026-06-01T09:00:00+07:00",
            "collection": {
                "collectedDateTime": "2026-06-01T08:30:00+07:00",
                "quantity": {"value": 3.5, "code": "mL"},
                "fastingStatusCodeableConcept": concept(vocabulary.HL7_FASTING, "F"),
            },
            "condition": [concept(vocabulary.HL7_SPECIMEN_CONDITION, "HEM")],
            **fields,
        },
    )


def value(key: str = "v1", loinc: str = "2823-3", **fields: Any) -> Json:
    quantity = {"value": 5.6, "unit": "mmol/L", "code": "mmol/L"}
    high = {"low": {"value": 3.5, "code": "mmol/L"}, "high": {"value": 5.1, "code": "mmol/L"}}
    return identified(
        "Observation",
        key,
        **{
            **SUBJECT,
            "basedOn": [ORDER],
            "specimen": TUBE,
            "status": "final",
            "category": [concept(f"{HL7}/observation-category", "laboratory")],
            "code": concept(vocabulary.LOINC, loinc),
            "effectiveDateTime": "2026-06-01T08:30:00+07:00",
            "issued": "2026-06-01T11:00:00+07:00",
            "performer": [DOCTOR],
            "valueQuantity": quantity,
            "interpretation": [concept(vocabulary.HL7_INTERPRETATION, "H")],
            "referenceRange": [high],
            "device": {"display": "CHEM-1"},
            **fields,
        },
    )


def report(key: str = "r1", **fields: Any) -> Json:
    return identified(
        "DiagnosticReport",
        key,
        **{
            **SUBJECT,
            "basedOn": [ORDER],
            "status": "final",
            "code": {"text": "Laboratory report"},
            "issued": "2026-06-01T11:30:00+07:00",
            "result": [{"reference": "Observation/v1"}],
            "specimen": [TUBE],
            **fields,
        },
    )


@pytest.fixture
def importing() -> Import:
    return Import()


async def load(importing: Import, path: Path, *resources: Json) -> Report:
    return await importing.run(ndjson(path / "a.ndjson", [*resources, *hospital()]))


async def test_all_of_it_in_any_order(importing: Import, tmp_path: Path) -> None:
    done = await load(importing, tmp_path, report(), value(), specimen(), request())

    assert importing.remarks == []
    kinds = ("ServiceRequest", "Specimen", "Observation", "DiagnosticReport")
    assert [done.counts[kind, Outcome.CREATED] for kind in kinds] == [1, 1, 1, 1]
    lab, doctor = importing.laboratory, importing.people.id_of("d1")
    order = lab.named("ServiceRequest", "q1")
    assert (order.practitioner_id, order.priority, order.reason) == (doctor, "urgent", "N18.9")
    assert (order.requisition.value, order.codes) == ("xn-1", ["24362-6"])
    assert (order.patient_sex, order.patient_birth_date) == ("female", date(1980, 5, 17))
    tube = lab.named("Specimen", "t1")
    assert (tube.type, tube.status, tube.volume_ul) == ("serum", "accepted", 3500)
    assert (tube.fasting, tube.condition) == (True, ["haemolysed"])
    found = lab.named("Observation", "v1")
    assert (found.value, found.unit, found.flag) == ("5.6", "mmol/L", "H")
    assert (found.normal_low, found.normal_high) == (Decimal("3.5"), Decimal("5.1"))
    assert found.order_id == lab.id_of("ServiceRequest", "q1")
    assert found.specimen_id == lab.id_of("Specimen", "t1")
    assert (found.performer_id, found.instrument) == (doctor, "CHEM-1")
    issued = lab.named("DiagnosticReport", "r1")
    assert issued.issued_at == datetime(2026, 6, 1, 4, 30, tzinfo=UTC)


async def test_twice_changes_nothing_and_a_later_run_finds_what_was_taken(
    importing: Import, tmp_path: Path
) -> None:
    first = await load(importing, tmp_path, report(), value(), specimen(), request())
    again = await load(importing, tmp_path, report(), value(), specimen(), request())
    assert (first.of(Outcome.CREATED), again.of(Outcome.CREATED)) == (8, 0)
    assert again.of(Outcome.REFUSED) == 0

    named = {"type": "ServiceRequest", "identifier": {"system": SYSTEM, "value": "q1"}}
    later = value("v2", basedOn=[named], specimen=None)
    done = await importing.run(ndjson(tmp_path / "b.ndjson", [later, *hospital()]))
    assert importing.remarks == []
    assert done.counts["Observation", Outcome.CREATED] == 1
    order_id = importing.laboratory.id_of("ServiceRequest", "q1")
    assert importing.laboratory.named("Observation", "v2").order_id == order_id


async def test_what_names_no_order_has_that_of_its_report(
    importing: Import, tmp_path: Path
) -> None:
    lonely = (value(basedOn=None), specimen(request=None), report(), request())
    await load(importing, tmp_path, *lonely)
    assert importing.remarks == []
    order_id = importing.laboratory.id_of("ServiceRequest", "q1")
    for kind, key in (("Observation", "v1"), ("Specimen", "t1")):
        assert importing.laboratory.named(kind, key).order_id == order_id


async def test_vital_signs_and_values_without_an_order_stand_in_the_chart(
    importing: Import, tmp_path: Path
) -> None:
    vital = value(
        "w", "29463-7", category=[concept(f"{HL7}/observation-category", "vital-signs")],
        valueQuantity={"value": 70, "code": "kg"},
    )  # fmt: skip
    alone = value("b", "883-9", basedOn=None, specimen=None)
    await load(importing, tmp_path, vital, alone)
    assert importing.remarks == []
    assert {key for _, key in importing.charts.entries} == {"w", "b"}
    assert importing.laboratory.resources == {}


async def test_an_unknown_code_is_said_and_kept_in_the_chart(
    importing: Import, tmp_path: Path
) -> None:
    importing.laboratory.refused["1-8"] = UNKNOWN_CODE
    done = await load(importing, tmp_path, value("u", "1-8"), value(), specimen(), request())
    (remark,) = importing.remarks
    assert (remark.resource, remark.refused) == ("Observation/u", False)
    assert UNKNOWN_CODE in remark.reason
    assert set(importing.charts.entries) == {("Observation", "u")}
    assert done.counts["Observation", Outcome.CREATED] == 2


async def test_the_egfr_of_a_safety_check_stands_in_both(importing: Import, tmp_path: Path) -> None:
    rate = {"value": 48, "code": "mL/min/{1.73_m2}"}
    await load(
        importing, tmp_path, value("e", "98979-8", valueQuantity=rate), specimen(), request()
    )
    assert importing.remarks == []
    assert importing.charts.named("Observation", "e").quantity.value == 48
    assert importing.laboratory.named("Observation", "e").value == "48"


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (request(intent="plan"), "intent: a wish, no order"),
        (request(status="draft"), "status: draft, so nobody has ordered it yet"),
        (request(status="entered-in-error"), "status: entered in error"),
        (request(identifier=None), "no identifier with system and value"),
        (request(requester={"reference": "Practitioner/x"}), "requester: its Practitioner"),
        (request(authoredOn=None), "ordered_at: Field required"),
        (request(subject={"reference": "Patient/x"}), "subject: its Patient is neither"),
        (specimen(request=[{"reference": "ServiceRequest/x"}]), "request: its ServiceRequest"),
        (specimen(type={"text": "mystery"}), "type: of no kind that the laboratory knows"),
        (value(basedOn=[{"reference": "ServiceRequest/x"}]), "basedOn: its ServiceRequest"),
        (value(status="registered"), "status: nothing is reported yet"),
        (value(code={"text": "Potassium"}), "code: neither LOINC nor of this hospital"),
        (value(valueQuantity=None), "value: none, or of a kind"),
        (value(effectiveDateTime=None, issued=None), "observed_at: Field required"),
        (report(status="registered"), "status: nothing is issued yet"),
        (report(basedOn=None), "basedOn: its ServiceRequest"),
    ],
)
async def test_each_refusal_says_why(
    importing: Import, tmp_path: Path, resource: Json, reason: str
) -> None:
    around = [one for one in (request(), specimen()) if one["id"] != resource["id"]]
    await load(importing, tmp_path, resource, *around)
    name = f"{resource['resourceType']}/{resource['id']}"
    refused = [one for one in importing.remarks if one.refused and one.resource == name]
    assert [reason in one.reason for one in refused] == [True]


@pytest.mark.parametrize(
    ("given", "said", "unit"),
    [
        ({"valueQuantity": {"value": 0.3, "comparator": "<=", "code": "mg/L"}}, "<0.3", "mg/L"),
        ({"valueCodeableConcept": {"text": "Reactive"}}, "Reactive", None),
        ({"valueCodeableConcept": concept(vocabulary.LABORATORY_TEST, "neg")}, "neg", None),
        ({"valueString": "Escherichia coli"}, "Escherichia coli", None),
        ({"valueInteger": 3}, "3", None),
    ],
)
async def test_values_of_every_kind(
    importing: Import, tmp_path: Path, given: Json, said: str, unit: str | None
) -> None:
    await load(
        importing, tmp_path, value(**{"valueQuantity": None, **given}), specimen(), request()
    )
    found = importing.laboratory.named("Observation", "v1")
    assert (found.value, found.unit) == (said, unit)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "unsatisfactory"}, "rejected"),
        ({"status": "unavailable"}, "disposed"),
        ({"receivedTime": None}, "collected"),
    ],
)
async def test_where_a_specimen_is(
    importing: Import, tmp_path: Path, fields: Json, status: str
) -> None:
    await load(importing, tmp_path, specimen(**fields), request())
    assert importing.laboratory.named("Specimen", "t1").status == status


async def test_limits_in_another_unit_and_unknown_flags_are_left_aside(
    importing: Import, tmp_path: Path
) -> None:
    strange = [{"high": {"value": 20, "code": "mg/dL"}}]
    flags = [concept(vocabulary.HL7_INTERPRETATION, "B")]
    await load(
        importing, tmp_path, value(referenceRange=strange, interpretation=flags),
        specimen(), request(),
    )  # fmt: skip
    found = importing.laboratory.named("Observation", "v1")
    assert (found.normal_low, found.normal_high, found.flag) == (None, None, None)


async def test_parts_that_are_not_kept_are_named(importing: Import, tmp_path: Path) -> None:
    await load(importing, tmp_path, report(conclusion="stable"), value(), specimen(), request())
    (remark,) = importing.remarks
    assert "conclusion: not kept by the laboratory" in remark.reason
    assert "stable" not in remark.reason
