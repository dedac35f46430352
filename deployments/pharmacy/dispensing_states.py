"""Moves of a dispensing: which status allows which, and where it leads (FHIR R4 codes)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from deployments.pharmacy.errors import MoveNotAllowed


class DispensingStatus(StrEnum):
    """FHIR R4 MedicationDispense.status, as far as a pharmacy uses it."""

    PREPARATION = "preparation"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


class DispensingMove(StrEnum):
    """What can be done to a dispensing; the word stands in the audit log."""

    PICK = "pick"
    HOLD = "hold"
    RESUME = "resume"
    COMPLETE = "complete"
    DECLINE = "decline"
    STOP = "stop"
    CANCEL = "cancel"


class DeclineReason(StrEnum):
    """Why nothing is handed over; codes of HL7 `medicationdispense-status-reason`."""

    ALTERNATIVE = "altchoice"
    CLARIFICATION = "clarif"
    DOSE_TOO_HIGH = "drughigh"
    ADMITTED = "hospadm"
    LABORATORY = "labint"
    NOT_AVAILABLE = "non-avail"
    PREGNANCY = "preg"
    ALLERGY = "saig"
    INTERACTION = "sddi"
    DUPLICATE = "sdupther"
    INTOLERANCE = "sintol"
    SURGERY = "surg"
    WASHOUT = "washout"
    OUT_OF_STOCK = "outofstock"
    OFF_MARKET = "offmarket"


class ReturnReason(StrEnum):
    """Why medicines come back."""

    NOT_NEEDED = "not-needed"
    STOPPED = "stopped"
    WRONG_ITEM = "wrong-item"
    ADVERSE_REACTION = "adverse-reaction"
    DAMAGED = "damaged"
    RECALLED = "recalled"
    DECEASED = "deceased"


_S = DispensingStatus
_OPEN: Final = frozenset({_S.PREPARATION, _S.IN_PROGRESS, _S.ON_HOLD})
_MOVES: Final[Mapping[DispensingMove, tuple[frozenset[DispensingStatus], DispensingStatus]]] = {
    DispensingMove.PICK: (frozenset({_S.PREPARATION}), _S.IN_PROGRESS),
    DispensingMove.HOLD: (frozenset({_S.PREPARATION, _S.IN_PROGRESS}), _S.ON_HOLD),
    DispensingMove.RESUME: (frozenset({_S.ON_HOLD}), _S.IN_PROGRESS),
    DispensingMove.COMPLETE: (frozenset({_S.IN_PROGRESS}), _S.COMPLETED),
    DispensingMove.DECLINE: (_OPEN, _S.DECLINED),
    DispensingMove.STOP: (frozenset({_S.IN_PROGRESS, _S.ON_HOLD}), _S.STOPPED),
    DispensingMove.CANCEL: (_OPEN | {_S.COMPLETED}, _S.CANCELLED),
}


def check_move(move: DispensingMove, status: DispensingStatus) -> DispensingStatus:
    """The status after the move.

    Raises:
        MoveNotAllowed: the status does not allow it.
    """
    sources, target = _MOVES[move]
    if status not in sources:
        raise MoveNotAllowed(f"{move} is not possible while the dispensing is {status}")
    return target
