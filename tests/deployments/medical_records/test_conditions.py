"""Problems and diagnoses: what is consistent, and what can become of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from deployments.medical_records import entry_rules
from deployments.medical_records.condition_schemas import Abatement, ConditionQuery, Return
from deployments.medical_records.errors import EntryInconsistent, MoveNotAllowed, UnknownCode
from storage.medical_records.chart_tables import Diagnosis
from tests.factories import chart
from tests.factories.medical_records import NOW

YESTERDAY = NOW.date() - timedelta(days=1)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, None),
        ({"clinical_status": None}, "/clinical_status"),
        ({"abated_on": YESTERDAY}, "/clinical_status"),
        ({"abatement_text": "as a child"}, "/clinical_status"),
        ({"abated_on": YESTERDAY, "clinical_status": "remission"}, None),
        ({"verification_status": "refuted"}, "/clinical_status"),
        ({"verification_status": "refuted", "clinical_status": "inactive"}, None),
        ({"code": chart.words("sugar")}, "/code/coding"),
        ({"category": "encounter-diagnosis"}, "/encounter_id"),
        ({"onset_on": date(2027, 1, 1)}, "/onset_on"),
        (
            {"clinical_status": "resolved", "onset_on": NOW.date(), "abated_on": YESTERDAY},
            "/abated_on",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(values, wrong):
    request = chart.condition(**values)
    if wrong is None:
        entry_rules.check_condition(request, NOW)
        return
    with pytest.raises(EntryInconsistent) as refused:
        entry_rules.check_condition(request, NOW)
    assert [error.pointer for error in refused.value.errors] == [wrong]


@pytest.mark.parametrize(
    ("now", "future"),
    [
        (datetime(2026, 11, 23, 9, 59, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), date(2026, 11, 25)),
    ],
)
def test_a_day_is_in_the_future_when_it_is_nowhere_yet(now, future):
    assert entry_rules.day_errors(now, onset_on=future)
    assert not entry_rules.day_errors(now, onset_on=future - timedelta(days=1))


@pytest.mark.parametrize(
    "values",
    [
        {"clinical_status": None},
        {"abated_on": YESTERDAY},
        {"verification_status": "entered-in-error"},
        {"verification_status": "refuted"},
        {"rank": 0},
        {"severity": "terrible"},
        {"code": "E11.9"},
        {"voided_at": NOW},
    ],
)
def test_the_database_refuses_it_too(medical_records_database, world, values):
    row = {
        "id": world.patient_id,
        "patient_id": world.patient_id,
        "version": 1,
        "recorded_at": NOW,
        "updated_at": NOW,
        "category": "problem-list-item",
        "clinical_status": "active",
        "verification_status": "confirmed",
        "code_text": "Diabetes",
    }
    with pytest.raises(IntegrityError), medical_records_database.engine.begin() as connection:
        connection.execute(insert(Diagnosis).values(**(row | values)))


async def test_the_words_of_a_code_are_the_terminologys(world, service):
    request = chart.condition(code=chart.icd10("E11.9"))
    made = await service.conditions.record(world.doctor, world.patient_id, request)
    assert "diabetes" in made.code.text.lower()
    assert made.code.coding.display == made.code.text
    request = chart.condition(code=chart.icd10("E11.9", "Sugar"))
    made = await service.conditions.record(world.doctor, world.patient_id, request)
    assert (made.code.text, made.code.coding.display) != ("Sugar", "Sugar")
    assert made.code.text == "Sugar"


@pytest.mark.parametrize(
    ("code", "pointer"),
    [
        (chart.icd10("E99.99"), "/code/coding/code"),
        (chart.rxnorm("11289"), "/code/coding/system"),
    ],
)
async def test_codes_that_do_not_exist_are_refused(world, service, code, pointer):
    with pytest.raises(UnknownCode) as refused:
        await service.conditions.record(world.doctor, world.patient_id, chart.condition(code=code))
    assert [error.pointer for error in refused.value.errors] == [pointer]


async def test_a_suspicion_is_confirmed_resolved_and_returns(world, service):
    conditions, doctor, patient_id = service.conditions, world.doctor, world.patient_id
    request = chart.condition(verification_status="provisional", onset_on=YESTERDAY)
    one = await conditions.record(doctor, patient_id, request)
    one = await conditions.confirm(doctor, patient_id, one.id)
    assert one.verification_status == "confirmed"
    with pytest.raises(MoveNotAllowed):
        await conditions.confirm(doctor, patient_id, one.id)
    one = await conditions.resolve(doctor, patient_id, one.id, Abatement(abated_on=NOW.date()))
    assert (one.clinical_status, one.abated_on) == ("resolved", NOW.date())
    with pytest.raises(MoveNotAllowed):
        await conditions.resolve(doctor, patient_id, one.id, Abatement())
    one = await conditions.recur(doctor, patient_id, one.id, Return(clinical_status="relapse"))
    assert (one.clinical_status, one.abated_on, one.version) == ("relapse", None, 4)
    early = Abatement(abated_on=YESTERDAY - timedelta(days=1))
    with pytest.raises(EntryInconsistent):
        await conditions.resolve(doctor, patient_id, one.id, early)


async def test_what_is_refuted_is_not_active_and_stays_so(world, service):
    conditions, doctor, patient_id = service.conditions, world.doctor, world.patient_id
    one = await conditions.record(doctor, patient_id, chart.condition())
    one = await conditions.refute(doctor, patient_id, one.id)
    assert (one.verification_status, one.clinical_status) == ("refuted", "inactive")
    for again in (
        conditions.refute(doctor, patient_id, one.id),
        conditions.confirm(doctor, patient_id, one.id),
        conditions.recur(doctor, patient_id, one.id, Return()),
        conditions.resolve(doctor, patient_id, one.id, Abatement()),
    ):
        with pytest.raises(MoveNotAllowed):
            await again


async def test_problems_are_listed_by_status(world, service):
    conditions, doctor, patient_id = service.conditions, world.doctor, world.patient_id
    active = await conditions.record(doctor, patient_id, chart.condition())
    over = await conditions.record(doctor, patient_id, chart.condition())
    over = await conditions.resolve(doctor, patient_id, over.id, Abatement())
    for statuses, expected in (
        ([], [over, active]),
        (["active"], [active]),
        (["resolved", "remission"], [over]),
    ):
        query = ConditionQuery(clinical_status=statuses)
        assert (await conditions.list_page(doctor, patient_id, query)).items == expected
