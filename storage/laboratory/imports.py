"""Taking over from other systems: what is known, in bulk, and one import at a time."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from storage.laboratory.tables import IMPORTS, ORDERS, RESULTS, TESTS, VALUES

Name = tuple[str, str]
"""System and value of an identifier."""
_NAME: Final = (IMPORTS.c.identifier_system, IMPORTS.c.identifier_value)
_NEW: Final = insert(IMPORTS)
_PUT: Final = _NEW.on_conflict_do_update(
    index_elements=["kind", "identifier_system", "identifier_value"],
    set_={one: _NEW.excluded[one] for one in ("object_id", "digest", "imported_at")},
)


def lock(connection: Connection) -> None:
    """Until the end of the transaction nobody else imports."""
    key = func.hashtextextended("laboratory import", 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def find(connection: Connection, kind: str, names: Collection[Name]) -> dict[Name, Row[Any]]:
    """Those of the resources that were taken before."""
    query = select(IMPORTS).where(IMPORTS.c.kind == kind, tuple_(*_NAME).in_(list(names)))
    rows = connection.execute(query)
    return {(row.identifier_system, row.identifier_value): row for row in rows}


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remembers what was taken."""
    if rows:
        connection.execute(_PUT, list(rows))


def orders_named(connection: Connection, names: Collection[Name]) -> dict[Name, Row[Any]]:
    """Imported orders by their names, locked in a fixed order."""
    names_of = tuple_(ORDERS.c.identifier_system, ORDERS.c.identifier_value)
    query = select(ORDERS).where(names_of.in_(list(names))).order_by(ORDERS.c.id).with_for_update()
    rows = connection.execute(query)
    return {(row.identifier_system, row.identifier_value): row for row in rows}


def lock_orders(connection: Connection, order_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Orders by id, locked in a fixed order."""
    query = select(ORDERS).where(ORDERS.c.id.in_(order_ids)).order_by(ORDERS.c.id)
    return {row.id: row for row in connection.execute(query.with_for_update())}


def change_test(connection: Connection, test_id: UUID, **columns: Any) -> None:
    """Changes a locked test; a new version of it."""
    change = update(TESTS).where(TESTS.c.id == test_id)
    connection.execute(change.values(version=TESTS.c.version + 1, **columns))


def change_result(connection: Connection, result_id: UUID, **columns: Any) -> None:
    """Notes what else the source says of a version of a result."""
    connection.execute(update(RESULTS).where(RESULTS.c.id == result_id).values(**columns))


def release_values(connection: Connection, value_ids: Collection[UUID]) -> None:
    """The source says that these are final."""
    connection.execute(update(VALUES).where(VALUES.c.id.in_(value_ids)).values(released=True))
