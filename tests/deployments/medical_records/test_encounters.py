"""Encounters: who may open one, how it moves, and what keeps it from closing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.events import Envelope
from deployments.medical_records.access_schemas import EmergencyReason
from deployments.medical_records.encounter_rules import (
    MOVES,
    OVER,
    EncounterClass,
    EncounterMove,
    EncounterStatus,
    check_move,
)
from deployments.medical_records.encounter_schemas import (
    EncounterQuery,
    EncounterRequest,
    Finishing,
    Participant,
    ParticipantRequest,
)
from deployments.medical_records.entry_schemas import CodeRequest, Coding, Voiding
from deployments.medical_records.errors import (
    AdmittedAlready,
    ChangedMeanwhile,
    EncounterNotClosable,
    EncounterRefused,
    EncounterStatusRefused,
    EntryVoided,
    RecordNotFound,
    UnknownCode,
)
from deployments.medical_records.note_schemas import NoteRequest, NoteType, Section
from deployments.pharmacy.events import (
    PrescriptionAnswered,
    PrescriptionEnded,
    PrescriptionIssued,
    PrescriptionQueried,
    PrescriptionRejected,
)
from storage.medical_records import encounters as rows_of_encounters
from tests.factories import medical_records as factory

AMB, EMER, IMP = (
    EncounterClass.AMBULATORY,
    EncounterClass.EMERGENCY,
    EncounterClass.INPATIENT,
)


@pytest.fixture
def open_one(world):
    async def run(who=None, encounter_class=AMB, **values):
        request = EncounterRequest(encounter_class=encounter_class, **values)
        return await world.service.encounters.open(who or world.doctor, world.patient_id, request)

    return run


def reads(world, who):
    return world.service.encounters.list_page(who, world.patient_id, EncounterQuery())


@pytest.mark.parametrize("move", list(EncounterMove))
@pytest.mark.parametrize("status", list(EncounterStatus))
def test_each_move_from_each_status(move, status):
    rule = MOVES[move]
    if status in rule.sources:
        assert check_move(move, status) is rule.target
    else:
        with pytest.raises(EncounterStatusRefused):
            check_move(move, status)


@given(st.lists(st.sampled_from(list(EncounterMove)), max_size=12))
def test_nothing_leads_out_of_what_is_over(moves):
    status = EncounterStatus.PLANNED
    for move in moves:
        over = status in OVER
        try:
            status = check_move(move, status)
        except EncounterStatusRefused:
            continue
        assert not over


async def test_from_planned_to_finished(world, open_one, clock, rows):
    planned = await open_one(
        status="planned",
        start=clock() + timedelta(days=1),
        reasons=[
            CodeRequest(coding=Coding(system="http://hl7.org/fhir/sid/icd-10-cm", code="I10"))
        ],
    )
    assert planned.reasons[0].text == "Essential (primary) hypertension"
    assert planned.participants == [
        Participant(practitioner_id=world.doctor.user_id, role="PPRF", start=clock())
    ]
    service, where = world.service.encounters, (world.patient_id, planned.id)
    clock.advance(timedelta(hours=20))
    arrived = await service.arrive(world.nurse, *where, 1)
    assert (arrived.status, arrived.start) == ("arrived", clock())
    clock.advance(timedelta(minutes=5))
    await service.triage(world.nurse, *where, None)
    started = await service.start(world.doctor, *where, None)
    assert started.start == arrived.start
    await service.leave(world.doctor, *where, None)
    await service.resume(world.doctor, *where, None)
    clock.advance(timedelta(minutes=20))
    done = await service.finish(world.doctor, *where, Finishing(), 6)
    assert (done.status, done.end, done.version) == ("finished", clock(), 7)
    history = await service.list_history(world.patient, *where)
    assert [one.move for one in history.versions] == [
        "open", "arrive", "triage", "start", "leave", "return", "finish",
    ]  # fmt: skip
    before = await service.get_version(world.patient, *where, 1)
    assert before.status == "planned"
    with pytest.raises(EncounterStatusRefused):
        await service.cancel(world.doctor, *where, None)
    with pytest.raises(ChangedMeanwhile):
        await service.void(world.doctor, *where, Voiding(reason="x"), 3)


async def test_a_stranger_opens_nothing_without_saying_why(world, open_one, audited):
    with pytest.raises(RecordNotFound):
        await open_one(world.stranger)
    with pytest.raises(RecordNotFound):
        await open_one(world.stranger, EMER, status="planned", start=factory.NOW)
    for who in (world.patient, factory.principal(Role.PHARMACIST)):
        with pytest.raises(Forbidden):
            await open_one(who, walk_in=True)
    assert {row[2] for row in audited()} == {"denied"}


@pytest.mark.parametrize(
    ("values", "opened_as"),
    [({"walk_in": True}, "walk-in"), ({"encounter_class": EMER}, "emergency")],
)
async def test_who_comes_unannounced_is_seen_and_the_opening_reviewed(
    world, open_one, rows, values, opened_as
):
    encounter = await open_one(world.stranger, **values)
    assert encounter.opened_as == opened_as
    assert (await reads(world, world.stranger)).items == [encounter]
    (review,) = rows("SELECT * FROM break_glass_accesses")
    assert (review.practitioner_id, review.reason_code) == (world.stranger.user_id, opened_as)
    assert review.expires_at == review.started_at
    assert review.reviewed_at is None


async def test_with_a_ground_nothing_is_reviewed(world, open_one, rows):
    encounter = await open_one(walk_in=True)
    assert encounter.opened_as == "relation"
    assert not rows("SELECT * FROM break_glass_accesses")


async def test_what_outlasts_broken_glass_is_reviewed(world, open_one, clock, rows):
    reason = EmergencyReason(reason_code="life-threatening", reason="cardiac arrest on the ward")
    await world.service.break_glass.start(world.stranger, world.patient_id, reason)
    planned = await open_one(world.stranger, status="planned", start=clock())
    assert planned.opened_as == "break-glass"
    filed = rows("SELECT reason_code FROM break_glass_accesses WHERE reviewed_at IS NULL")
    assert sorted(filed) == [("break-glass",), ("life-threatening",)]


async def test_an_unknown_patient_and_somebody_who_left(world, open_one):
    request = EncounterRequest(encounter_class=AMB, walk_in=True)
    with pytest.raises(RecordNotFound):
        await world.service.encounters.open(world.doctor, uuid4(), request)
    with pytest.raises(EncounterRefused) as refused:
        await open_one(participants=[ParticipantRequest(practitioner_id=uuid4())])
    assert refused.value.errors[0].pointer == "/participants/0/practitioner_id"


async def test_links_are_the_patients_own(world, open_one, medical_records_database):
    with medical_records_database.engine.begin() as connection:
        visit = factory.relate(connection, world.patient, world.doctor, kind="appointment")
        other = factory.relate(connection, world.other_patient, world.doctor, kind="appointment")
    assert (await open_one(appointment_id=visit)).appointment_id == visit
    for values in ({"appointment_id": other}, {"encounter_id": uuid4()}):
        with pytest.raises(EncounterRefused):
            await open_one(**values)
    coding = Coding(system="http://hl7.org/fhir/sid/icd-10-cm", code="X")
    with pytest.raises(UnknownCode) as refused:
        await open_one(reasons=[CodeRequest(text="pain"), CodeRequest(coding=coding)])
    assert refused.value.errors[0].pointer == "/reasons/1/coding/code"


@pytest.mark.parametrize(
    "values",
    [
        {"status": "finished"},
        {"status": "planned"},
        {"start": factory.NOW},
        {"status": "planned", "start": factory.NOW, "walk_in": True},
        {"admit_source": "emd"},
    ],
)
def test_requests_that_contradict_themselves(values):
    with pytest.raises(ValueError, match="Value error"):
        EncounterRequest(encounter_class=AMB, **values)


async def test_one_stay_at_a_time(world, open_one):
    stay = await open_one(encounter_class=IMP, admit_source="emd")
    planned = await open_one(
        encounter_class=IMP, status="planned", start=factory.NOW + timedelta(days=9)
    )
    with pytest.raises(AdmittedAlready):
        await open_one(encounter_class=IMP)
    service, where = world.service.encounters, (world.patient_id, stay.id)
    with pytest.raises(AdmittedAlready):
        await service.start(world.doctor, world.patient_id, planned.id, None)
    with pytest.raises(EncounterRefused):
        await service.finish(world.doctor, *where, Finishing(), None)
    done = await service.finish(world.doctor, *where, Finishing(discharge_disposition="home"), None)
    assert done.discharge_disposition == "home"
    assert (await open_one(encounter_class=IMP)).status == "in-progress"


async def test_it_does_not_end_before_it_began_or_tomorrow(world, open_one, clock):
    encounter = await open_one()
    for end in (clock() - timedelta(hours=1), clock() + timedelta(hours=1)):
        with pytest.raises(EncounterRefused):
            await world.service.encounters.finish(
                world.doctor, world.patient_id, encounter.id, Finishing(end=end), None
            )


async def test_nothing_closes_with_something_undone(world, open_one, medical_records_database):
    encounter = await open_one()
    service, where = world.service, (world.patient_id, encounter.id)
    section = Section(title="Plan", text="Rest.")
    draft = await service.notes.write(
        world.nurse,
        world.patient_id,
        NoteRequest(
            type=NoteType.PROGRESS,
            title="Visit",
            language="en",
            sections=[section],
            encounter_id=encounter.id,
        ),
    )
    order = {"order_id": uuid4(), "kind": "prescription", "encounter_id": encounter.id}
    with medical_records_database.engine.begin() as connection:
        rows_of_encounters.put_order(connection, **order, open=True, version=2)
    with pytest.raises(EncounterNotClosable) as refused:
        await service.encounters.finish(world.doctor, *where, Finishing(), None)
    assert refused.value.args[2] == {
        "unsigned_notes": [str(draft.id)],
        "open_orders": [str(order["order_id"])],
    }
    await service.notes.sign(world.nurse, world.patient_id, draft.id)
    with medical_records_database.engine.begin() as connection:
        settled = order | {"encounter_id": None}
        rows_of_encounters.put_order(connection, **settled, open=False, version=3)
        rows_of_encounters.put_order(connection, **order, open=True, version=2)
    done = await service.encounters.finish(world.doctor, *where, Finishing(), None)
    assert done.status == "finished"
    with pytest.raises(EncounterStatusRefused):
        await service.notes.write(
            world.nurse,
            world.patient_id,
            NoteRequest(
                type=NoteType.PROGRESS,
                title="Late",
                language="en",
                sections=[section],
                encounter_id=encounter.id,
            ),
        )


QUERIED = (PrescriptionQueried, {"reason_code": "dose"}, PrescriptionAnswered, {})
REJECTED = (
    PrescriptionRejected,
    {"reason_code": "dose"},
    PrescriptionEnded,
    {"reason": "stopped", "item_ids": []},
)


@pytest.mark.parametrize(("asks", "asked", "settles", "settled"), [QUERIED, REJECTED])
async def test_a_queried_or_rejected_prescription_waits_for_its_prescriber(
    world, open_one, asks, asked, settles, settled
):
    encounter = await open_one()
    about = {
        "prescription_id": uuid4(),
        "patient_id": world.patient_id,
        "practitioner_id": world.doctor.user_id,
    }
    service, where = world.service, (world.patient_id, encounter.id)

    async def hear(event):
        assert await service.listener.hear([Envelope.of(event)]) == [None]

    await hear(PrescriptionIssued(**about, version=2, encounter_id=encounter.id, items=[]))
    await hear(asks(**about, version=4, **asked))
    with pytest.raises(EncounterNotClosable):
        await service.encounters.finish(world.doctor, *where, Finishing(), None)
    await hear(settles(**about, version=3, **settled))  # overtaken by what it does not know of
    with pytest.raises(EncounterNotClosable):
        await service.encounters.finish(world.doctor, *where, Finishing(), None)
    await hear(settles(**about, version=5, **settled))
    done = await service.encounters.finish(world.doctor, *where, Finishing(), None)
    assert done.status == "finished"


async def test_a_rejection_heard_before_its_order_holds_the_encounter_open(world, open_one):
    encounter = await open_one()
    about = {
        "prescription_id": uuid4(),
        "patient_id": world.patient_id,
        "practitioner_id": world.doctor.user_id,
    }
    for late in (
        PrescriptionRejected(**about, version=3, reason_code="dose"),
        PrescriptionIssued(**about, version=2, encounter_id=encounter.id, items=[]),
    ):
        assert await world.service.listener.hear([Envelope.of(late)]) == [None]
    with pytest.raises(EncounterNotClosable):
        await world.service.encounters.finish(
            world.doctor, world.patient_id, encounter.id, Finishing(), None
        )


async def test_people_come_and_go_with_what_they_may_read(world, open_one, clock):
    encounter = await open_one()
    where = (world.patient_id, encounter.id)
    people, guest = world.service.participation, world.stranger
    with pytest.raises(RecordNotFound):
        await reads(world, guest)
    request = ParticipantRequest(practitioner_id=guest.user_id, role="CON")
    joined = await people.join(world.doctor, *where, request, 1)
    assert [one.role for one in joined.participants] == ["PPRF", "CON"]
    assert await reads(world, guest)
    for one in (request, ParticipantRequest(practitioner_id=uuid4())):
        with pytest.raises(EncounterRefused):
            await people.join(world.doctor, *where, one, None)
    gone = await people.withdraw(world.doctor, *where, guest.user_id, None)
    assert gone.participants[1].end == clock()
    with pytest.raises(RecordNotFound):
        await people.withdraw(world.doctor, *where, guest.user_id, None)
    assert await reads(world, guest)
    clock.advance(timedelta(days=91))
    with pytest.raises(RecordNotFound):
        await reads(world, guest)


async def test_to_withdraw_lets_nobody_read_longer(world, open_one, clock):
    seen = await open_one(world.stranger, walk_in=True)
    missed = await open_one(world.stranger, walk_in=True, status="arrived")
    service, people, guest = world.service.encounters, world.service.participation, world.stranger
    clock.advance(timedelta(minutes=1))
    await service.cancel(guest, world.patient_id, missed.id, None)
    await service.finish(guest, world.patient_id, seen.id, Finishing(), None)
    clock.advance(timedelta(days=80))
    for one in (seen, missed):
        await people.withdraw(world.doctor, world.patient_id, one.id, guest.user_id, None)
    clock.advance(timedelta(days=11))
    with pytest.raises(RecordNotFound):
        await reads(world, guest)


@pytest.mark.parametrize("ending", ["cancel", "void"])
async def test_what_did_not_take_place_lets_nobody_read(world, open_one, ending, clock):
    encounter = await open_one(world.stranger, walk_in=True, status="arrived")
    where = (world.patient_id, encounter.id)
    service = world.service.encounters
    clock.advance(timedelta(minutes=1))
    if ending == "cancel":
        await service.cancel(world.stranger, *where, None)
    else:
        voided = await service.void(world.stranger, *where, Voiding(reason="wrong chart"), None)
        assert (voided.status, voided.voided.reason) == ("entered-in-error", "wrong chart")
        with pytest.raises(EntryVoided):
            await service.start(world.doctor, *where, None)
    with pytest.raises(RecordNotFound):
        await reads(world, world.stranger)


async def test_events_are_told(world, open_one, monkeypatch):
    told = []

    def publish(_connection, *events):
        told.extend(event.name for event in events)

    for module in ("encounters", "encounter_opening"):
        monkeypatch.setattr(f"deployments.medical_records.{module}.publish", publish)
    encounter = await open_one(world.stranger, walk_in=True)
    await world.service.encounters.finish(
        world.stranger, world.patient_id, encounter.id, Finishing(), None
    )
    assert told == [
        "medical_records.break_glass_used.v1",
        "medical_records.encounter_opened.v1",
        "medical_records.encounter_finished.v1",
    ]
