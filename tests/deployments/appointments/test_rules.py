"""The checks of booking, each with what it lets pass and what it refuses."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.appointments import reminders, rules
from deployments.appointments.cancellation import PATIENT_CODES, CancellationCode
from deployments.appointments.errors import (
    CancellationReasonNotAllowed,
    ChangedMeanwhile,
    HoldExpired,
    MoveNotAllowed,
    NotBookable,
    TooEarly,
    TooManyHolds,
)
from deployments.appointments.reminders import ReminderKind
from deployments.appointments.transitions import MOVES, AppointmentStatus, Move, check_move

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
S = AppointmentStatus


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (-MINUTE, "in_past"),
        (timedelta(0), "in_past"),
        (59 * MINUTE, "too_soon"),
        (HOUR, None),
        (timedelta(days=10), None),
        (timedelta(days=10) + MINUTE, "too_far"),
    ],
)
def test_a_visit_begins_neither_too_soon_nor_too_far_ahead(ahead, code):
    def check():
        rules.check_time(NOW + ahead, NOW, notice=HOUR, horizon=timedelta(days=10))

    if code is None:
        check()
        return
    with pytest.raises(NotBookable) as refusal:
        check()
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [("/start", code)]


@pytest.mark.parametrize(
    ("active", "self_bookable", "by_patient", "code"),
    [
        (True, True, True, None),
        (True, False, False, None),
        (True, False, True, "not_self_bookable"),
        (False, True, False, "inactive"),
    ],
)
def test_reasons_that_can_be_booked(active, self_bookable, by_patient, code):
    def check():
        rules.check_reason(active=active, self_bookable=self_bookable, by_patient=by_patient)

    if code is None:
        check()
        return
    with pytest.raises(NotBookable) as refusal:
        check()
    assert refusal.value.errors[0].code == code


def test_holds_are_capped():
    rules.check_holds(2, 3)
    with pytest.raises(TooManyHolds):
        rules.check_holds(3, 3)


def test_a_hold_ends_at_the_end_of_its_lease():
    rules.check_hold_alive(NOW + MINUTE, NOW)
    for expires_at in (NOW, NOW - MINUTE, None):
        with pytest.raises(HoldExpired):
            rules.check_hold_alive(expires_at, NOW)


def test_a_hold_is_renewed_up_to_its_longest_life():
    limits = {"lease": 5 * MINUTE, "total": 15 * MINUTE}
    assert rules.renewed_until(NOW, NOW + 4 * MINUTE, **limits) == NOW + 9 * MINUTE
    assert rules.renewed_until(NOW, NOW + 12 * MINUTE, **limits) == NOW + 15 * MINUTE
    with pytest.raises(HoldExpired):
        rules.renewed_until(NOW, NOW + 15 * MINUTE, **limits)


def test_no_show_waits_for_the_grace_time():
    rules.check_no_show(NOW - 15 * MINUTE, NOW, 15 * MINUTE)
    with pytest.raises(TooEarly):
        rules.check_no_show(NOW - 14 * MINUTE, NOW, 15 * MINUTE)


@pytest.mark.parametrize("code", CancellationCode)
def test_patients_give_patients_reasons_and_staff_any(code):
    rules.check_cancellation(code, by_patient=False, start=NOW - HOUR, now=NOW)
    if code in PATIENT_CODES:
        rules.check_cancellation(code, by_patient=True, start=NOW + HOUR, now=NOW)
    else:
        with pytest.raises(CancellationReasonNotAllowed):
            rules.check_cancellation(code, by_patient=True, start=NOW + HOUR, now=NOW)


def test_patients_cancel_before_the_visit_begins():
    with pytest.raises(NotBookable):
        rules.check_cancellation(CancellationCode.PATIENT, by_patient=True, start=NOW, now=NOW)


def test_a_stale_version_is_refused_and_none_is_not_checked():
    rules.check_version(3, None)
    rules.check_version(3, 3)
    with pytest.raises(ChangedMeanwhile):
        rules.check_version(3, 2)


ALLOWED = {
    (S.PENDING, Move.RENEW): S.PENDING,
    (S.PENDING, Move.CONFIRM): S.BOOKED,
    (S.PENDING, Move.CANCEL): S.CANCELLED,
    (S.PENDING, Move.EXPIRE): S.CANCELLED,
    (S.PROPOSED, Move.CANCEL): S.CANCELLED,
    (S.WAITLIST, Move.CANCEL): S.CANCELLED,
    (S.BOOKED, Move.RESCHEDULE): S.BOOKED,
    (S.BOOKED, Move.CANCEL): S.CANCELLED,
    (S.BOOKED, Move.ARRIVE): S.ARRIVED,
    (S.BOOKED, Move.CHECK_IN): S.CHECKED_IN,
    (S.BOOKED, Move.NO_SHOW): S.NOSHOW,
    (S.ARRIVED, Move.CHECK_IN): S.CHECKED_IN,
    (S.ARRIVED, Move.FULFIL): S.FULFILLED,
    (S.CHECKED_IN, Move.FULFIL): S.FULFILLED,
    **{
        (status, Move.ENTER_IN_ERROR): S.ENTERED_IN_ERROR
        for status in S
        if status is not S.ENTERED_IN_ERROR
    },
}


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("move", MOVES)
def test_every_status_and_move(status, move):
    if (status, move) in ALLOWED:
        assert check_move(move, status) is ALLOWED[status, move]
    else:
        with pytest.raises(MoveNotAllowed):
            check_move(move, status)


@pytest.mark.parametrize(
    ("ahead", "kinds"),
    [
        (timedelta(hours=25), [ReminderKind.DAY_BEFORE, ReminderKind.HOURS_BEFORE]),
        (timedelta(hours=24), [ReminderKind.HOURS_BEFORE]),
        (timedelta(hours=2), []),
    ],
)
def test_reminders_that_are_still_to_come_are_planned(ahead, kinds):
    planned = reminders.plan(NOW + ahead, NOW)
    assert [reminder.kind for reminder in planned] == kinds
    assert all(reminder.due_at > NOW for reminder in planned)


@pytest.mark.parametrize(
    ("kind", "ahead", "worth"),
    [
        (ReminderKind.DAY_BEFORE, timedelta(hours=24), True),
        (ReminderKind.DAY_BEFORE, timedelta(hours=3), True),
        (ReminderKind.DAY_BEFORE, timedelta(hours=2), False),
        (ReminderKind.HOURS_BEFORE, timedelta(hours=2), True),
        (ReminderKind.HOURS_BEFORE, MINUTE, True),
        (ReminderKind.HOURS_BEFORE, timedelta(0), False),
    ],
)
def test_a_late_reminder_is_sent_only_while_it_helps(kind, ahead, worth):
    assert reminders.is_worth_sending(kind, NOW + ahead, NOW) is worth
