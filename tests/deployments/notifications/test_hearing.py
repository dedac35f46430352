"""What is heard is told once to each, in the reader's language, or it is said why not."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event as sql

from deployments.appointments.events import (
    AppointmentAffectedByLeave,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentFulfilled,
    AppointmentReminderDue,
    AppointmentRescheduled,
)
from deployments.chatbot.events import ClinicianWanted
from deployments.notifications.workflows import WORKFLOWS
from deployments.users.events import (
    Invited,
    PasswordChanged,
    PasswordResetRequested,
    UserRegistered,
)
from storage import outbox
from storage.notifications.tables import Delivery, Inbox, KnownAppointment, Notification
from tests.factories.notifications import MONDAY, contact, later, sealed, visit


async def test_both_are_told_of_a_booking(house, patient, practitioner):
    booked = visit(patient, practitioner)
    assert await house.hear(booked) == [None]
    by_reader = {row.recipient_id: row for row in await house.rows(Notification)}
    mine, theirs = by_reader[patient.user_id], by_reader[practitioner.user_id]
    assert mine.title == "Lịch khám của bạn đã được đặt"
    assert "Dr. Marie Tran vào Thứ Ba, 24 tháng 11, 2026 lúc 09:30" in mine.body
    assert "Nguyễn Văn An is booked with you on Tuesday, 24 November 2026" in theirs.body
    assert (mine.number, theirs.number) == (1, 1)
    assert mine.data == {"appointment_id": str(booked.appointment_id)}
    assert (mine.workflow, mine.template_version, mine.locale) == (
        "appointments.booked.patient",
        1,
        "vi",
    )
    assert {(row.recipient_id, row.channel, row.status) for row in await house.rows(Delivery)} == {
        (patient.user_id, "email", "queued"),
        (practitioner.user_id, "email", "queued"),
    }
    assert set(house.told[0]) == {patient.user_id, practitioner.user_id}


async def test_contacts_are_asked_for_once_per_event(house, users, patient, practitioner):
    await house.hear(visit(patient, practitioner))
    assert users.asked == [sorted([patient.user_id, practitioner.user_id])]


async def test_an_event_takes_few_statements(house, patient, practitioner):
    await house.hear(visit(patient, practitioner))
    statements = []
    engine = house.database.engine
    sql.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    await house.hear(visit(patient, practitioner))
    assert len(statements) <= 9


async def test_heard_twice_is_told_once(house, patient, practitioner, red, monkeypatch):
    if red("inbox-row"):
        monkeypatch.setattr(outbox, "receive", lambda *_: True)
    booked = visit(patient, practitioner)
    assert await house.hear(booked, booked) == [None, None]
    await asyncio.gather(*(house.hear(booked) for _ in range(5)))
    assert len(await house.rows(Notification)) == 2
    assert [row.unread for row in await house.rows(Inbox)] == [1, 1]
    assert len(house.told) == 1


async def test_numbers_ascend_without_gaps_under_concurrency(house, patient, practitioner):
    events = [visit(patient, practitioner) for _ in range(40)]
    outcomes = await asyncio.gather(*(house.hear(event) for event in events))
    assert all(outcome == [None] for outcome in outcomes)
    for person in (patient, practitioner):
        numbers = [
            row.number
            for row in await house.rows(Notification)
            if row.recipient_id == person.user_id
        ]
        assert sorted(numbers) == list(range(1, 41))
    assert {(row.last_number, row.unread) for row in await house.rows(Inbox)} == {(40, 40)}


async def test_the_life_of_a_visit(house, patient, practitioner):
    booked = visit(patient, practitioner)
    moved = later(booked, AppointmentRescheduled, previous_start=booked.start)
    cancelled = later(moved, AppointmentCancelled, cancellation_code="pat", by_patient=True)
    assert await house.hear(booked, moved, cancelled) == [None] * 3
    workflows = [
        row.workflow
        for row in await house.rows(Notification)
        if row.recipient_id == patient.user_id
    ]
    assert workflows == [
        "appointments.booked.patient",
        "appointments.rescheduled.patient",
        "appointments.cancelled.patient",
    ]
    (known,) = await house.rows(KnownAppointment)
    assert (known.version, known.status) == (3, "cancelled")


async def test_a_reminder_of_a_cancelled_visit_is_not_told(house, patient, practitioner):
    booked = visit(patient, practitioner)
    cancelled = later(booked, AppointmentCancelled, cancellation_code="pat", by_patient=True)
    reminder = visit(
        patient,
        practitioner,
        AppointmentReminderDue,
        appointment_id=booked.appointment_id,
        kind="24h",
    )
    assert await house.hear(cancelled, reminder) == [None, None]
    assert {row.workflow for row in await house.rows(Notification)} == {
        "appointments.cancelled.patient",
        "appointments.cancelled.practitioner",
    }
    assert ("in_app", "skipped", "cancelled") in await house.steps()
    assert ("email", "skipped", "cancelled") in await house.steps()


async def test_a_late_booking_does_not_follow_its_cancellation(house, patient, practitioner):
    booked = visit(patient, practitioner)
    moved = later(booked, AppointmentRescheduled, previous_start=booked.start)
    assert await house.hear(moved, booked) == [None, None]
    assert len(await house.rows(Notification)) == 2
    assert ("in_app", "skipped", "superseded") in await house.steps()


async def test_a_reminder_after_the_visit_began_is_not_told(house, patient, practitioner):
    house.clock.advance(timedelta(days=3))
    await house.hear(visit(patient, practitioner, AppointmentReminderDue, kind="2h"))
    assert await house.rows(Notification) == []
    assert ("in_app", "skipped", "visit_began") in await house.steps()


async def test_only_the_patient_is_reminded_and_told_of_leave(house, patient, practitioner):
    await house.hear(
        visit(patient, practitioner, AppointmentReminderDue, kind="24h"),
        visit(patient, practitioner, AppointmentAffectedByLeave, leave_id=uuid4()),
    )
    rows = await house.rows(Notification)
    assert {row.recipient_id for row in rows} == {patient.user_id}
    assert len(rows) == 2


async def test_a_password_reset_is_an_email_only_and_holds_no_secret(house, patient):
    token_id = uuid4()
    link = house.users.give_link(token_id)
    await house.hear(PasswordResetRequested(user_id=patient.user_id, token_id=token_id))
    (row,) = await house.rows(Notification)
    assert (row.number, row.title, row.body) == (None, None, None)
    (delivery,) = await house.rows(Delivery)
    assert link.token not in str(delivery.message)
    assert delivery.message["token_id"] == str(token_id)
    assert await house.rows(Inbox) == []


async def test_account_events(house, patient):
    await house.hear(
        UserRegistered(user_id=patient.user_id),
        PasswordChanged(user_id=patient.user_id, by_reset=False),
        Invited(user_id=patient.user_id, token_id=uuid4(), roles=[]),
    )
    told = [(row.workflow, row.number) for row in await house.rows(Notification)]
    assert told == [("users.registered", 1), ("users.password_changed", 2), ("users.invited", None)]


async def test_people_who_cannot_be_told_are_logged(house, users, practitioner):
    silent, gone = contact(email=None), contact(active=False)
    users.people |= {silent.user_id: silent, gone.user_id: gone}
    unknown = contact()
    assert await house.hear(
        visit(silent, practitioner), visit(gone, practitioner), visit(unknown, practitioner)
    ) == [None, None, "notifications.person_unknown"]
    steps = await house.steps()
    assert ("email", "skipped", "no_address") in steps
    assert ("in_app", "skipped", "inactive") in steps


async def test_users_being_away_is_tried_again(house, users, patient, practitioner):
    booked = visit(patient, practitioner)
    users.away = True
    assert await house.hear(booked) == ["unavailable"]
    assert await house.rows(Notification) == []
    users.away = False
    assert await house.hear(booked) == [None]


async def test_a_bad_event_does_not_take_its_batch_with_it(house, patient, practitioner):
    good, other = visit(patient, practitioner), visit(patient, practitioner)
    bad = sealed(visit(patient, practitioner))[0].model_copy(update={"payload": {}})
    outcomes = await house.listener.hear([*sealed(good), bad, *sealed(other)])
    assert outcomes == [None, "unreadable", None]
    assert await house.hear(visit(patient, practitioner, AppointmentFulfilled)) == [
        "not_subscribed"
    ]


async def test_who_is_both_is_told_once(house, practitioner):
    await house.hear(visit(practitioner, practitioner, AppointmentBooked, start=MONDAY))
    (row,) = await house.rows(Notification)
    assert row.workflow == "appointments.booked.patient"


@pytest.mark.parametrize(
    ("urgency", "workflow", "priority"),
    [
        ("routine", "clinician_wanted", 1),
        ("urgent", "clinician_wanted", 1),
        ("emergency",) * 2 + (0,),
    ],
)
async def test_whoever_can_answer_is_told_of_a_waiting_patient(
    house, users, patient, practitioner, urgency, workflow, priority
):
    wanted = ClinicianWanted(
        conversation_id=uuid4(),
        patient_id=patient.user_id,
        number=1,
        urgency=urgency,
        reason="asked",
    )
    assert await house.hear(wanted) == [None], "a doctor is enough, there is no nurse"
    (row,) = await house.rows(Notification)
    assert row.workflow == f"chatbot.{workflow}.doctor"
    assert WORKFLOWS[row.workflow].priority == priority
    users.people.pop(practitioner.user_id)
    house.clock.advance(timedelta(minutes=1))
    again = wanted.model_copy(update={"event_id": uuid4()})
    assert await house.hear(again) == ["notifications.nobody_to_tell"]
