"""Moves of an encounter: which status allows which, where it leads, and what speaks against it.

Codes are FHIR R4's: EncounterStatus, v3 ActEncounterCode (class), v3 ParticipationType,
admit-source and discharge-disposition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from deployments.errors import FieldError
from deployments.medical_records.errors import (
    EncounterNotClosable,
    EncounterRefused,
    EncounterStatusRefused,
)


class EncounterStatus(StrEnum):
    """FHIR R4 EncounterStatus; `unknown` comes from imports only."""

    PLANNED = "planned"
    ARRIVED = "arrived"
    TRIAGED = "triaged"
    IN_PROGRESS = "in-progress"
    ONLEAVE = "onleave"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


class EncounterMove(StrEnum):
    """What can be done to an encounter; the word stands in history and audit."""

    ARRIVE = "arrive"
    TRIAGE = "triage"
    START = "start"
    LEAVE = "leave"
    RETURN = "return"
    FINISH = "finish"
    CANCEL = "cancel"


class EncounterClass(StrEnum):
    """v3 ActEncounterCode: where and how the patient is seen."""

    AMBULATORY = "AMB"
    EMERGENCY = "EMER"
    FIELD = "FLD"
    HOME = "HH"
    INPATIENT = "IMP"
    ACUTE = "ACUTE"
    NON_ACUTE = "NONAC"
    OBSERVATION = "OBSENC"
    PRE_ADMISSION = "PRENC"
    SHORT_STAY = "SS"
    VIRTUAL = "VR"


Opening = Literal["relation", "break-glass", "walk-in", "emergency", "import"]
Priority = Literal["A", "CS", "EL", "EM", "P", "PRN", "R", "RR", "S", "T", "UD", "UR"]
"""v3 ActPriority: A as soon as possible, EL elective, EM emergency, R routine, UR urgent, ..."""
ParticipantRole = Literal["ADM", "ATND", "CON", "DIS", "PART", "PPRF", "REF", "SPRF"]
"""v3 ParticipationType: admits, attends, consults, discharges, takes part, performs first, refers,
performs second."""
AdmitSource = Literal[
    "hosp-trans", "emd", "outp", "born", "gp", "mp", "nursing", "psych", "rehab", "other"
]
DischargeDisposition = Literal[
    "home", "alt-home", "other-hcf", "hosp", "long", "aadvice", "exp", "psy", "rehab", "snf", "oth"
]


@dataclass(frozen=True, slots=True)
class Rule:
    """From which statuses a move is possible, and the status after it."""

    sources: frozenset[EncounterStatus]
    target: EncounterStatus


_S = EncounterStatus
_M = EncounterMove
MOVES: Final[Mapping[EncounterMove, Rule]] = {
    _M.ARRIVE: Rule(frozenset({_S.PLANNED}), _S.ARRIVED),
    _M.TRIAGE: Rule(frozenset({_S.ARRIVED}), _S.TRIAGED),
    _M.START: Rule(frozenset({_S.PLANNED, _S.ARRIVED, _S.TRIAGED}), _S.IN_PROGRESS),
    _M.LEAVE: Rule(frozenset({_S.IN_PROGRESS}), _S.ONLEAVE),
    _M.RETURN: Rule(frozenset({_S.ONLEAVE}), _S.IN_PROGRESS),
    _M.FINISH: Rule(frozenset({_S.IN_PROGRESS, _S.ONLEAVE}), _S.FINISHED),
    _M.CANCEL: Rule(frozenset({_S.PLANNED, _S.ARRIVED, _S.TRIAGED}), _S.CANCELLED),
}
"""Moves of an existing encounter; `void` is every entry's, `open` and `import` make a new one."""
OVER: Final = frozenset({_S.FINISHED, _S.CANCELLED, _S.ENTERED_IN_ERROR})
"""Nothing new is written into these, except addenda to what was signed."""
STAYS: Final = frozenset({EncounterClass.INPATIENT, EncounterClass.ACUTE, EncounterClass.NON_ACUTE})


def check_move(move: EncounterMove, status: EncounterStatus) -> EncounterStatus:
    """The status after the move.

    Raises:
        EncounterStatusRefused: the status does not allow it.
    """
    rule = MOVES[move]
    if status not in rule.sources:
        raise EncounterStatusRefused(f"{move} is not possible while the encounter is {status}")
    return rule.target


def check_period(start: datetime, end: datetime, now: datetime) -> None:
    """An encounter ends after it has begun and not in the future.

    Raises:
        EncounterRefused: it does not.
    """
    if not start <= end <= now:
        message = "must lie between the start and now"
        raise EncounterRefused(message, [FieldError("/end", "outside_period", message)])


def check_discharge(encounter_class: EncounterClass, disposition: str | None) -> None:
    """A stay ends with where the patient went; nothing else has a discharge.

    Raises:
        EncounterRefused: it is missing, or there is one too many.
    """
    if (encounter_class in STAYS) == (disposition is not None):
        return
    message = "a stay needs it, and nothing else has it"
    raise EncounterRefused(message, [FieldError("/discharge_disposition", "mismatch", message)])


def check_closable(drafts: Sequence[UUID], orders: Sequence[UUID]) -> None:
    """Nothing of an encounter that ends is left undone.

    Args:
        drafts: its unsigned notes.
        orders: its orders that wait for somebody.

    Raises:
        EncounterNotClosable: something is; the problem lists which.
    """
    if not drafts and not orders:
        return
    counted = ((drafts, "unsigned_note"), (orders, "open_order"))
    errors = [
        FieldError("", code, f"{code.replace('_', ' ')} {one}")
        for found, code in counted
        for one in found
    ]
    left = {"unsigned_notes": [str(one) for one in drafts]}
    raise EncounterNotClosable(
        "sign or void the notes, settle the orders",
        errors,
        left | {"open_orders": [str(one) for one in orders]},
    )


def check_open(status: EncounterStatus) -> None:
    """Something can still be written into the encounter.

    Raises:
        EncounterStatusRefused: it is over.
    """
    if status in OVER:
        raise EncounterStatusRefused(f"the encounter is {status}")
