"""What every change and every read in billing leaves behind: an audit row."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.journal import audit_row
from storage import audit

INVOICE: Final = "Invoice"


def write_audit(
    connection: Connection,
    principal: Principal,
    *,
    action: str,
    object_type: str,
    object_id: UUID | None,
    at: datetime,
    patient_id: UUID | None = None,
) -> None:
    """Writes an audit row in the transaction of what it speaks of."""
    row = audit_row(
        principal, f"billing.{action}", object_type, object_id, at, patient_id=patient_id
    )
    audit.write_rows(connection, [row])
