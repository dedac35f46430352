"""The gate on real PostgreSQL: who comes in, and what is written down of it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from deployments.access import Permission, Principal
from deployments.errors import Forbidden
from deployments.medical_records.errors import MoveNotAllowed, RecordNotFound
from deployments.schemas import Schema
from tests.factories import medical_records as factory


class Written(Schema):
    id: object
    at: object


async def read(world, who, patient_id=None, **values):
    return await world.service.desk.gate.read(
        who, patient_id or world.patient_id, "Condition", lambda _connection: "data", **values
    )


async def write(world, who, patient_id=None, **values):
    return await world.service.desk.gate.write(
        who,
        patient_id or world.patient_id,
        "Condition",
        "condition-recorded",
        lambda _connection, now: Written(id=uuid4(), at=now),
        Permission.RECORDS_WRITE,
        **values,
    )


async def test_patients_and_those_who_treat_them_read(world, audited):
    assert await read(world, world.patient) == "data"
    assert await read(world, world.doctor) == "data"
    own, treated = audited()
    assert own == ("medical_records.read", "Condition", "success", "own")
    assert treated[2] == "success"
    assert treated[3].startswith("encounter:")


async def test_nobody_else_does_and_it_is_written_down(world, audited, clock, rows):
    gone = world.users.add_staff()
    with world.service.desk.database.engine.begin() as connection:
        factory.relate(connection, world.patient, gone, ends_at=clock())
    others = [world.stranger, world.other_patient, gone, world.officer]
    for who in [*others, Principal.for_service("laboratory")]:
        with pytest.raises(RecordNotFound):
            await read(world, who)
        with pytest.raises((RecordNotFound, Forbidden)):
            await write(world, who)
    with pytest.raises(RecordNotFound):
        await read(world, world.doctor, uuid4())
    assert {row[2] for row in audited()} == {"denied"}
    assert len(audited()) == 11
    assert not rows("SELECT 1 FROM medical_records")


async def test_what_work_does_not_find_is_denied_too(world, audited):
    def nothing(_connection):
        raise RecordNotFound

    with pytest.raises(RecordNotFound):
        await world.service.desk.gate.read(world.doctor, world.patient_id, "Condition", nothing)
    assert [row[2:] for row in audited()] == [("denied", None)]


async def test_what_a_rule_refuses_to_those_let_in_is_a_failure(world, audited):
    """Of reading and of writing; somebody who is not let in is denied, whatever they asked."""

    def refuse(*_about):
        raise MoveNotAllowed

    gate = world.service.desk.gate
    for who, outcome in ((world.doctor, "failure"), (world.stranger, "denied")):
        refused = MoveNotAllowed if who is world.doctor else RecordNotFound
        with pytest.raises(refused):
            await gate.read(who, world.patient_id, "Condition", refuse)
        with pytest.raises(refused):
            await gate.write(
                who, world.patient_id, "Condition", "move", refuse, Permission.RECORDS_WRITE
            )
        assert [row[2] for row in audited()[-2:]] == [outcome] * 2


async def test_the_first_writing_opens_the_record(world, audited, rows):
    first = await write(world, world.doctor)
    await write(world, world.nurse)
    assert [row.opened_by for row in rows("SELECT * FROM medical_records")] == [
        world.doctor.user_id
    ]
    assert rows("SELECT object_id FROM audit_log ORDER BY sequence")[0].object_id == first.id
    assert world.changed == [world.patient_id] * 2


async def test_staff_do_not_write_in_their_own_chart(world):
    self_made = world.doctor.model_copy(update={"user_id": world.patient_id})
    with pytest.raises(RecordNotFound):
        await write(world, self_made)


async def test_a_treatment_begins_without_a_relation(world, audited):
    await write(world, world.stranger, admits=True)
    assert audited()[0][3] == "admission"


async def test_a_relation_holds_from_its_start(world, clock):
    soon = world.users.add_staff()
    with world.service.desk.database.engine.begin() as connection:
        factory.relate(connection, world.patient, soon, starts_at=clock() + timedelta(hours=1))
    with pytest.raises(RecordNotFound):
        await read(world, soon)
    clock.advance(timedelta(hours=1))
    assert await read(world, soon) == "data"
