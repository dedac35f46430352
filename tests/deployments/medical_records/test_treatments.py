"""Procedures and plans of care: consistent in themselves, moving as FHIR lets them."""

from datetime import date, timedelta

import pytest

from deployments.medical_records import entry_rules
from deployments.medical_records.care_plan_schemas import Activity, CarePlanRequest, Goal
from deployments.medical_records.entry_schemas import Voiding
from deployments.medical_records.errors import EntryInconsistent, MoveNotAllowed
from deployments.medical_records.procedure_schemas import Moving, ProcedureRequest
from tests.factories import chart
from tests.factories.medical_records import NOW

HOUR = timedelta(hours=1)


def procedure(**values) -> ProcedureRequest:
    return ProcedureRequest(**({"code": chart.words("Wound dressing")} | values))


def plan(**values) -> CarePlanRequest:
    return CarePlanRequest(**({"title": "Diabetes"} | values))


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, None),
        ({"performed_from": NOW - HOUR, "performed_until": NOW}, None),
        ({"performed_from": NOW, "performed_until": NOW - HOUR}, "/performed_until"),
        ({"performed_until": NOW}, "/performed_from"),
        ({"performed_from": NOW + HOUR}, "/performed_from"),
        ({"performed_from": NOW + HOUR, "status": "preparation"}, None),
    ],
)
def test_a_procedure_is_consistent(values, wrong):
    if wrong is None:
        entry_rules.check_procedure(procedure(**values), NOW)
        return
    with pytest.raises(EntryInconsistent) as refused:
        entry_rules.check_procedure(procedure(**values), NOW)
    assert [error.pointer for error in refused.value.errors] == [wrong]


@pytest.mark.parametrize(
    ("moves", "final"),
    [
        (entry_rules.PROCEDURE_MOVES, {"completed", "stopped", "not-done"}),
        (entry_rules.CARE_PLAN_MOVES, {"completed", "revoked"}),
    ],
)
def test_nothing_leaves_a_final_status(moves, final):
    for move in moves:
        for status in final | {"entered-in-error"}:
            with pytest.raises(MoveNotAllowed):
                entry_rules.check_move(moves, move, status)


async def test_a_procedure_begins_rests_and_is_completed(world, service, clock):
    procedures, patient_id = service.procedures, world.patient_id
    one = await procedures.record(world.nurse, patient_id, procedure(status="preparation"))
    began = clock()
    one = await procedures.move(world.nurse, patient_id, one.id, "start", Moving())
    clock.advance(HOUR)
    reason = Moving(reason="patient is tired")
    one = await procedures.move(world.nurse, patient_id, one.id, "hold", reason)
    assert (one.status, one.status_reason) == ("on-hold", "patient is tired")
    one = await procedures.move(world.nurse, patient_id, one.id, "complete", Moving())
    assert (one.status, one.performed_from, one.performed_until) == ("completed", began, clock())
    with pytest.raises(MoveNotAllowed):
        await procedures.move(world.nurse, patient_id, one.id, "stop", Moving())
    voided = await procedures.chart.void(world.nurse, patient_id, one.id, Voiding(reason="x"))
    assert voided.status == "entered-in-error"


async def test_a_procedure_is_revised(world, service):
    one = await service.procedures.record(world.nurse, world.patient_id, procedure())
    request = procedure(outcome="clean", performed_from=NOW)
    two = await service.procedures.revise(world.nurse, world.patient_id, one.id, request, 1)
    assert (two.outcome, two.performed_from, two.version) == ("clean", NOW, 2)


async def test_a_plan_keeps_goals_and_steps(world, service):
    goals = [Goal(description="Sugar", target="HbA1c below 7 %", due_on=date(2027, 3, 1))]
    activities = [Activity(description="Walk", scheduled="daily")]
    request = plan(goals=goals, activities=activities, status="draft")
    one = await service.care_plans.record(world.doctor, world.patient_id, request)
    assert (one.goals, one.activities) == (goals, activities)
    read = service.care_plans.chart
    assert await read.get_version(world.patient, world.patient_id, one.id, 1) == one

    move = service.care_plans.move
    one = await move(world.doctor, world.patient_id, one.id, "activate")
    one = await service.care_plans.revise(
        world.doctor, world.patient_id, one.id, plan(status="draft", title="New")
    )
    assert (one.status, one.title) == ("active", "New")
    one = await move(world.doctor, world.patient_id, one.id, "complete")
    assert one.status == "completed"
    with pytest.raises(MoveNotAllowed):
        await service.care_plans.revise(world.doctor, world.patient_id, one.id, plan())


async def test_a_plan_does_not_end_before_it_begins(world, service):
    request = plan(starts_on=date(2026, 12, 2), ends_on=date(2026, 12, 1))
    with pytest.raises(EntryInconsistent):
        await service.care_plans.record(world.doctor, world.patient_id, request)


async def test_a_correction_moves_no_status(world, service, audited):
    """What was said to be done cannot be made undone by a PUT; the attempt is written down."""
    made = await service.procedures.record(world.doctor, world.patient_id, procedure())
    one = (world.patient_id, made.id)
    with pytest.raises(MoveNotAllowed):
        await service.procedures.revise(world.doctor, *one, procedure(status="preparation"))
    with pytest.raises(MoveNotAllowed):
        await service.procedures.move(world.doctor, *one, "start", Moving())
    corrected = await service.procedures.revise(world.doctor, *one, procedure(note="left"))
    assert (corrected.status, corrected.note) == ("completed", "left")
