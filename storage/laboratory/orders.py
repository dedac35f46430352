"""Orders, their tests and specimens: reading, adding, locking."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, Table, bindparam, insert, or_, select, tuple_

from storage.laboratory.tables import MOVES, ORDERS, SPECIMENS, TEST_TYPES, TESTS

OPEN_TESTS: Final = ("not-started", "in-process", "technically-accepted", "verified")
"""Statuses of tests that somebody waits for."""

_ORDER = select(ORDERS).where(ORDERS.c.id == bindparam("order_id"))
_LOCK = _ORDER.with_for_update()
_TESTS = (
    select(TESTS)
    .where(TESTS.c.order_id == bindparam("order_id"))
    .order_by(TESTS.c.ordered_at, TESTS.c.id)
)
_SPECIMENS = (
    select(SPECIMENS).where(SPECIMENS.c.order_id == bindparam("order_id")).order_by(SPECIMENS.c.id)
)
_TEST = select(TESTS).where(TESTS.c.id == bindparam("test_id"))
_SPECIMEN = select(SPECIMENS).where(SPECIMENS.c.id == bindparam("specimen_id"))
_BY_ACCESSION = select(SPECIMENS).where(SPECIMENS.c.accession == bindparam("accession"))
_TESTS_ON = select(TESTS).where(TESTS.c.specimen_id == bindparam("specimen_id"))
_MOVES = (
    select(MOVES)
    .where(
        or_(
            MOVES.c.object_id == bindparam("order_id"),
            MOVES.c.object_id.in_(
                select(TESTS.c.id).where(TESTS.c.order_id == bindparam("order_id"))
            ),
            MOVES.c.object_id.in_(
                select(SPECIMENS.c.id).where(SPECIMENS.c.order_id == bindparam("order_id"))
            ),
        )
    )
    .order_by(MOVES.c.at, MOVES.c.object_id, MOVES.c.version)
)


@dataclass(frozen=True)
class OrderFilter:
    """Which orders are wanted, newest first; None asks for any.

    Attributes:
        before: ids below this one.
    """

    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    status: str | None = None
    before: UUID | None = None


@dataclass(frozen=True)
class WorkFilter:
    """Which open tests are wanted, the first due first; None asks for any.

    Attributes:
        after: due time and id of the last one seen.
    """

    department: str | None = None
    priority: str | None = None
    status: str | None = None
    after: tuple[datetime, UUID] | None = None


def add(connection: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Adds an order in version 1."""
    return connection.execute(insert(ORDERS).values(**values, version=1).returning(ORDERS)).one()


def add_specimens(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
    """Adds specimens in version 1."""
    return _add_all(connection, SPECIMENS, rows)


def add_tests(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
    """Adds tests in version 1."""
    return _add_all(connection, TESTS, rows)


def _add_all(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> Sequence[Row[Any]]:
    if not rows:
        return []
    adding = insert(table).returning(table, sort_by_parameter_order=True)
    return connection.execute(adding, [{**row, "version": 1} for row in rows]).all()


def find(connection: Connection, order_id: UUID) -> Row[Any] | None:
    """The order."""
    return connection.execute(_ORDER, {"order_id": order_id}).one_or_none()


def lock(connection: Connection, order_id: UUID) -> Row[Any] | None:
    """The order, locked: whoever adds or ends tests of it waits."""
    return connection.execute(_LOCK, {"order_id": order_id}).one_or_none()


def tests_of(connection: Connection, order_id: UUID) -> Sequence[Row[Any]]:
    """Tests of an order, in the order in which they came."""
    return connection.execute(_TESTS, {"order_id": order_id}).all()


def specimens_of(connection: Connection, order_id: UUID) -> Sequence[Row[Any]]:
    """Specimens of an order, aliquots among them."""
    return connection.execute(_SPECIMENS, {"order_id": order_id}).all()


def find_test(connection: Connection, test_id: UUID) -> Row[Any] | None:
    """One ordered test."""
    return connection.execute(_TEST, {"test_id": test_id}).one_or_none()


def find_specimen(connection: Connection, specimen_id: UUID) -> Row[Any] | None:
    """One specimen."""
    return connection.execute(_SPECIMEN, {"specimen_id": specimen_id}).one_or_none()


def lock_specimen(connection: Connection, specimen_id: UUID) -> Row[Any] | None:
    """One specimen, locked."""
    return connection.execute(
        _SPECIMEN.with_for_update(), {"specimen_id": specimen_id}
    ).one_or_none()


def find_by_accession(connection: Connection, accession: str) -> Row[Any] | None:
    """The specimen of that number."""
    return connection.execute(_BY_ACCESSION, {"accession": accession}).one_or_none()


def tests_on(connection: Connection, specimen_id: UUID) -> Sequence[Row[Any]]:
    """Tests that are done on a specimen."""
    return connection.execute(_TESTS_ON, {"specimen_id": specimen_id}).all()


def history(connection: Connection, order_id: UUID) -> Sequence[Row[Any]]:
    """Every step of an order, its tests and its specimens, oldest first."""
    return connection.execute(_MOVES, {"order_id": order_id}).all()


def list_page(connection: Connection, wanted: OrderFilter, limit: int) -> Sequence[Row[Any]]:
    """Orders, newest first."""
    query = select(ORDERS).order_by(ORDERS.c.id.desc()).limit(limit)
    for column in ("patient_id", "practitioner_id", "status"):
        value = getattr(wanted, column)
        if value is not None:
            query = query.where(ORDERS.c[column] == value)
    if wanted.before is not None:
        query = query.where(ORDERS.c.id < wanted.before)
    return connection.execute(query).all()


def of_orders(
    connection: Connection, kind: Literal["tests", "specimens"], order_ids: Collection[UUID]
) -> dict[UUID, list[Row[Any]]]:
    """Tests or specimens of several orders, by order."""
    table = TESTS if kind == "tests" else SPECIMENS
    query = select(table).where(table.c.order_id.in_(order_ids)).order_by(table.c.id)
    found: dict[UUID, list[Row[Any]]] = {order_id: [] for order_id in order_ids}
    for row in connection.execute(query):
        found[row.order_id].append(row)
    return found


def worklist(connection: Connection, wanted: WorkFilter, limit: int) -> Sequence[Row[Any]]:
    """Open tests of active orders with their specimens, the first due first."""
    query = (
        select(
            TESTS,
            TEST_TYPES.c.code,
            TEST_TYPES.c.department,
            SPECIMENS.c.accession,
            SPECIMENS.c.status.label("specimen_status"),
            SPECIMENS.c.storage_position,
        )
        .join(TEST_TYPES, TEST_TYPES.c.id == TESTS.c.test_type_id)
        .join(ORDERS, ORDERS.c.id == TESTS.c.order_id)
        .outerjoin(SPECIMENS, SPECIMENS.c.id == TESTS.c.specimen_id)
        .where(TESTS.c.status.in_(OPEN_TESTS), ORDERS.c.status == "active")
        .order_by(TESTS.c.due_at, TESTS.c.id)
        .limit(limit)
    )
    if wanted.department is not None:
        query = query.where(TEST_TYPES.c.department == wanted.department)
    if wanted.priority is not None:
        query = query.where(TESTS.c.priority == wanted.priority)
    if wanted.status is not None:
        query = query.where(TESTS.c.status == wanted.status)
    if wanted.after is not None:
        query = query.where(tuple_(TESTS.c.due_at, TESTS.c.id) > wanted.after)
    return connection.execute(query).all()
