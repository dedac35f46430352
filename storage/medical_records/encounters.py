"""Statements about encounters beside those of every entry."""

from collections.abc import Sequence
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, case, func, select
from sqlalchemy.dialects.postgresql import insert

from storage.medical_records.access_tables import TreatmentRelation
from storage.medical_records.encounter_tables import EncounterOrder

_NEW: Final = insert(cast("Table", EncounterOrder.__table__))
_LATER: Final = EncounterOrder.version <= _NEW.excluded.version
_PUT: Final = _NEW.on_conflict_do_update(
    index_elements=["order_id"],
    set_={
        "encounter_id": func.coalesce(_NEW.excluded.encounter_id, EncounterOrder.encounter_id),
        "open": case((_LATER, _NEW.excluded.open), else_=EncounterOrder.open),
        "version": func.greatest(_NEW.excluded.version, EncounterOrder.version),
    },
)
"""The encounter is told once, perhaps after what has happened to the order since."""


def put_order(
    connection: Connection,
    *,
    order_id: UUID,
    kind: str,
    encounter_id: UUID | None,
    open: bool,  # noqa: A002  # the column's name
    version: int,
) -> None:
    """Remembers where an order stands.

    Args:
        connection: in the transaction of the event that says so.
        order_id: of the other service.
        kind: prescription.
        encounter_id: of which encounter; None when this event does not say.
        open: it waits for somebody of the encounter.
        version: of the order; one older than what is known only tells the encounter.
    """
    values = {"order_id": order_id, "kind": kind, "encounter_id": encounter_id}
    connection.execute(_PUT, {**values, "open": open, "version": version})


def list_open_orders(connection: Connection, encounter_id: UUID) -> Sequence[UUID]:
    """Orders that the encounter has to wait for."""
    query = (
        select(EncounterOrder.order_id)
        .where(EncounterOrder.encounter_id == encounter_id, EncounterOrder.open)
        .order_by(EncounterOrder.order_id)
    )
    return connection.execute(query).scalars().all()


def has_appointment(connection: Connection, patient_id: UUID, appointment_id: UUID) -> bool:
    """Whether appointments has told of this visit of the patient."""
    query = select(TreatmentRelation.source_id).where(
        TreatmentRelation.kind == "appointment",
        TreatmentRelation.source_id == appointment_id,
        TreatmentRelation.patient_id == patient_id,
    )
    return connection.execute(query.limit(1)).first() is not None
