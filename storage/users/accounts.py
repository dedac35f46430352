"""Rows of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, tuple_, update

from storage.users.tables import Identifier, SecondFactor, User

ADMINISTRATOR: Final = "administrator"
ADMINISTRATORS_LOCK: Final = 0x61646D696E  # "admin"


@dataclass(frozen=True)
class AccountFilter:
    """Which accounts are wanted; None does not filter.

    Attributes:
        terms: words in search form, each of which must be in the name.
    """

    role: str | None = None
    status: str | None = None
    email: str | None = None
    terms: tuple[str, ...] = ()


def add(connection: Connection, values: dict[str, Any]) -> Row[Any]:
    """Inserts a person and returns the row."""
    return connection.execute(insert(User).values(values).returning(User.__table__)).one()


def find(connection: Connection, user_id: UUID) -> Row[Any] | None:
    """The person's row."""
    return connection.execute(select(User.__table__).where(User.id == user_id)).first()


def lock(connection: Connection, user_id: UUID) -> Row[Any] | None:
    """The person's row, held until the transaction ends."""
    return connection.execute(
        select(User.__table__).where(User.id == user_id).with_for_update()
    ).first()


def find_by_email(connection: Connection, email: str) -> Row[Any] | None:
    """The person who signs in with this address."""
    return connection.execute(select(User.__table__).where(User.email == email)).first()


def find_credentials(connection: Connection, email: str) -> Row[Any] | None:
    """The person's row with `sealed_secret`, null unless a second factor is in force."""
    return connection.execute(
        select(User.__table__, SecondFactor.sealed_secret)
        .outerjoin(
            SecondFactor,
            (SecondFactor.user_id == User.id) & SecondFactor.confirmed_at.is_not(None),
        )
        .where(User.email == email)
    ).first()


def change(connection: Connection, user_id: UUID, values: dict[str, Any]) -> Row[Any]:
    """Updates a person, counts the version up, and returns the new row."""
    return connection.execute(
        update(User)
        .where(User.id == user_id)
        .values(values | {"version": User.version + 1})
        .returning(User.__table__)
    ).one()


def hold_administrators(connection: Connection) -> set[UUID]:
    """Ids of everybody who can let people in; nobody changes who they are until COMMIT."""
    connection.execute(select(func.pg_advisory_xact_lock(ADMINISTRATORS_LOCK)))
    return set(
        connection.execute(
            select(User.id).where(User.roles.contains([ADMINISTRATOR]), User.status == "active")
        ).scalars()
    )


def page(
    connection: Connection, wanted: AccountFilter, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` accounts by name, after the position."""
    query = _filtered(select(User.__table__), wanted)
    if after is not None:
        query = query.where(tuple_(User.search_name, User.id) > tuple_(*after))
    return connection.execute(query.order_by(User.search_name, User.id).limit(limit)).all()


def _filtered(query: Select[Any], wanted: AccountFilter) -> Select[Any]:
    if wanted.role is not None:
        query = query.where(User.roles.contains([wanted.role]))
    if wanted.status is not None:
        query = query.where(User.status == wanted.status)
    if wanted.email is not None:
        query = query.where(User.email == wanted.email)
    for term in wanted.terms:
        query = query.where(User.search_name.contains(term, autoescape=True))
    return query


def contacts(connection: Connection, user_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Rows of several people."""
    return connection.execute(select(User.__table__).where(User.id.in_(user_ids))).all()


def members(connection: Connection, role: str) -> Sequence[UUID]:
    """Ids of the active people with the role, ascending."""
    return (
        connection.execute(
            select(User.id)
            .where(User.roles.contains([role]), User.status == "active")
            .order_by(User.id)
        )
        .scalars()
        .all()
    )


def owners(connection: Connection, identifiers: Sequence[tuple[str, str]]) -> set[UUID]:
    """Who has any of these business identifiers (system, value)."""
    return set(
        connection.execute(
            select(Identifier.user_id).where(
                tuple_(Identifier.system, Identifier.value).in_(identifiers)
            )
        ).scalars()
    )


def identifiers_of(connection: Connection, user_id: UUID) -> Sequence[Row[Any]]:
    """The person's business identifiers."""
    return connection.execute(
        select(Identifier.__table__)
        .where(Identifier.user_id == user_id)
        .order_by(Identifier.system, Identifier.value)
    ).all()


def add_identifiers(
    connection: Connection, user_id: UUID, identifiers: Sequence[tuple[str, str]]
) -> None:
    """Gives the person business identifiers."""
    connection.execute(
        insert(Identifier),
        [{"system": system, "value": value, "user_id": user_id} for system, value in identifiers],
    )
