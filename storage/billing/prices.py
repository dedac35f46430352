"""Price lists: their versions, and what something costs on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.price_tables import PRICE_LIST_VERSIONS, PRICE_LISTS, PRICES
from storage.columns import new_id

LOOK_UP: Final = text(
    "SELECT wanted.place, found.unit_price, found.name_en, found.name_vi"
    " FROM unnest(CAST(:kinds AS text[]), CAST(:codes AS text[]), CAST(:days AS date[]))"
    "  WITH ORDINALITY AS wanted (kind, code, day, place)"
    " JOIN LATERAL (SELECT p.unit_price, p.name_en, p.name_vi FROM prices p"
    "  JOIN price_list_versions v ON v.id = p.version_id"
    "  JOIN price_lists l ON l.id = v.price_list_id"
    "  WHERE l.currency = :currency AND (l.payer_id IS NULL OR l.payer_id = :payer_id)"
    "  AND v.valid @> wanted.day AND p.kind = wanted.kind AND p.code = wanted.code"
    "  ORDER BY l.payer_id NULLS LAST LIMIT 1) found ON true"
)


@dataclass(frozen=True)
class Wanted:
    """Something whose price is wanted: its kind and code, and the day on which it was done."""

    kind: str
    code: str
    day: date


def add_list(connection: Connection, values: Mapping[str, Any]) -> RowMapping | None:
    """Writes a list; None when there is one for the payer, currency or code already."""
    statement = upsert(PRICE_LISTS).on_conflict_do_nothing().returning(*PRICE_LISTS.columns)
    return connection.execute(statement, {"id": new_id(), **values}).mappings().first()


def find_list(connection: Connection, column: str, value: object) -> RowMapping | None:
    """A list, by `id` or `code`, locked until the end of the transaction."""
    query = select(PRICE_LISTS).where(PRICE_LISTS.c[column] == value).with_for_update()
    return connection.execute(query).mappings().first()


def all_lists(connection: Connection) -> Sequence[RowMapping]:
    """Every list, by code; few."""
    return connection.execute(select(PRICE_LISTS).order_by(PRICE_LISTS.c.code)).mappings().all()


def add_version(
    connection: Connection, price_list_id: UUID, actor_id: UUID, at: datetime
) -> RowMapping:
    """Writes the next version of a list that is locked, as a draft without prices."""
    last = select(func.coalesce(func.max(PRICE_LIST_VERSIONS.c.number), 0)).where(
        PRICE_LIST_VERSIONS.c.price_list_id == price_list_id
    )
    row = {
        "id": new_id(),
        "price_list_id": price_list_id,
        "number": connection.execute(last).scalar_one() + 1,
        "status": "draft",
        "created_by": actor_id,
        "created_at": at,
    }
    statement = insert(PRICE_LIST_VERSIONS).returning(*PRICE_LIST_VERSIONS.columns)
    return connection.execute(statement, row).mappings().one()


def versions(connection: Connection, price_list_id: UUID) -> Sequence[RowMapping]:
    """The versions of a list, newest first."""
    query = (
        select(PRICE_LIST_VERSIONS)
        .where(PRICE_LIST_VERSIONS.c.price_list_id == price_list_id)
        .order_by(PRICE_LIST_VERSIONS.c.number.desc())
    )
    return connection.execute(query).mappings().all()


def lock_version(connection: Connection, version_id: UUID) -> RowMapping | None:
    """A version, locked until the end of the transaction."""
    query = select(PRICE_LIST_VERSIONS).where(PRICE_LIST_VERSIONS.c.id == version_id)
    return connection.execute(query.with_for_update()).mappings().first()


def publish(
    connection: Connection, version: RowMapping, since: date, actor_id: UUID, at: datetime
) -> RowMapping:
    """Lets a draft hold from a day on; the version that held until then ends the day before.

    Raises:
        sqlalchemy.exc.IntegrityError: a later version holds already, or one from this very day.
    """
    current = PRICE_LIST_VERSIONS.c
    connection.execute(
        update(PRICE_LIST_VERSIONS)
        .where(
            current.price_list_id == version["price_list_id"],
            func.upper_inf(current.valid),
            func.lower(current.valid) < since,
        )
        .values(valid=func.daterange(func.lower(current.valid), since))
    )
    values = {
        "status": "published",
        "valid": Range(since, None),
        "published_by": actor_id,
        "published_at": at,
    }
    statement = update(PRICE_LIST_VERSIONS).where(current.id == version["id"]).values(values)
    returned = statement.returning(*PRICE_LIST_VERSIONS.columns)
    return connection.execute(returned).mappings().one()


def add_prices(connection: Connection, version_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes the prices of a draft."""
    connection.execute(insert(PRICES), [{"version_id": version_id, **row} for row in rows])


def prices_of(
    connection: Connection, version_id: UUID, after: tuple[str, str] | None, limit: int
) -> Sequence[RowMapping]:
    """The prices of a version in the order of kind and code, after a position."""
    query = select(PRICES).where(PRICES.c.version_id == version_id)
    if after is not None:
        query = query.where(func.row(PRICES.c.kind, PRICES.c.code) > func.row(*after))
    query = query.order_by(PRICES.c.kind, PRICES.c.code).limit(limit)
    return connection.execute(query).mappings().all()


def look_up(
    connection: Connection, wanted: Sequence[Wanted], currency: str, payer_id: UUID | None
) -> dict[Wanted, RowMapping]:
    """What things cost on their days, by the payer's list where it has them, else the public one.

    What has no price is left out.
    """
    if not wanted:
        return {}
    parameters = {
        "kinds": [one.kind for one in wanted],
        "codes": [one.code for one in wanted],
        "days": [one.day for one in wanted],
        "currency": currency,
        "payer_id": payer_id,
    }
    rows = connection.execute(LOOK_UP, parameters).mappings()
    return {wanted[row["place"] - 1]: row for row in rows}
