"""Statements about clinical notes beside those of every entry."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from storage.medical_records.encounter_tables import Note
from storage.medical_records.entries import columns_of


def list_drafts(connection: Connection, encounter_id: UUID) -> Sequence[UUID]:
    """Unsigned notes of an encounter."""
    query = (
        select(Note.id)
        .where(Note.encounter_id == encounter_id, Note.status == "preliminary")
        .order_by(Note.id)
    )
    return connection.execute(query).scalars().all()


def list_addenda(connection: Connection, patient_id: UUID, note_id: UUID) -> Sequence[RowMapping]:
    """What was added to a note, oldest first."""
    query = (
        select(*columns_of(Note))
        .where(Note.parent_id == note_id, Note.patient_id == patient_id)
        .order_by(Note.id)
    )
    return connection.execute(query).mappings().all()
