"""Results in versions, their values, and what is held."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on

from storage.laboratory.tables import HELD, RESULTS, TESTS, VALUES

_RESULT: Final = select(RESULTS).where(RESULTS.c.id == bindparam("result_id"))
_OF_ORDER: Final = (
    select(RESULTS.c.id)
    .join(TESTS, TESTS.c.id == RESULTS.c.test_id)
    .where(TESTS.c.order_id == bindparam("order_id"), RESULTS.c.current)
)
_VERSIONS: Final = (
    select(RESULTS)
    .where(RESULTS.c.test_id == bindparam("test_id"))
    .order_by(RESULTS.c.version.desc())
)


def find(connection: Connection, result_id: UUID) -> Row[Any] | None:
    """One version of a result."""
    return connection.execute(_RESULT, {"result_id": result_id}).one_or_none()


def lock(connection: Connection, result_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Versions of results, locked, in a fixed order."""
    query = select(RESULTS).where(RESULTS.c.id.in_(result_ids)).order_by(RESULTS.c.id)
    return connection.execute(query.with_for_update()).all()


def versions(connection: Connection, test_id: UUID) -> Sequence[Row[Any]]:
    """Every version of the result of a test, newest first."""
    return connection.execute(_VERSIONS, {"test_id": test_id}).all()


def released(connection: Connection, test_ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """Every version of the results of tests that was released, by test, newest first."""
    query = select(RESULTS).where(
        RESULTS.c.test_id.in_(test_ids), RESULTS.c.released_at.is_not(None)
    )
    found: dict[UUID, list[Row[Any]]] = {one: [] for one in test_ids}
    for row in connection.execute(query.order_by(RESULTS.c.version.desc())):
        found[row.test_id].append(row)
    return found


def heads(connection: Connection, test_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """The newest version of the result of each test, by test."""
    query = (
        select(RESULTS)
        .where(RESULTS.c.test_id.in_(test_ids))
        .ext(distinct_on(RESULTS.c.test_id))
        .order_by(RESULTS.c.test_id, RESULTS.c.version.desc())
    )
    return {row.test_id: row for row in connection.execute(query)}


def values_of(connection: Connection, result_ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """Values by result."""
    found: dict[UUID, list[Row[Any]]] = {one: [] for one in result_ids}
    for row in connection.execute(select(VALUES).where(VALUES.c.result_id.in_(result_ids))):
        found[row.result_id].append(row)
    return found


def values_of_order(connection: Connection, order_id: UUID) -> Sequence[Row[Any]]:
    """The values that count now of every test of an order.

    By the ids of the results: joined in one statement, PostgreSQL now and then reads all values.
    """
    ids = list(connection.execute(_OF_ORDER, {"order_id": order_id}).scalars())
    return [value for values in values_of(connection, ids).values() for value in values]


def add(
    connection: Connection,
    results: Sequence[Mapping[str, Any]],
    values: Sequence[Mapping[str, Any]],
) -> None:
    """Adds versions of results with their values."""
    if results:
        connection.execute(insert(RESULTS), list(results))
    if values:
        connection.execute(insert(VALUES), list(values))


def retire(connection: Connection, result_ids: Collection[UUID], **columns: Any) -> None:
    """These versions count no more; another one does, or none."""
    if not result_ids:
        return
    connection.execute(
        update(RESULTS).where(RESULTS.c.id.in_(result_ids)).values(current=False, **columns)
    )
    connection.execute(
        update(VALUES).where(VALUES.c.result_id.in_(result_ids)).values(current=False)
    )


def change(connection: Connection, result_ids: Collection[UUID], **columns: Any) -> None:
    """Notes who accepted, verified or released versions of results."""
    connection.execute(update(RESULTS).where(RESULTS.c.id.in_(result_ids)).values(**columns))


def publish_values(connection: Connection, result_ids: Collection[UUID]) -> None:
    """Their values count, and are out."""
    connection.execute(
        update(VALUES).where(VALUES.c.result_id.in_(result_ids)).values(current=True, released=True)
    )


def previous(
    connection: Connection,
    patient_id: UUID,
    parameter_ids: Collection[UUID],
    before: datetime,
    *,
    without_test: UUID,
) -> dict[UUID, Row[Any]]:
    """The last value of a patient before a moment that counts, by parameter."""
    query = (
        select(VALUES)
        .where(
            VALUES.c.patient_id == patient_id,
            VALUES.c.parameter_id.in_(parameter_ids),
            VALUES.c.current,
            VALUES.c.observed_at < before,
            VALUES.c.test_id != without_test,
        )
        .ext(distinct_on(VALUES.c.parameter_id))
        .order_by(VALUES.c.parameter_id, VALUES.c.observed_at.desc())
    )
    return {row.parameter_id: row for row in connection.execute(query)}


def series(
    connection: Connection,
    patient_id: UUID,
    parameter_ids: Collection[UUID],
    *,
    limit: int,
    before: datetime | None = None,
    visible_at: datetime | None = None,
) -> Sequence[Row[Any]]:
    """Released values of a patient, the newest first.

    Args:
        connection: open.
        patient_id: whose.
        parameter_ids: of what.
        limit: of each parameter.
        before: only values older than this.
        visible_at: only what the patient may see at this moment.
    """
    number = func.row_number().over(
        partition_by=VALUES.c.parameter_id, order_by=VALUES.c.observed_at.desc()
    )
    inner = select(VALUES, number.label("place")).where(
        VALUES.c.patient_id == patient_id,
        VALUES.c.parameter_id.in_(parameter_ids),
        VALUES.c.current,
        VALUES.c.released,
    )
    if before is not None:
        inner = inner.where(VALUES.c.observed_at < before)
    if visible_at is not None:
        inner = inner.join(TESTS, TESTS.c.id == VALUES.c.test_id).where(
            TESTS.c.visible_at <= visible_at
        )
    rows = inner.subquery()
    query = select(rows).where(rows.c.place <= limit).order_by(rows.c.observed_at.desc())
    return connection.execute(query).all()


def hold(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps what could not be placed."""
    connection.execute(insert(HELD), [{"status": "held", **row} for row in rows])


def held_as_critical(connection: Connection, accessions: Collection[str]) -> Sequence[Row[Any]]:
    """What is held of specimens and may be critical."""
    if not accessions:
        return []
    query = select(HELD).where(
        HELD.c.status == "held", HELD.c.critical, HELD.c.accession.in_(accessions)
    )
    return connection.execute(query).all()


def list_held(
    connection: Connection, status: str, before: tuple[bool, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """What is held, or was: what may be critical first, then newest first."""
    place = (HELD.c.critical, HELD.c.id)
    query = select(HELD).where(HELD.c.status == status)
    if before is not None:
        query = query.where(tuple_(*place) < tuple_(*before))
    return connection.execute(query.order_by(*(one.desc() for one in place)).limit(limit)).all()


def lock_held(connection: Connection, held_id: UUID) -> Row[Any] | None:
    """One that is held, locked."""
    query = select(HELD).where(HELD.c.id == held_id).with_for_update()
    return connection.execute(query).one_or_none()


def settle_held(connection: Connection, held_id: UUID, **columns: Any) -> Row[Any]:
    """Notes what became of it."""
    change = update(HELD).where(HELD.c.id == held_id).values(**columns).returning(HELD)
    return connection.execute(change).one()
