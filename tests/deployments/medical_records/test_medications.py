"""What a patient takes: as told, and as the pharmacy prescribes it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from deployments.events import Envelope
from deployments.medical_records import prescribed
from deployments.medical_records.entry_schemas import Voiding
from deployments.medical_records.errors import EntryInconsistent, FromPharmacy, MoveNotAllowed
from deployments.medical_records.medication_schemas import Dosage, Stopping
from deployments.medical_records.procedure_schemas import Moving
from deployments.pharmacy.events import PrescriptionReopened
from tests.factories import chart
from tests.factories.medical_records import NOW


@pytest.fixture
def current(world, service):
    """(status, text, ended on) of what the patient takes now, by text."""

    async def read():
        found = await service.medications.list_current(world.patient, world.patient_id)
        return sorted((one.status, one.code.text, one.ended_on) for one in found.items)

    return read


@pytest.fixture
def hear(medical_records_database, clock):
    async def run(take, event):
        await medical_records_database.transact(
            lambda connection: take(connection, event, clock()), keyed=False
        )

    return run


async def test_what_is_told_is_current_until_it_ends(world, service, clock):
    dosage = Dosage(dose=Decimal("2.5"), unit="mg", frequency=1, period=1, period_unit="d")
    request = chart.medication(dosage=dosage, information_source="related")
    made = await service.medications.record(world.nurse, world.patient_id, request)
    assert (made.dosage, made.information_source) == (dosage, "related")
    assert made.code.text == made.code.coding.display

    stopping = Stopping(reason="bleeding", ended_on=clock().date())
    stopped = await service.medications.stop(
        world.doctor, world.patient_id, made.id, stopping, expected=1
    )
    assert (stopped.status, stopped.status_reason) == ("stopped", "bleeding")
    found = await service.medications.list_current(world.doctor, world.patient_id)
    assert found.items == []
    with pytest.raises(MoveNotAllowed):
        await service.medications.stop(world.doctor, world.patient_id, made.id, stopping)


async def test_a_course_ends_by_itself(world, service, clock, current):
    request = chart.medication(code=chart.words("Iron"), ended_on=clock().date())
    await service.medications.record(world.nurse, world.patient_id, request)
    assert await current() == [("active", "Iron", clock().date())]
    clock.advance(timedelta(days=2))
    assert await current() == []


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"started_on": date(2027, 1, 1)}, "/started_on"),
        ({"started_on": date(2027, 1, 1), "status": "intended"}, None),
        ({"ended_on": date(2026, 1, 4)}, "/ended_on"),
    ],
)
async def test_what_contradicts_itself_is_refused(world, service, values, wrong):
    record = service.medications.record
    request = chart.medication(**values)
    if wrong is None:
        assert await record(world.nurse, world.patient_id, request)
        return
    with pytest.raises(EntryInconsistent) as refused:
        await record(world.nurse, world.patient_id, request)
    assert [error.pointer for error in refused.value.errors] == [wrong]


async def test_what_is_prescribed_is_taken(world, service, hear, current, rows):
    event = chart.issued(world.patient_id, world.doctor.user_id)
    await hear(prescribed.take_prescription, event)
    await hear(prescribed.take_prescription, event)
    assert await current() == [("active", "Warfarin 0", None), ("active", "Warfarin 1", None)]
    found = await service.medications.list_current(world.patient, world.patient_id)
    assert {one.prescription_item_id for one in found.items} == {
        item.item_id for item in event.items
    }
    assert {one.information_source for one in found.items} == {"pharmacy"}
    assert rows("SELECT count(*) FROM entry_versions") == [(2,)]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("stopped", "stopped"),
        ("revised", "stopped"),
        ("cancelled", "not-taken"),
        ("expired", "completed"),
        ("entered-in-error", "entered-in-error"),
    ],
)
@pytest.mark.parametrize("end_first", [False, True])
async def test_an_ended_prescription_is_not_taken_whichever_is_heard_first(
    world, hear, current, rows, reason, status, end_first
):
    begun = chart.issued(world.patient_id, world.doctor.user_id)
    over = chart.ended(begun, reason)
    news = [(prescribed.take_prescription, begun), (prescribed.end_prescription, over)]
    for take, event in reversed(news) if end_first else news:
        await hear(take, event)
        await hear(take, event)
    assert await current() == []
    found = rows("SELECT DISTINCT status, voided_at IS NOT NULL FROM medication_statements")
    assert found == [(status, status == "entered-in-error")]


async def test_what_was_handed_out_is_taken_until_it_is_used_up(world, hear, current, clock):
    begun = chart.issued(world.patient_id, world.doctor.user_id, items=1)
    until = NOW + timedelta(days=10)
    await hear(prescribed.take_prescription, begun)
    await hear(prescribed.end_prescription, chart.ended(begun, "completed", until))
    assert await current() == [("active", "Warfarin 0", until.date())]
    clock.advance(timedelta(days=12))
    assert await current() == []


async def test_older_news_changes_nothing(world, hear, rows):
    begun = chart.issued(world.patient_id, world.doctor.user_id, items=1)
    await hear(prescribed.take_prescription, begun)
    await hear(prescribed.end_prescription, chart.ended(begun, "stopped", version=5))
    await hear(prescribed.end_prescription, chart.ended(begun, "completed", version=4))
    assert rows("SELECT status, version FROM medication_statements") == [("stopped", 2)]


@pytest.mark.parametrize("late", [False, True])
async def test_what_can_be_filled_again_is_taken_again(world, hear, current, late):
    """What came back reopens the prescription; news that comes late changes nothing."""
    begun = chart.issued(world.patient_id, world.doctor.user_id, items=1)
    again = PrescriptionReopened(
        occurred_at=NOW,
        prescription_id=begun.prescription_id,
        patient_id=begun.patient_id,
        practitioner_id=begun.practitioner_id,
        version=4,
    )
    news = [
        (prescribed.take_prescription, begun),
        (prescribed.end_prescription, chart.ended(begun, "completed", version=3)),
        (prescribed.reopen_prescription, again),
    ]
    for take, event in reversed(news) if late else news:
        await hear(take, event)
        await hear(take, event)
    assert await current() == [("active", "Warfarin 0", None)]
    await hear(prescribed.end_prescription, chart.ended(begun, "stopped", version=5))
    assert await current() == []


@pytest.mark.parametrize(
    ("status", "move", "then"),
    [
        ("intended", "start", "active"),
        ("active", "hold", "on-hold"),
        ("on-hold", "resume", "active"),
        ("active", "complete", "completed"),
        ("active", "decline", "not-taken"),
        ("stopped", "resume", None),
        ("completed", "start", None),
    ],
)
async def test_a_status_moves_by_its_verbs(world, service, status, move, then):
    request = chart.medication(status=status)
    made = await service.medications.record(world.doctor, world.patient_id, request)
    one, why = (world.patient_id, made.id), Moving(reason="nausea")
    if then is None:
        with pytest.raises(MoveNotAllowed):
            await service.medications.move(world.doctor, *one, move, why)
        return
    moved = await service.medications.move(world.doctor, *one, move, why, expected=1)
    assert (moved.status, moved.status_reason) == (then, "nausea")


async def test_a_correction_moves_no_status(world, service):
    made = await service.medications.record(world.doctor, world.patient_id, chart.medication())
    one = (world.patient_id, made.id)
    await service.medications.stop(world.doctor, *one, Stopping(reason="bleeding"))
    for status in ("active", "completed"):
        with pytest.raises(MoveNotAllowed):
            await service.medications.revise(world.doctor, *one, chart.medication(status=status))
    said = chart.medication(note="since the operation")
    corrected = await service.medications.revise(world.doctor, *one, said)
    assert (corrected.status, corrected.status_reason) == ("stopped", "bleeding")
    assert corrected.note == "since the operation"


async def test_an_entry_that_follows_a_prescription_is_not_changed_by_hand(world, service, hear):
    await hear(
        prescribed.take_prescription, chart.issued(world.patient_id, world.doctor.user_id, items=1)
    )
    [one] = (await service.medications.list_current(world.doctor, world.patient_id)).items
    for wrong in (
        service.medications.stop(world.doctor, world.patient_id, one.id, Stopping()),
        service.medications.revise(world.doctor, world.patient_id, one.id, chart.medication()),
        service.medications.void(world.doctor, world.patient_id, one.id, Voiding(reason="typo")),
        service.medications.move(world.doctor, world.patient_id, one.id, "hold", Moving()),
    ):
        with pytest.raises(FromPharmacy):
            await wrong


async def test_the_service_hears_of_prescriptions(world, service, current):
    begun = chart.issued(world.patient_id, world.doctor.user_id, items=1)
    envelope = Envelope(
        event_id=begun.event_id,
        name=begun.name,
        aggregate_id=begun.prescription_id,
        occurred_at=begun.occurred_at,
        request_id=None,
        payload=begun.model_dump(mode="json"),
    )
    assert await service.listener.hear([envelope, envelope]) == [None, None]
    assert [text for _, text, _ in await current()] == ["Warfarin 0"]
