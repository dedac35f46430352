"""Specimens beyond their moves: what is left of one, and what an aliquot was taken from."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, update

from storage.laboratory import orders
from storage.laboratory.tables import SPECIMENS


def set_volume(connection: Connection, specimen_id: UUID, volume_ul: int) -> None:
    """Notes what is left of a locked specimen; no move, the history has that of the aliquots."""
    change = update(SPECIMENS).where(SPECIMENS.c.id == specimen_id)
    connection.execute(change.values(volume_ul=volume_ul))


def origin_of(connection: Connection, specimen: Row[Any]) -> Row[Any]:
    """The specimen that the tests belong to: the one that an aliquot was taken from."""
    while specimen.parent_id is not None:
        parent = orders.find_specimen(connection, specimen.parent_id)
        assert parent is not None  # noqa: S101  # a foreign key
        specimen = parent
    return specimen
