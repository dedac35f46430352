"""Postal addresses of people; every statement names the owner, so that ids alone open nothing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from storage.users.tables import Address


def all_of(connection: Connection, user_id: UUID) -> Sequence[Row[Any]]:
    """The person's addresses, oldest first."""
    return connection.execute(
        select(Address.__table__).where(Address.user_id == user_id).order_by(Address.id)
    ).all()


def add(
    connection: Connection, address_id: UUID, user_id: UUID, values: dict[str, Any]
) -> Row[Any]:
    """Inserts an address."""
    return connection.execute(
        insert(Address)
        .values(values | {"id": address_id, "user_id": user_id})
        .returning(Address.__table__)
    ).one()


def lock(connection: Connection, address_id: UUID, user_id: UUID) -> Row[Any] | None:
    """One address of the person, held until the transaction ends."""
    return connection.execute(
        select(Address.__table__)
        .where(Address.id == address_id, Address.user_id == user_id)
        .with_for_update()
    ).first()


def change(connection: Connection, address_id: UUID, values: dict[str, Any]) -> Row[Any]:
    """Updates an address that is locked, and counts its version up."""
    return connection.execute(
        update(Address)
        .where(Address.id == address_id)
        .values(values | {"version": Address.version + 1})
        .returning(Address.__table__)
    ).one()


def remove(connection: Connection, address_id: UUID) -> None:
    """Deletes an address that is locked."""
    connection.execute(delete(Address).where(Address.id == address_id))


def remove_all(connection: Connection, user_id: UUID) -> None:
    """Deletes all addresses of the person."""
    connection.execute(delete(Address).where(Address.user_id == user_id))
