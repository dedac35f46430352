"""Orders: panels taken apart, tubes counted, tests added, taken back, and who may know."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from deployments.errors import Forbidden
from deployments.laboratory.errors import (
    AlreadyOrdered,
    CannotCheck,
    ChangedMeanwhile,
    MoveNotAllowed,
    NotOrderable,
    OrderNotFound,
    PatientNotFound,
)
from deployments.laboratory.order_schemas import (
    Addition,
    Because,
    LabOrderQuery,
    LabOrderRequest,
    TestCancellation,
    WorklistQuery,
)
from storage.audit import audit_log


def wanted(people, *tests, **values) -> LabOrderRequest:
    return LabOrderRequest(patient_id=people.patient.user_id, tests=list(tests), **values)


async def test_a_panel_becomes_its_tests_in_as_few_tubes_as_fit(service, people) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "LYTES", "CBC", "K"))
    assert {test.code for test in order.tests} >= {"CBC", "NA", "K", "CL"}
    assert len([test for test in order.tests if test.code == "K"]) == 1
    potassium = next(test for test in order.tests if test.code == "K")
    assert potassium.panel == "LYTES"
    assert len({(one.type, one.container) for one in order.specimens}) == len(order.specimens)
    assert all(one.status == "requested" for one in order.specimens)
    assert {test.specimen_id for test in order.tests} == {one.id for one in order.specimens}


async def test_priority_sets_the_clock(service, people, clock) -> None:
    routine = await service.ordering.place(people.doctor, wanted(people, "K"))
    stat = await service.ordering.place(people.doctor, wanted(people, "K", priority="stat"))
    assert stat.tests[0].due_at < routine.tests[0].due_at
    first = (await service.order_reading.worklist(people.technician, WorklistQuery())).items[0]
    assert (first.id, first.overdue) == (stat.tests[0].id, False)
    clock.time = stat.tests[0].due_at + timedelta(seconds=1)
    first = (await service.order_reading.worklist(people.technician, WorklistQuery())).items[0]
    assert first.overdue


async def test_what_is_not_offered_is_named(service, people) -> None:
    with pytest.raises(NotOrderable) as refused:
        await service.ordering.place(people.doctor, wanted(people, "CBC", "NONSENSE"))
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/tests/1", "unknown")]


async def test_only_for_patients_whom_one_treats(service, people, records) -> None:
    with pytest.raises(PatientNotFound):
        await service.ordering.place(people.stranger, wanted(people, "K"))
    for caller in (people.nurse, people.technician, people.patient):
        with pytest.raises(Forbidden):
            await service.ordering.place(caller, wanted(people, "K"))
    records.down = True
    with pytest.raises(CannotCheck):
        await service.ordering.place(people.doctor, wanted(people, "K"))


async def test_strangers_and_nothing_look_alike_and_are_written_down(
    service, people, laboratory_database
) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "K"))
    for caller in (people.doctor, people.nurse, people.technician, people.patient):
        assert (await service.order_reading.get(caller, order.id)).id == order.id
    with pytest.raises(OrderNotFound):
        await service.order_reading.get(people.stranger, order.id)
    with pytest.raises(OrderNotFound):
        await service.order_reading.get(people.stranger, people.stranger.user_id)
    rows = await laboratory_database.read(
        lambda c: c.execute(
            select(audit_log.c.outcome).where(audit_log.c.actor_id == people.stranger.user_id)
        ).all()
    )
    assert [row.outcome for row in rows] == ["denied", "denied"]


async def test_lists_by_patient_by_requester_and_pages(service, people) -> None:
    placed = [await service.ordering.place(people.doctor, wanted(people, "K")) for _ in range(3)]
    mine = LabOrderQuery(limit=2)
    page = await service.order_reading.list_page(people.doctor, mine)
    rest = await service.order_reading.list_page(
        people.doctor, LabOrderQuery(limit=2, cursor=page.next_cursor)
    )
    assert [one.id for one in (*page.items, *rest.items)] == [one.id for one in placed[::-1]]
    own = await service.order_reading.list_page(people.patient, LabOrderQuery())
    assert len(own.items) == 3
    with pytest.raises(PatientNotFound):
        await service.order_reading.list_page(
            people.stranger, LabOrderQuery(patient_id=people.patient.user_id)
        )


async def test_tests_are_taken_back_all_or_none(service, people, accepted) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "K", "CBC"))
    potassium = next(test for test in order.tests if test.code == "K")
    await accepted(order, potassium.specimen_id)
    every = TestCancellation(test_ids=[test.id for test in order.tests], reason="not needed")
    with pytest.raises(MoveNotAllowed, match="in-process"):
        await service.ordering.cancel(people.doctor, order.id, every)
    other = next(test for test in order.tests if test.code == "CBC")
    one = TestCancellation(test_ids=[other.id], reason="not needed")
    left = await service.ordering.cancel(people.doctor, order.id, one)
    assert {test.code: test.status for test in left.tests} == {
        "K": "in-process",
        "CBC": "cancelled",
    }
    tube = next(one for one in left.specimens if one.id == other.specimen_id)
    assert (tube.status, left.status) == ("cancelled", "active")


async def test_a_whole_order_is_revoked_once(service, people) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "K", "CBC"))
    reason = Because(reason="wrong patient")
    with pytest.raises(ChangedMeanwhile):
        await service.ordering.revoke(people.doctor, order.id, reason, 7)
    gone = await service.ordering.revoke(people.doctor, order.id, reason, order.version)
    assert (gone.status, gone.status_reason) == ("revoked", "wrong patient")
    assert {test.status for test in gone.tests} == {"cancelled"}
    with pytest.raises(MoveNotAllowed):
        await service.ordering.revoke(people.doctor, order.id, reason)


async def test_an_order_that_rests_leaves_the_worklist(service, people) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "K"))
    await service.ordering.hold(people.doctor, order.id, Because(reason="patient away"))
    assert not (await service.order_reading.worklist(people.technician, WorklistQuery())).items
    assert (await service.ordering.resume(people.doctor, order.id)).status == "active"
    assert (await service.order_reading.worklist(people.technician, WorklistQuery())).items


async def test_an_added_test_uses_the_tube_that_is_there(service, people, accepted) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "K"))
    await accepted(order, order.specimens[0].id)
    longer = await service.ordering.add(people.doctor, order.id, Addition(tests=["NA"]))
    added = next(test for test in longer.tests if test.code == "NA")
    assert (added.origin, added.status) == ("add-on", "in-process")
    assert added.specimen_id == order.specimens[0].id
    with pytest.raises(AlreadyOrdered, match="NA"):
        await service.ordering.add(people.doctor, order.id, Addition(tests=["NA"]))


async def test_a_tube_that_stood_too_long_is_not_used_again(
    service, people, accepted, clock
) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "K"))
    await accepted(order, order.specimens[0].id)
    clock.time += timedelta(days=30)
    longer = await service.ordering.add(people.doctor, order.id, Addition(tests=["NA"]))
    added = next(test for test in longer.tests if test.code == "NA")
    assert added.specimen_id != order.specimens[0].id
    assert added.status == "not-started"


async def test_the_history_tells_every_step(service, people, accepted) -> None:
    order = await service.ordering.place(people.doctor, wanted(people, "K"))
    await accepted(order, order.specimens[0].id)
    told = await service.order_reading.get_history(people.doctor, order.id)
    steps = [(move.kind, move.move) for move in told.moves]
    assert steps[0] == ("order", "place") or ("order", "place") in steps[:3]
    assert [move for kind, move in steps if kind == "specimen"] == [
        "request",
        "collect",
        "receive",
        "accept",
    ]
    assert [move for kind, move in steps if kind == "test"] == ["ordered", "start"]
