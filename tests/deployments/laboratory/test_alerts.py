"""Critical values: told at once, read back, told again until somebody answers, never forgotten."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from deployments.errors import Forbidden
from deployments.laboratory.alert_schemas import Acknowledgement, AlertQuery, Call
from deployments.laboratory.errors import AlertNotFound, MoveNotAllowed, NobodyTold, WrongReadBack
from deployments.laboratory.order_schemas import LabOrderRequest
from deployments.laboratory.result_schemas import Correction, Entries, Entry, Repeat
from deployments.laboratory.settings import LaboratorySettings


@pytest.fixture
async def potassium(service, people, accepted):
    request = LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
    order = await service.ordering.place(people.doctor, request)
    await accepted(order)
    return order.tests[0]


@pytest.fixture
async def alert(service, people, potassium):
    await measure(service, people, potassium, "7.1")
    return (await service.alerts.list_page(people.doctor, AlertQuery())).items[0]


async def measure(service, people, test, value: str):
    entries = Entries(values=[Entry(parameter="K", value=value, unit="mmol/L")])
    return await service.entering.enter(people.technician, test.id, entries)


async def test_told_before_anybody_released_it(people, alert) -> None:
    assert (alert.parameter, alert.flag, alert.status, alert.step) == ("K", "HH", "open", 0)
    assert alert.practitioner_id == people.doctor.user_id
    assert [(hop.kind, hop.person_id) for hop in alert.hops] == [("told", people.doctor.user_id)]


async def test_only_the_value_itself_acknowledges(service, people, alert) -> None:
    for wrong in ("1.7", "7,0", "seven"):
        with pytest.raises(WrongReadBack):
            await service.alerts.acknowledge(
                people.doctor, alert.id, Acknowledgement(read_back=wrong)
            )
    with pytest.raises(WrongReadBack):
        await service.alerts.acknowledge(
            people.doctor, alert.id, Acknowledgement(read_back="7.1", unit="mg/dL")
        )
    done = await service.alerts.acknowledge(
        people.doctor, alert.id, Acknowledgement(read_back="7,10", action="calcium gluconate")
    )
    assert (done.status, done.acknowledged_by) == ("acknowledged", people.doctor.user_id)
    assert [hop.kind for hop in done.hops] == ["told", *["misread"] * 4, "acknowledged"]
    with pytest.raises(MoveNotAllowed):
        await service.alerts.acknowledge(people.doctor, alert.id, Acknowledgement(read_back="7.1"))


async def test_of_many_who_answer_one_is_written(service, people, alert) -> None:
    answer = Acknowledgement(read_back="7.1")
    told = answer.model_copy(update={"told_to": people.nurse.user_id})
    callers = [(people.doctor, answer), (people.nurse, answer), (people.technician, told)] * 3
    tries = [service.alerts.acknowledge(one, alert.id, said) for one, said in callers]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in done) == 1
    assert sum(isinstance(one, MoveNotAllowed) for one in done) == 8


async def test_who_does_not_treat_the_patient_does_not_know_of_it(service, people, alert) -> None:
    with pytest.raises(AlertNotFound):
        await service.alerts.get(people.stranger, alert.id)
    with pytest.raises(Forbidden):
        await service.alerts.get(people.patient, alert.id)


async def test_the_ladder_is_climbed_until_somebody_answers(service, people, alert, clock) -> None:
    assert await service.alerts.climb() == 0
    told = []
    for _ in range(3):
        clock.advance(timedelta(minutes=10))
        tries = await asyncio.gather(*(service.alerts.climb() for _ in range(4)))
        assert sum(tries) == 1, "of several replicas one tells"
        told.append((await service.alerts.get(people.technician, alert.id)).hops[-1])
    assert [(hop.step, hop.role) for hop in told] == [
        (1, "lab_technician"),
        (2, "doctor"),
        (3, "doctor"),
    ]
    answer = Acknowledgement(read_back="7.1", told_to=people.doctor.user_id)
    done = await service.alerts.acknowledge(people.technician, alert.id, answer)
    assert done.acknowledged_by == people.doctor.user_id
    clock.advance(timedelta(hours=1))
    assert await service.alerts.climb() == 0


async def test_calls_are_noted(service, people, alert) -> None:
    called = await service.alerts.note_call(
        people.technician, alert.id, Call(person_id=people.doctor.user_id, note="no answer")
    )
    assert (called.hops[-1].kind, called.hops[-1].note) == ("called", "no answer")
    assert called.status == "open"


async def test_a_value_that_was_wrong_is_withdrawn(service, people, potassium, alert) -> None:
    result = await measure(service, people, potassium, "4.1")
    seen = await service.alerts.get(people.doctor, alert.id)
    assert (seen.status, seen.next_step_at) == ("withdrawn", None)
    assert (await service.alerts.list_page(people.doctor, AlertQuery(status="open"))).items == []
    assert result.values[0].critical is False


async def test_measuring_again_withdraws_too(service, people, potassium, alert) -> None:
    await service.entering.repeat(people.technician, alert.result_id, Repeat(reason="haemolysed"))
    assert (await service.alerts.get(people.doctor, alert.id)).status == "withdrawn"


async def test_the_same_value_again_is_the_same_alert(service, people, potassium, alert) -> None:
    await measure(service, people, potassium, "7.1")
    items = (await service.alerts.list_page(people.doctor, AlertQuery())).items
    assert [one.id for one in items] == [alert.id]


async def corrected(service, people, test, value: str):
    values = [Entry(parameter="K", value=value, unit="mmol/L")]
    request = Correction(values=values, reason="tubes were swapped")
    return await service.entering.correct(people.technician, test.id, request)


@pytest.fixture
async def out(service, people, alert):
    """The critical value was released."""
    await service.entering.accept(people.technician, alert.result_id)
    await service.entering.release(people.second_technician, alert.result_id)


async def test_a_correction_withdraws_only_once_a_second_person_releases_it(
    service, people, potassium, alert, out
) -> None:
    right = await corrected(service, people, potassium, "4.1")
    assert (await service.alerts.get(people.doctor, alert.id)).status == "open"
    await service.entering.release(people.second_technician, right.id)
    assert (await service.alerts.get(people.doctor, alert.id)).status == "withdrawn"


async def test_a_correction_that_is_not_believed_takes_its_own_alert_with_it(
    service, people, potassium, alert, out
) -> None:
    wrong = await corrected(service, people, potassium, "8.8")
    open_ = (await service.alerts.list_page(people.doctor, AlertQuery(status="open"))).items
    assert {str(one.value) for one in open_} == {"7.1", "8.8"}
    await service.entering.repeat(people.second_technician, wrong.id, Repeat(reason="clot"))
    open_ = (await service.alerts.list_page(people.doctor, AlertQuery(status="open"))).items
    assert [one.id for one in open_] == [alert.id]


async def test_only_the_laboratory_says_that_somebody_else_knows(service, people, alert) -> None:
    told = Acknowledgement(read_back="7.1", told_to=people.nurse.user_id)
    with pytest.raises(Forbidden):
        await service.alerts.acknowledge(people.doctor, alert.id, told)
    done = await service.alerts.acknowledge(people.technician, alert.id, told)
    assert done.acknowledged_by == people.nurse.user_id


async def test_the_laboratory_does_not_answer_for_itself(service, people, alert) -> None:
    """It treats nobody: a loop that it closes alone reaches no one who acts."""
    for told_to in (None, people.technician.user_id):
        alone = Acknowledgement(read_back="7.1", told_to=told_to)
        with pytest.raises(NobodyTold):
            await service.alerts.acknowledge(people.technician, alert.id, alone)
    assert (await service.alerts.get(people.doctor, alert.id)).status == "open"


async def test_the_sign_before_a_value_may_be_read_back(service, people, alert) -> None:
    done = await service.alerts.acknowledge(
        people.doctor, alert.id, Acknowledgement(read_back="> 7.1")
    )
    assert done.status == "acknowledged"


def test_only_roles_that_can_be_told_are_on_the_ladder() -> None:
    with pytest.raises(ValidationError):
        LaboratorySettings(alert_roles=("nurse",))
