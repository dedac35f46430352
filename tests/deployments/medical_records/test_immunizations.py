"""Immunizations: what can have happened, corrections, imports."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from deployments.access import Principal
from deployments.medical_records.entry_schemas import (
    Code,
    Coding,
    EntryQuery,
    Identifier,
    Voiding,
)
from deployments.medical_records.errors import (
    ChangedMeanwhile,
    ImmunizationRefused,
    RecordNotFound,
    UnknownCode,
)
from deployments.medical_records.immunization_schemas import (
    ImmunizationRequest,
    ImportedImmunization,
)
from deployments.medical_records.immunizations import check

CVX = "http://hl7.org/fhir/sid/cvx"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def request(**values):
    said = {"code": {"coding": {"system": CVX, "code": "150"}}, "occurred_at": NOW, **values}
    return ImmunizationRequest.model_validate(said)


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"occurred_at": NOW + timedelta(hours=1)}, "/occurred_at", "in_future"),
        ({"expires_on": date(2026, 11, 21)}, "/expires_on", "expired"),
        ({"status": "not-done"}, "/status_reason", "required"),
        ({"status_reason": "patient objected"}, "/status_reason", "not_allowed"),
        ({"dose_quantity": "0.5"}, "/dose_unit", "required"),
        ({"dose_number": 3, "series_doses": 2}, "/series_doses", "too_few"),
    ],
)
def test_what_cannot_have_happened_is_refused(values, pointer, code):
    with pytest.raises(ImmunizationRefused) as refused:
        check(request(**values), NOW)
    assert [(each.pointer, each.code) for each in refused.value.errors] == [(pointer, code)]


@pytest.mark.parametrize(
    "values",
    [
        {"expires_on": date(2026, 11, 23)},
        {"status": "not-done", "status_reason": "fever", "expires_on": date(2020, 1, 1)},
        {"dose_quantity": "0.5", "dose_unit": "mL", "dose_number": 2, "series_doses": 2},
    ],
)
def test_the_rest_may_be(values):
    check(request(**values), NOW)


async def test_a_vaccine_is_written_corrected_and_voided(world):
    immunizations, place = world.service.immunizations, (world.nurse, world.patient_id)
    given = request(lot_number="L976", dose_quantity="0.5", dose_unit="mL", dose_number=1)
    found = await immunizations.record(*place, given)
    assert found.code.coding.display.lower().startswith("influenza")
    assert (found.status, found.lot_number, found.primary_source) == ("completed", "L976", True)
    corrected = await immunizations.correct(*place, found.id, request(lot_number="L977"), 1)
    assert (corrected.lot_number, corrected.dose_quantity, corrected.version) == ("L977", None, 2)
    with pytest.raises(ChangedMeanwhile):
        await immunizations.correct(*place, found.id, given, 1)
    chart = immunizations.chart
    before = await chart.get_version(world.patient, world.patient_id, found.id, 1)
    assert before.lot_number == "L976"
    await chart.void(*place, found.id, Voiding(reason="another patient"))
    page = await chart.list_page(world.patient, world.patient_id, EntryQuery())
    assert page.items == []
    unknown = {"coding": {"system": CVX, "code": "99999"}}
    with pytest.raises(UnknownCode):
        await immunizations.record(*place, request(code=unknown))
    with pytest.raises(RecordNotFound):
        await immunizations.record(world.stranger, world.patient_id, given)


async def test_an_import_is_idempotent(world):
    one = ImportedImmunization(
        identifier=Identifier(system="urn:test", value="1"),
        patient_id=world.patient_id,
        recorded_at=NOW,
        occurred_at=NOW - timedelta(days=900),
        code=Code(text="Influenza", coding=Coding(system=CVX, code="150")),
        primary_source=False,
        encounter_id=uuid4(),
    )
    take = world.service.observation_imports.import_immunizations
    importer = Principal.for_service("importer")
    outcomes = [(await take(importer, [one])).receipts[0].outcome for _ in range(2)]
    assert outcomes == ["created", "unchanged"]
    page = await world.service.immunizations.chart.list_page(
        world.patient, world.patient_id, EntryQuery()
    )
    assert [each.primary_source for each in page.items] == [False]
