"""Orders that an encounter has to wait for, as their own services tell of them."""

from typing import Final

from sqlalchemy import Connection

from deployments.laboratory.events import OrderEvent
from deployments.pharmacy.events import (
    PrescriptionEvent,
    PrescriptionIssued,
    PrescriptionQueried,
    PrescriptionRejected,
)
from storage.medical_records import encounters

WAITING: Final = (PrescriptionQueried, PrescriptionRejected)
"""After these it is the prescriber's turn."""


def follow_prescription(connection: Connection, event: PrescriptionEvent) -> None:
    """Remembers where a prescription stands that was written during an encounter.

    One that the pharmacist rejected or asks about waits for its prescriber, who answers, revises
    or stops it. One that is issued waits for nobody of the encounter: patients fetch their
    medication after they were seen. Drafts are not known here: nobody has ordered anything yet.
    """
    encounters.put_order(
        connection,
        order_id=event.prescription_id,
        kind="prescription",
        encounter_id=event.encounter_id if isinstance(event, PrescriptionIssued) else None,
        open=isinstance(event, WAITING),
        version=event.version,
    )


def follow_laboratory(connection: Connection, event: OrderEvent, *, ended: bool) -> None:
    """Remembers whether a laboratory order of an encounter still waits for results."""
    encounters.put_order(
        connection,
        order_id=event.order_id,
        kind="laboratory",
        encounter_id=event.encounter_id,
        open=not ended,
        version=event.version,
    )
