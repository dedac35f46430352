"""What entries of a chart must be in themselves, and what can become of them; pure.

Sources: FHIR R4 (4.0.1), the constraints of Condition (con-3 to con-5) and AllergyIntolerance
(ait-1, ait-2), and the state machines of Procedure (event) and CarePlan (request). What is ours
says so.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from deployments.errors import FieldError
from deployments.medical_records.condition_schemas import ConditionRequest
from deployments.medical_records.errors import EntryInconsistent, MoveNotAllowed
from deployments.medical_records.history_schemas import HistoryRequest
from deployments.medical_records.procedure_schemas import ProcedureRequest

R = TypeVar("R", bound=BaseModel)
ABATED: Final = frozenset({"inactive", "remission", "resolved"})
ONGOING: Final = frozenset({"active", "recurrence", "relapse"})
EASTERNMOST: Final = timedelta(hours=14)
WESTERNMOST: Final = timedelta(hours=12)

PROCEDURE_MOVES: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "start": (frozenset({"preparation", "on-hold"}), "in-progress"),
    "hold": (frozenset({"preparation", "in-progress"}), "on-hold"),
    "complete": (frozenset({"in-progress", "on-hold"}), "completed"),
    "stop": (frozenset({"in-progress", "on-hold"}), "stopped"),
    "cancel": (frozenset({"preparation", "on-hold"}), "not-done"),
}
MEDICATION_MOVES: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "start": (frozenset({"intended", "not-taken", "unknown"}), "active"),
    "hold": (frozenset({"active", "unknown"}), "on-hold"),
    "resume": (frozenset({"on-hold"}), "active"),
    "complete": (frozenset({"active", "on-hold", "unknown"}), "completed"),
    "decline": (frozenset({"active", "intended", "on-hold", "unknown"}), "not-taken"),
}
"""Ours: FHIR names the statuses of MedicationStatement, and no moves; `stop` has its own words."""
CARE_PLAN_MOVES: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "activate": (frozenset({"draft", "on-hold"}), "active"),
    "hold": (frozenset({"active"}), "on-hold"),
    "revoke": (frozenset({"draft", "active", "on-hold"}), "revoked"),
    "complete": (frozenset({"active", "on-hold"}), "completed"),
}


def latest_day(now: datetime) -> date:
    """The latest date that somebody on Earth writes now; a later one lies in the future."""
    return (now + EASTERNMOST).date()


def earliest_day(now: datetime) -> date:
    """The earliest date that somebody on Earth writes now; an earlier one is over."""
    return (now - WESTERNMOST).date()


def check_condition(request: ConditionRequest, now: datetime) -> None:
    """Passes when a problem is consistent in itself.

    Raises:
        EntryInconsistent: `errors` says where.
    """
    found: list[FieldError] = []
    status, abated = request.clinical_status, request.abated_on or request.abatement_text
    if status is None and request.category == "problem-list-item":
        found.append(_error("clinical_status", "con-3", "a problem has a clinical status"))
    if abated and status not in ABATED | {None}:
        found.append(_error("clinical_status", "con-4", "what has ended is not active"))
    if request.verification_status == "refuted" and status in ONGOING:  # ours
        found.append(_error("clinical_status", "refuted", "what is refuted is not active"))
    if request.code.coding is None:  # ours
        found.append(_error("code/coding", "not_coded", "diagnoses have an ICD-10-CM code"))
    if request.category == "encounter-diagnosis" and request.encounter_id is None:  # ours
        found.append(_error("encounter_id", "required", "of which encounter?"))
    found += day_errors(now, onset_on=request.onset_on, abated_on=request.abated_on)
    found += order_errors("abated_on", request.onset_on, request.abated_on)
    refuse(found)


def check_procedure(request: ProcedureRequest, now: datetime) -> None:
    """Passes when a procedure is consistent in itself; that what is done has begun is ours.

    Raises:
        EntryInconsistent: `errors` says where.
    """
    found: list[FieldError] = []
    start, end = request.performed_from, request.performed_until
    if start and end and start > end:
        found.append(_error("performed_until", "before_start", "comes before the beginning"))
    if end and start is None:
        found.append(_error("performed_from", "required", "what ended has begun"))
    if start and start > now and request.status not in {"preparation", "not-done", "unknown"}:
        found.append(_error("performed_from", "in_future", "lies in the future"))
    refuse(found)


def check_history(request: HistoryRequest, now: datetime) -> None:
    """Passes when history is consistent in itself.

    Raises:
        EntryInconsistent: `errors` says where.
    """
    found = day_errors(now, occurred_on=request.occurred_on)
    if (request.kind == "family") != (request.relationship is not None):
        found.append(_error("relationship", "family_only", "family history names a relative"))
    refuse(found)


def day_errors(now: datetime, **days: date | None) -> list[FieldError]:
    """An error for each day that lies in the future."""
    return [
        _error(name, "in_future", "lies in the future")
        for name, day in days.items()
        if day is not None and day > latest_day(now)
    ]


def order_errors(name: str, start: date | None, end: date | None) -> list[FieldError]:
    """An error when the end, which has the name, comes before the start."""
    if start is None or end is None or start <= end:
        return []
    return [_error(name, "before_start", "comes before the beginning")]


def refuse(found: list[FieldError]) -> None:
    """Passes when nothing was found.

    Raises:
        EntryInconsistent: with what was found.
    """
    if found:
        raise EntryInconsistent("see errors", found)


def check_move(moves: Mapping[str, tuple[frozenset[str], str]], move: str, status: str) -> str:
    """The status that a move leads to.

    Raises:
        MoveNotAllowed: not from this status.
    """
    sources, target = moves[move]
    if status not in sources:
        raise MoveNotAllowed(f"cannot {move} what is {status}")
    return target


def keep_status(request: R, row: Mapping[Any, Any]) -> R:
    """The request with the status that the entry has, which only verbs move.

    Raises:
        MoveNotAllowed: it says another status.
    """
    said: Any = request
    if "status" in request.model_fields_set and said.status != row["status"]:
        raise MoveNotAllowed(f"it is {row['status']}: its status moves by its verbs")
    kept = {name: row[name] for name in ("status", "status_reason")}
    return request.model_copy(update=kept)


def check_from(move: str, status: str | None, sources: frozenset[str]) -> None:
    """Passes when a move is possible from a status.

    Raises:
        MoveNotAllowed: it is not.
    """
    if status not in sources:
        raise MoveNotAllowed(f"cannot {move} what is {status}")


def _error(name: str, code: str, message: str) -> FieldError:
    return FieldError(f"/{name}", code, message)
