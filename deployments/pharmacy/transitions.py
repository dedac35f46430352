"""Moves of a prescription: which status allows which, and where it leads.

Two statuses are kept apart: the prescriber's (FHIR R4 medicationrequest-status) and the
pharmacy's own, as OpenMRS keeps Order.FulfillerStatus apart from the order's action.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deployments.pharmacy.errors import MoveNotAllowed


class PrescriptionStatus(StrEnum):
    """FHIR R4 medicationrequest-status."""

    DRAFT = "draft"
    ACTIVE = "active"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class FulfilmentStatus(StrEnum):
    """How far the pharmacy is with a signed prescription."""

    RECEIVED = "received"
    VERIFIED = "verified"
    QUERIED = "queried"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class Move(StrEnum):
    """What can be done with a prescription; the word stands in history and audit."""

    DRAFT = "draft"
    REWRITE = "rewrite"
    SIGN = "sign"
    HOLD = "hold"
    RESUME = "resume"
    STOP = "stop"
    CANCEL = "cancel"
    REVISE = "revise"
    RENEW = "renew"
    EXPIRE = "expire"
    ENTER_IN_ERROR = "entered-in-error"
    VERIFY = "verify"
    QUERY = "query"
    ANSWER = "answer"
    REJECT = "reject"
    DISPENSE = "dispense"
    COMPLETE = "complete"
    TAKE_BACK = "take-back"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a move is possible, and what it leads to.

    Attributes:
        sources: the prescriber's statuses that allow it.
        target: the prescriber's status after it; None leaves it as it is.
        fulfilments: the pharmacy's statuses that allow it; None for all.
        fulfilment: the pharmacy's status after it; None leaves it as it is.
    """

    sources: frozenset[PrescriptionStatus]
    target: PrescriptionStatus | None = None
    fulfilments: frozenset[FulfilmentStatus] | None = None
    fulfilment: FulfilmentStatus | None = None


_S = PrescriptionStatus
_F = FulfilmentStatus
_ACTIVE: Final = frozenset({_S.ACTIVE})
_OPEN: Final = frozenset({_S.ACTIVE, _S.ON_HOLD})
_UNTOUCHED: Final = frozenset({_F.RECEIVED, _F.VERIFIED, _F.QUERIED, _F.REJECTED})
_BEGUN: Final = frozenset({_F.VERIFIED, _F.IN_PROGRESS})

MOVES: Final[Mapping[Move, Rule]] = {
    Move.REWRITE: Rule(frozenset({_S.DRAFT})),
    Move.SIGN: Rule(frozenset({_S.DRAFT}), _S.ACTIVE, fulfilment=_F.RECEIVED),
    Move.HOLD: Rule(_ACTIVE, _S.ON_HOLD),
    Move.RESUME: Rule(frozenset({_S.ON_HOLD}), _S.ACTIVE),
    Move.STOP: Rule(_OPEN, _S.STOPPED),
    Move.CANCEL: Rule(_OPEN | {_S.DRAFT}, _S.CANCELLED, _UNTOUCHED),
    Move.REVISE: Rule(_OPEN, _S.STOPPED),
    Move.RENEW: Rule(_OPEN, _S.COMPLETED),
    Move.EXPIRE: Rule(_OPEN, _S.STOPPED),
    Move.ENTER_IN_ERROR: Rule(frozenset(_S) - {_S.ENTERED_IN_ERROR}, _S.ENTERED_IN_ERROR),
    Move.VERIFY: Rule(_ACTIVE, None, frozenset({_F.RECEIVED}), _F.VERIFIED),
    Move.QUERY: Rule(_ACTIVE, None, frozenset({_F.RECEIVED, _F.VERIFIED}), _F.QUERIED),
    Move.ANSWER: Rule(_ACTIVE, None, frozenset({_F.QUERIED}), _F.RECEIVED),
    Move.REJECT: Rule(
        _ACTIVE, None, frozenset({_F.RECEIVED, _F.VERIFIED, _F.QUERIED}), _F.REJECTED
    ),
    Move.DISPENSE: Rule(_ACTIVE, None, _BEGUN, _F.IN_PROGRESS),
    Move.COMPLETE: Rule(_ACTIVE, _S.COMPLETED, _BEGUN, _F.COMPLETED),
    Move.TAKE_BACK: Rule(
        frozenset({_S.COMPLETED}),
        _S.ACTIVE,
        frozenset({_F.COMPLETED}),
        _F.IN_PROGRESS,
    ),
}
"""Moves of an existing prescription; `draft` makes a new one."""

ENDED: Final = frozenset(_S) - _OPEN - {_S.DRAFT}
RENEWABLE: Final = _OPEN | {_S.COMPLETED, _S.STOPPED}
"""A prescription that is over can be continued too; it then stays as it is."""


def check_move(
    move: Move, status: PrescriptionStatus, fulfilment: FulfilmentStatus | None
) -> dict[str, str]:
    """The columns that the move changes.

    Raises:
        MoveNotAllowed: one of the two statuses does not allow it.
    """
    rule = MOVES[move]
    if status not in rule.sources:
        raise MoveNotAllowed(f"{move} is not possible while the prescription is {status}")
    if rule.fulfilments is not None and fulfilment and fulfilment not in rule.fulfilments:
        raise MoveNotAllowed(f"{move} is not possible while the pharmacy says {fulfilment}")
    changes = {}
    if rule.target is not None:
        changes["status"] = rule.target.value
    if rule.fulfilment is not None:
        changes["fulfilment"] = rule.fulfilment.value
    return changes
