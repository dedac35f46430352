"""What every change of a dispensing leaves behind."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.pharmacy import dispensing_facts as facts_of
from deployments.pharmacy.dispensing_schemas import Dispensing
from deployments.pharmacy.recording import DISPENSE, attempt, write_audit
from deployments.pharmacy.stock_desk import StockDesk
from storage.pharmacy import dispensing


def changed(
    connection: Connection,
    desk: StockDesk,
    principal: Principal,
    action: str,
    row: RowMapping,
    values: Mapping[str, Any],
) -> Dispensing:
    """Writes values and the audit row; returns the dispensing as operations answer it."""
    now = desk.clock()
    written = dispensing.change(connection, row["id"], {"updated_at": now, **values})
    audit_dispensing(connection, principal, action, row, now)
    return facts_of.shown(connection, [written])[0]


def audit_dispensing(
    connection: Connection, principal: Principal, action: str, row: RowMapping, now: datetime
) -> None:
    """Writes the audit row of a dispensing."""
    write_audit(
        connection,
        principal,
        action=f"{action}_dispensing",
        object_type=DISPENSE,
        object_id=row["id"],
        patient_id=row["patient_id"],
        at=now,
    )


async def attempt_dispensing(
    desk: StockDesk,
    principal: Principal,
    action: str,
    running: Awaitable[Dispensing],
    dispensing_id: UUID | None,
    patient_id: UUID | None = None,
) -> Dispensing:
    """What a change of a dispensing returns; a refusal is written down (see `attempt`)."""
    return await attempt(
        desk,
        principal,
        f"{action}_dispensing",
        running,
        object_id=dispensing_id,
        patient_id=patient_id,
        object_type=DISPENSE,
    )
