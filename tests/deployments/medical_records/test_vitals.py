"""Vital signs: what is possible, rounds, amendments, the latest of each."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from deployments.access import Principal
from deployments.errors import Forbidden
from deployments.medical_records.entry_schemas import Code, Coding, Identifier, Voiding
from deployments.medical_records.errors import (
    ChangedMeanwhile,
    EncounterRefused,
    EntryVoided,
    MeasurementRefused,
    RecordNotFound,
)
from deployments.medical_records.vital_schemas import (
    Amendment,
    Component,
    ImportedObservation,
    MeasurementRequest,
    Quantity,
    RoundRequest,
    VitalQuery,
)
from deployments.medical_records.vital_signs import (
    BLOOD_PRESSURE,
    BODY_MASS_INDEX,
    DIASTOLIC,
    HEIGHT,
    SIGNS,
    SYSTOLIC,
    WEIGHT,
)
from tests.factories import medical_records as factory

TEMPERATURE = "8310-5"


def quantity(value, unit):
    return {"value": str(value), "unit": unit}


def one(code, value, unit, **values):
    return {"code": code, "quantity": quantity(value, unit), **values}


def pressure(systolic, diastolic, unit="mm[Hg]"):
    parts = ((SYSTOLIC, systolic), (DIASTOLIC, diastolic))
    components = [{"code": code, "quantity": quantity(value, unit)} for code, value in parts]
    return {"code": BLOOD_PRESSURE, "components": components}


async def record(world, body, who=None, patient_id=None):
    request = MeasurementRequest.model_validate(body)
    return await world.service.vitals.record(
        who or world.nurse, patient_id or world.patient_id, request
    )


async def record_round(world, *bodies, **values):
    request = RoundRequest.model_validate({"measurements": bodies, **values})
    return await world.service.vitals.record_round(world.nurse, world.patient_id, request)


async def latest(world, *codes):
    found = await world.service.vitals.get_latest(world.patient, world.patient_id, codes)
    return {each.code.coding.code: each for each in found.items}


async def test_a_measurement_is_kept_in_our_unit_and_as_it_was_given(world, audited):
    found = await record(world, one(TEMPERATURE, "102.6", "[degF]"))
    assert found.quantity == Quantity(value=Decimal("39.2"), unit="Cel")
    assert found.given == Quantity(value=Decimal("102.6"), unit="[degF]")
    assert (found.status, found.category) == ("final", "vital-signs")
    assert (found.code.text, found.display_vi) == ("Body temperature", "Thân nhiệt")
    assert (found.recorder_id, found.version) == (world.nurse.user_id, 1)
    assert audited()[-1][:3] == ("medical_records.record", "Observation", "success")
    same = await record(world, one(TEMPERATURE, "36.85", "Cel"))
    assert (str(same.quantity.value), same.given) == ("36.85", None)


@pytest.mark.parametrize(
    ("body", "pointer", "code", "says"),
    [
        (one(TEMPERATURE, 370, "Cel"), "/quantity/value", "out_of_range", "13 to 47 Cel"),
        (one(TEMPERATURE, 37, "[degF]"), "/quantity/value", "out_of_range", "13 to 47 Cel"),
        (one(TEMPERATURE, 37, "kg"), "/quantity/unit", "unit_not_accepted", "[degF]"),
        (one(TEMPERATURE, 37, "10*9999999999"), "/quantity/unit", "unit_not_accepted", "Cel"),
        (one("2708-6", 101, "%"), "/quantity/value", "out_of_range", "0 to 100 %"),
        (one("9269-2", 2, "{score}"), "/quantity/value", "out_of_range", "3 to 15"),
        (one("1-8", 5, "kg"), "/code", "unknown_code", "no vital sign"),
        (one(BLOOD_PRESSURE, 5, "kg"), "", "wrong_result", "components"),
        ({"code": TEMPERATURE, "answer": {"text": "warm"}}, "", "wrong_result", "quantity"),
        (
            pressure(80, 120),
            "/components/1/quantity/value",
            "not_below_systolic",
            "below systolic",
        ),
        (pressure(120, 80, "Cel"), "/components/0/quantity/unit", "unit_not_accepted", "kPa"),
        (
            {**pressure(120, 80), "components": pressure(120, 80)["components"][:1]},
            "/components",
            "wrong_components",
            DIASTOLIC,
        ),
    ],
)
async def test_what_no_body_can_show_is_refused_with_what_is_allowed(
    world, body, pointer, code, says
):
    with pytest.raises(MeasurementRefused) as refused:
        await record(world, body)
    first = refused.value.errors[0]
    assert (first.pointer, first.code) == (pointer, code)
    assert says in first.message


async def test_pressure_in_kilopascal_is_millimetres_of_mercury(world):
    found = await record(world, pressure(16, "10.7", "kPa"))
    values = {part.code: part.quantity for part in found.components}
    assert values[SYSTOLIC] == Quantity(value=Decimal(120), unit="mm[Hg]")
    assert found.components[1].given == Quantity(value=Decimal("10.7"), unit="kPa")
    assert found.quantity is None


async def test_nothing_is_measured_in_the_future(world, clock):
    ahead = clock() + timedelta(minutes=6)
    with pytest.raises(MeasurementRefused) as refused:
        await record(world, one(TEMPERATURE, 37, "Cel", effective_at=ahead))
    assert refused.value.errors[0].pointer == "/effective_at"


@pytest.mark.parametrize(("kilograms", "passes"), [("12", True), ("45", False)])
async def test_what_is_unlikely_for_a_child_needs_a_second_look(world, kilograms, passes):
    child = world.users.add_patient(birth_date=date(2024, 11, 1), gender="male")
    with world.service.desk.database.engine.begin() as connection:
        factory.relate(connection, child, world.nurse)
    body = one(WEIGHT, kilograms, "kg")
    if not passes:
        with pytest.raises(MeasurementRefused) as refused:
            await record(world, body, patient_id=child.user_id)
        assert refused.value.errors[0].code == "unlikely_for_age"
        body["confirmed"] = True
    found = await record(world, body, patient_id=child.user_id)
    assert found.quantity.value == Decimal(kilograms)


async def test_a_round_is_one_transaction_and_adds_the_body_mass_index(world, rows):
    found = await record_round(
        world, one(WEIGHT, 180, "[lb_av]"), one(HEIGHT, 72, "[in_i]"), pressure(120, 80)
    )
    by_code = {each.code.coding.code: each for each in found.observations}
    index = by_code[BODY_MASS_INDEX]
    assert index.derived
    assert index.quantity == Quantity(value=Decimal("24.4"), unit="kg/m2")
    assert {each.round_id for each in found.observations} == {found.id}
    with pytest.raises(MeasurementRefused) as refused:
        await record_round(world, one(TEMPERATURE, 37, "Cel"), one("8867-4", 900, "/min"))
    assert refused.value.errors[0].pointer == "/measurements/1/quantity/value"
    with pytest.raises(MeasurementRefused):
        await record_round(world, one(WEIGHT, 60, "kg"), one(WEIGHT, 61, "kg"))
    assert rows("SELECT count(*) FROM observations")[0][0] == 4


async def test_what_was_computed_follows_what_it_was_computed_from(world):
    found = await record_round(world, one(WEIGHT, 60, "kg"), one(HEIGHT, 160, "cm"))
    weight, _height, index = found.observations
    amended = await world.service.vitals.amend(
        world.nurse,
        world.patient_id,
        weight.id,
        Amendment.model_validate(one(WEIGHT, 66, "kg")),
        expected=1,
    )
    assert (amended.status, amended.version) == ("amended", 2)
    assert (await latest(world))[BODY_MASS_INDEX].quantity.value == Decimal("25.8")
    chart = world.service.vitals.chart
    before = await chart.get_version(world.patient, world.patient_id, index.id, 1)
    assert before.quantity.value == Decimal("23.4")
    await world.service.vitals.void(
        world.nurse, world.patient_id, weight.id, Voiding(reason="another patient")
    )
    assert set(await latest(world)) == {HEIGHT}
    gone = await chart.get(world.patient, world.patient_id, index.id)
    assert (gone.status, gone.version) == ("entered-in-error", 3)
    with pytest.raises(EntryVoided):
        await world.service.vitals.void(
            world.nurse, world.patient_id, index.id, Voiding(reason="again")
        )


async def test_amendments_keep_code_and_version(world):
    found = await record(world, one(TEMPERATURE, 37, "Cel"))
    amend, place = world.service.vitals.amend, (world.nurse, world.patient_id, found.id)
    with pytest.raises(MeasurementRefused):
        await amend(*place, Amendment.model_validate(one(WEIGHT, 60, "kg")))
    with pytest.raises(ChangedMeanwhile):
        await amend(*place, Amendment.model_validate(one(TEMPERATURE, 38, "Cel")), 2)


async def test_the_latest_of_each_and_a_page_by_time(world, clock):
    for days, value in ((3, 36), (2, 38), (1, 37)):
        at = clock() - timedelta(days=days)
        await record(world, one(TEMPERATURE, value, "Cel", effective_at=at))
    await record(world, one("8867-4", 72, "/min"))
    assert (await latest(world, TEMPERATURE))[TEMPERATURE].quantity.value == 37
    assert set(await latest(world)) == {TEMPERATURE, "8867-4"}
    query = VitalQuery(code=[TEMPERATURE], since=clock() - timedelta(days=2), limit=1)
    vitals = world.service.vitals
    first = await vitals.list_page(world.doctor, world.patient_id, query)
    assert [each.quantity.value for each in first.items] == [37]
    rest = query.model_copy(update={"cursor": first.next_cursor})
    second = await vitals.list_page(world.doctor, world.patient_id, rest)
    assert [each.quantity.value for each in second.items] == [38]
    assert second.next_cursor is None


async def test_only_who_treats_writes_and_only_into_the_patients_encounters(world):
    for who in (world.stranger, world.patient, world.other_patient):
        with pytest.raises((RecordNotFound, Forbidden)):
            await record(world, one(TEMPERATURE, 37, "Cel"), who)
    with pytest.raises(RecordNotFound):
        await latest_of(world, world.other_patient)
    with pytest.raises(EncounterRefused):
        await record(world, one(TEMPERATURE, 37, "Cel", encounter_id=str(uuid4())))


async def latest_of(world, who):
    return await world.service.vitals.get_latest(who, world.patient_id)


def imported(world, key, loinc, value, unit, **values):
    return ImportedObservation(
        identifier=Identifier(system="urn:test", value=key),
        patient_id=world.patient_id,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        effective_at=datetime(2026, 1, 1, tzinfo=UTC),
        code=Code(text=loinc, coding=Coding(system="http://loinc.org", code=loinc)),
        quantity=Quantity(value=Decimal(value), unit=unit),
        **values,
    )


async def test_an_import_converts_what_it_understands_and_never_guesses(world):
    batch = [
        imported(world, "1", WEIGHT, "180", "[lb_av]"),
        imported(world, "2", HEIGHT, "3", "furlong"),
        imported(world, "3", "62238-1", "54", "mL/min/1.73m2", category="laboratory"),
        imported(world, "4", "2160-0", "1.1", "mg/dL", category="laboratory"),
    ]
    take = world.service.observation_imports.import_observations
    importer = Principal.for_service("importer")
    first = await take(importer, batch)
    assert [each.outcome for each in first.receipts] == ["created"] * 4
    again = await take(importer, batch)
    assert [each.outcome for each in again.receipts] == ["unchanged"] * 4
    found = await latest(world, WEIGHT, HEIGHT, "62238-1", "2160-0")
    assert found[WEIGHT].quantity == Quantity(value=Decimal("81.647"), unit="kg")
    assert (found[HEIGHT].quantity, found[HEIGHT].given.unit) == (None, "furlong")
    assert found["62238-1"].quantity.unit == "mL/min/{1.73_m2}"
    assert found["2160-0"].category == "laboratory"
    with pytest.raises(Forbidden):
        await take(world.doctor, batch)


async def test_a_panel_in_a_strange_unit_is_kept_and_not_read(world):
    part = Component(code=SYSTOLIC, quantity=Quantity(value=Decimal(4), unit="furlong"))
    one = imported(world, "5", BLOOD_PRESSURE, "1", "kg").model_copy(
        update={"quantity": None, "components": [part]}
    )
    importer = Principal.for_service("importer")
    await world.service.observation_imports.import_observations(importer, [one])
    (kept,) = (await latest(world, BLOOD_PRESSURE))[BLOOD_PRESSURE].components
    assert (kept.quantity, kept.given.unit) == (None, "furlong")


def test_signs_are_told_with_what_is_accepted(world):
    shown = {each.code: each for each in world.service.vitals.list_signs().items}
    assert shown.keys() == SIGNS.keys()
    assert shown[TEMPERATURE].units == ["Cel", "K", "[degF]"]
    assert shown[BLOOD_PRESSURE].components == [SYSTOLIC, DIASTOLIC]
