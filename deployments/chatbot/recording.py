"""What every act in a conversation leaves behind."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Principal
from deployments.chatbot.events import ClinicianWanted
from deployments.journal import audit_row
from deployments.publishing import publish
from storage import audit

OBJECT: Final = "Communication"
"""The FHIR R4 resource type of conversations and messages."""
ASKED: Final = "asked"
"""The reason of a patient who asks for a clinician."""


def write_audit(
    connection: Connection,
    principal: Principal,
    action: str,
    object_id: UUID | None,
    at: datetime,
    patient_id: UUID | None,
) -> None:
    """Writes an audit row in the transaction of what it speaks of."""
    row = audit_row(principal, f"chatbot.{action}", OBJECT, object_id, at, patient_id=patient_id)
    audit.write_rows(connection, [row])


def want_clinician(connection: Connection, row: Row[Any], reason: str, at: datetime) -> None:
    """Has clinicians told that a patient waits."""
    event = ClinicianWanted(
        conversation_id=row.id,
        patient_id=row.patient_id,
        number=row.last_number,
        urgency=row.urgency,
        reason=reason,
        occurred_at=at,
    )
    publish(connection, event)
