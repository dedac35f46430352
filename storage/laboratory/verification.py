"""Modes, assessments and verdicts of automatic verification."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.laboratory.tables import ASSESSMENTS, MODES, RESULTS, TESTS, VERDICTS


def modes(connection: Connection) -> dict[UUID, str]:
    """The mode of each test that has one."""
    return {row.test_type_id: row.mode for row in connection.execute(select(MODES))}


def mode_of(connection: Connection, test_type_id: UUID) -> str | None:
    """The mode of a test; None when nobody chose one."""
    query = select(MODES.c.mode).where(MODES.c.test_type_id == test_type_id)
    return connection.execute(query).scalar()


def put_mode(connection: Connection, values: Mapping[str, Any]) -> None:
    """Chooses the mode of a test."""
    new = upsert(MODES).values(**values)
    changed = {name: new.excluded[name] for name in values if name != "test_type_id"}
    connection.execute(new.on_conflict_do_update(index_elements=["test_type_id"], set_=changed))


def add(
    connection: Connection, assessment: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]
) -> None:
    """Adds an assessment with the verdict of each rule."""
    connection.execute(insert(ASSESSMENTS), [assessment])
    connection.execute(insert(VERDICTS), list(verdicts))


def of_result(connection: Connection, result_id: UUID) -> Sequence[Row[Any]]:
    """Assessments of a version of a result, newest first."""
    query = select(ASSESSMENTS).where(ASSESSMENTS.c.result_id == result_id)
    return connection.execute(query.order_by(ASSESSMENTS.c.id.desc())).all()


def verdicts_of(
    connection: Connection, assessment_ids: Collection[UUID]
) -> dict[UUID, list[Row[Any]]]:
    """Verdicts in order, by assessment."""
    query = select(VERDICTS).where(VERDICTS.c.assessment_id.in_(assessment_ids))
    found: dict[UUID, list[Row[Any]]] = {one: [] for one in assessment_ids}
    for row in connection.execute(query.order_by(VERDICTS.c.position)):
        found[row.assessment_id].append(row)
    return found


def decided(
    connection: Connection, test_type_id: UUID, since: datetime, until: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Results of a test that people decided about in a span of time, the newest first.

    Released by a person, or not believed (`cancelled`).
    """
    query = (
        select(RESULTS)
        .join(TESTS, TESTS.c.id == RESULTS.c.test_id)
        .where(
            TESTS.c.test_type_id == test_type_id,
            RESULTS.c.entered_at >= since,
            RESULTS.c.entered_at < until,
            or_(RESULTS.c.verified_how == "person", RESULTS.c.status == "cancelled"),
        )
        .order_by(RESULTS.c.entered_at.desc())
        .limit(limit)
    )
    return connection.execute(query).all()
