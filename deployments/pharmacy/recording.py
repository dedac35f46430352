"""What every change in the pharmacy leaves behind: a step of history and an audit row."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.clock import Clock
from deployments.errors import DomainError
from deployments.journal import Journal, audit_row
from deployments.pharmacy.transitions import Move
from storage import audit
from storage.pharmacy.prescriptions import Step

T = TypeVar("T")
ORDER: Final = "MedicationRequest"
DISPENSE: Final = "MedicationDispense"


def step(
    principal: Principal,
    move: Move,
    at: datetime,
    *,
    reason_code: str | None = None,
    text: str | None = None,
) -> Step:
    """A line of history in the caller's name."""
    return Step(
        move=move.value,
        actor_id=principal.user_id,
        actor_role=principal.role,
        at=at,
        reason_code=reason_code,
        text=text,
    )


def write_audit(
    connection: Connection,
    principal: Principal,
    *,
    action: str,
    object_type: str,
    object_id: UUID | None,
    at: datetime,
    patient_id: UUID | None = None,
    basis: str | None = None,
) -> None:
    """Writes an audit row in the transaction of what it speaks of."""
    row = audit_row(
        principal,
        f"pharmacy.{action}",
        object_type,
        object_id,
        at,
        patient_id=patient_id,
        basis=basis,
    )
    audit.write_rows(connection, [row])


class Tools(Protocol):
    """What an attempt needs of a desk."""

    @property
    def journal(self) -> Journal:
        """For audit rows without a transaction of their own."""

    @property
    def clock(self) -> Clock:
        """Tells the time."""


async def attempt(
    desk: Tools,
    principal: Principal,
    action: str,
    running: Awaitable[T],
    *,
    object_id: UUID | None = None,
    patient_id: UUID | None = None,
    object_type: str = ORDER,
) -> T:
    """What a change returns; when a rule refuses it, that somebody tried is written down.

    Args:
        desk: the tools.
        principal: who may do it, as far as was checked before.
        action: the verb.
        running: the transaction of the change.
        object_id: what would be changed, if it is there already.
        patient_id: whose.
        object_type: FHIR's word for it.

    Raises:
        DomainError: what `running` raises.
    """
    try:
        return await running
    except DomainError:
        row = audit_row(
            principal,
            f"pharmacy.{action}",
            object_type,
            object_id,
            desk.clock(),
            patient_id=patient_id,
            outcome="failure",
        )
        await desk.journal.write(row)
        raise
