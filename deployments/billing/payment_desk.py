"""What the operations on payments work with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.billing.desk import Desk
from deployments.billing.payment_provider import PaymentProvider
from deployments.billing.payment_settings import PaymentSettings
from deployments.billing.recording import write_audit

SOFTWARE: Final = Principal.for_service("billing")
"""Acts when the provider speaks and nobody asked."""
PAYMENT: Final = "PaymentNotice"
REFUND: Final = "PaymentReconciliation"
SESSION: Final = "Account"


@dataclass(frozen=True)
class PaymentDesk:
    """The tools of one replica."""

    house: Desk
    provider: PaymentProvider
    settings: PaymentSettings

    def now(self) -> datetime:
        """The time."""
        return self.house.clock()


def audit_of(
    connection: Connection,
    principal: Principal,
    action: str,
    kind: str,
    row: RowMapping,
    at: datetime,
) -> None:
    """Writes the audit row of a payment, a refund or a session."""
    patient_id: UUID | None = row.get("patient_id")
    write_audit(
        connection,
        principal,
        action=action,
        object_type=kind,
        object_id=row["id"],
        at=at,
        patient_id=patient_id,
    )
