"""Rules of booking, on plain values: each check passes or refuses."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from deployments.appointments.availability import Hours, Slot, Visit, find_slot
from deployments.appointments.cancellation import PATIENT_CODES, CancellationCode
from deployments.appointments.errors import (
    CancellationReasonNotAllowed,
    ChangedMeanwhile,
    HoldExpired,
    NotBookable,
    NotOffered,
    TooEarly,
    TooManyHolds,
)
from deployments.errors import FieldError

NO_NOTICE: Final = timedelta(0)


def check_time(
    start: datetime,
    now: datetime,
    *,
    notice: timedelta,
    horizon: timedelta,
) -> None:
    """A visit begins in the future, not too soon and not too far ahead.

    Args:
        start: when it is to begin.
        now: the moment of asking.
        notice: least time between the two; none for staff.
        horizon: most time between the two.

    Raises:
        NotBookable: with `in_past`, `too_soon` or `too_far`.
    """
    if start <= now:
        raise _not_bookable("/start", "in_past", "The visit would begin in the past.")
    if start - now < notice:
        minutes = int(notice.total_seconds() // 60)
        raise _not_bookable(
            "/start", "too_soon", f"This visit is booked at least {minutes} minutes ahead."
        )
    if start - now > horizon:
        raise _not_bookable(
            "/start", "too_far", f"Visits are booked at most {horizon.days} days ahead."
        )


def check_reason(*, active: bool, self_bookable: bool, by_patient: bool) -> None:
    """The reason is in use, and patients book only what is meant for them.

    Raises:
        NotBookable: with `inactive` or `not_self_bookable`.
    """
    if not active:
        raise _not_bookable("/reason_id", "inactive", "This reason is no longer in use.")
    if by_patient and not self_bookable:
        raise _not_bookable("/reason_id", "not_self_bookable", "Call the hospital to book this.")


def check_specialty(specialty: str | None, practised: Iterable[str]) -> None:
    """The doctor practises what the reason is for.

    Raises:
        NotBookable: with `other_specialty`.
    """
    if specialty is not None and specialty not in practised:
        raise _not_bookable("/reason_id", "other_specialty", "Another doctor's specialty.")


def check_not_begun(start: datetime, now: datetime) -> None:
    """The visit has not begun, so that its patient can still change it.

    Raises:
        NotBookable: with `in_past`.
    """
    if start <= now:
        raise _not_bookable("", "in_past", "The visit has begun; call the hospital.")


def check_moved(start: datetime, previous: datetime) -> None:
    """A rescheduled visit has another start.

    Raises:
        NotBookable: with `unchanged`.
    """
    if start == previous:
        raise _not_bookable("/start", "unchanged", "The visit begins then already.")


def check_offered(hours: Sequence[Hours], visit: Visit, start: datetime, *, on_leave: bool) -> Slot:
    """The slot that begins at `start`, inside the doctor's hours and on their grid.

    Raises:
        NotOffered: there is none, or the doctor is on leave.
    """
    slot = None if on_leave else find_slot(hours, visit, start)
    if slot is None:
        raise NotOffered("Choose a start from the search for free slots.")
    return slot


def check_holds(held: int, limit: int) -> None:
    """One more hold is allowed.

    Raises:
        TooManyHolds: it is not.
    """
    if held >= limit:
        raise TooManyHolds(f"A patient holds at most {limit} times at once.")


def check_hold_alive(expires_at: datetime | None, now: datetime) -> None:
    """The hold's lease has not ended.

    Raises:
        HoldExpired: it has.
    """
    if expires_at is None or expires_at <= now:
        raise HoldExpired("Hold the time again, if it is still free.")


def renewed_until(
    created_at: datetime, now: datetime, *, lease: timedelta, total: timedelta
) -> datetime:
    """When a renewed hold ends: one lease from now, and never later than its longest life.

    Raises:
        HoldExpired: its longest life has ended.
    """
    until = min(now + lease, created_at + total)
    check_hold_alive(until, now)
    return until


def check_no_show(start: datetime, now: datetime, grace: timedelta) -> None:
    """The patient has had time to come late.

    Raises:
        TooEarly: the grace time has not passed.
    """
    if now < start + grace:
        minutes = int(grace.total_seconds() // 60)
        raise TooEarly(f"A patient may be {minutes} minutes late.")


def check_cancellation(
    code: CancellationCode, *, by_patient: bool, start: datetime, now: datetime
) -> None:
    """The reason fits who cancels, and a patient cancels before the visit begins.

    Raises:
        CancellationReasonNotAllowed: a patient gave a reason that is not a patient's.
        NotBookable: with `in_past`: the visit has begun.
    """
    if not by_patient:
        return
    if code not in PATIENT_CODES:
        raise CancellationReasonNotAllowed(
            f"Patients give one of {', '.join(sorted(PATIENT_CODES))}."
        )
    check_not_begun(start, now)


def check_version(version: int, expected: int | None) -> None:
    """It is as the caller read it.

    Raises:
        ChangedMeanwhile: it is not.
    """
    if expected is not None and version != expected:
        raise ChangedMeanwhile("Read it again and decide anew.")


def _not_bookable(pointer: str, code: str, message: str) -> NotBookable:
    return NotBookable(message, [FieldError(pointer=pointer, code=code, message=message)])
