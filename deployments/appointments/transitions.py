"""Moves of an appointment: which status allows which, and where it leads (FHIR R4 codes)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deployments.appointments.errors import MoveNotAllowed


class AppointmentStatus(StrEnum):
    """FHIR R4 AppointmentStatus."""

    PROPOSED = "proposed"
    PENDING = "pending"
    BOOKED = "booked"
    ARRIVED = "arrived"
    CHECKED_IN = "checked-in"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    ENTERED_IN_ERROR = "entered-in-error"
    WAITLIST = "waitlist"


class Move(StrEnum):
    """What can be done to an appointment; the word stands in history and audit."""

    HOLD = "hold"
    RENEW = "renew"
    CONFIRM = "confirm"
    BOOK = "book"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    EXPIRE = "expire"
    ARRIVE = "arrive"
    CHECK_IN = "check-in"
    FULFIL = "fulfil"
    NO_SHOW = "no-show"
    ENTER_IN_ERROR = "entered-in-error"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Rule:
    """From which statuses a move is possible, and the status after it."""

    sources: frozenset[AppointmentStatus]
    target: AppointmentStatus


_S = AppointmentStatus
MOVES: Final[Mapping[Move, Rule]] = {
    Move.RENEW: Rule(frozenset({_S.PENDING}), _S.PENDING),
    Move.CONFIRM: Rule(frozenset({_S.PENDING}), _S.BOOKED),
    Move.RESCHEDULE: Rule(frozenset({_S.BOOKED}), _S.BOOKED),
    Move.CANCEL: Rule(frozenset({_S.PROPOSED, _S.PENDING, _S.BOOKED, _S.WAITLIST}), _S.CANCELLED),
    Move.EXPIRE: Rule(frozenset({_S.PENDING}), _S.CANCELLED),
    Move.ARRIVE: Rule(frozenset({_S.BOOKED}), _S.ARRIVED),
    Move.CHECK_IN: Rule(frozenset({_S.BOOKED, _S.ARRIVED}), _S.CHECKED_IN),
    Move.FULFIL: Rule(frozenset({_S.ARRIVED, _S.CHECKED_IN}), _S.FULFILLED),
    Move.NO_SHOW: Rule(frozenset({_S.BOOKED}), _S.NOSHOW),
    Move.ENTER_IN_ERROR: Rule(frozenset(_S) - {_S.ENTERED_IN_ERROR}, _S.ENTERED_IN_ERROR),
}
"""Moves of an existing appointment; `hold`, `book` and `import` make a new one."""

OPEN_STATUSES: Final = frozenset({_S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN})
"""The visit is still to come or under way."""
TAKING_STATUSES: Final = OPEN_STATUSES | {_S.FULFILLED}
"""The doctor's and the patient's time is taken; the exclusion constraints speak of these."""


def check_move(move: Move, status: AppointmentStatus) -> AppointmentStatus:
    """The status after the move.

    Raises:
        MoveNotAllowed: the status does not allow it.
    """
    rule = MOVES[move]
    if status not in rule.sources:
        raise MoveNotAllowed(f"{move} is not possible while the appointment is {status}")
    return rule.target
