"""Statements about the catalogue of tests."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from storage.laboratory.tables import (
    CATALOGUE_STATE,
    LIMITS,
    PANEL_MEMBERS,
    PARAMETERS,
    TEST_TYPES,
)

LOCK: Final = 0x6361746C  # "catl"
BEHIND: Final = 1_000_000
"""Added to the positions of parameters while they change places, which are unique."""


class Everything(NamedTuple):
    """All rows of the catalogue at one moment."""

    revision: int
    tests: Sequence[Row[Any]]
    members: Sequence[Row[Any]]
    parameters: Sequence[Row[Any]]
    limits: Sequence[Row[Any]]


def revision_of(connection: Connection) -> int:
    """The revision; 0 for an empty catalogue."""
    return connection.execute(select(CATALOGUE_STATE.c.revision)).scalar() or 0


def read_all(connection: Connection) -> Everything:
    """The whole catalogue."""
    return Everything(
        revision_of(connection),
        connection.execute(select(TEST_TYPES).order_by(TEST_TYPES.c.code)).all(),
        connection.execute(
            select(PANEL_MEMBERS).order_by(PANEL_MEMBERS.c.panel_id, PANEL_MEMBERS.c.position)
        ).all(),
        connection.execute(
            select(PARAMETERS).order_by(PARAMETERS.c.test_type_id, PARAMETERS.c.position)
        ).all(),
        connection.execute(
            select(LIMITS).order_by(LIMITS.c.parameter_id, LIMITS.c.sex, LIMITS.c.age_days)
        ).all(),
    )


def lock(connection: Connection) -> None:
    """Lets one change of the catalogue go on at a time."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def loaded_digest(connection: Connection) -> str | None:
    """Which files were loaded last."""
    return connection.execute(select(CATALOGUE_STATE.c.digest)).scalar()


def bump(connection: Connection, digest: str | None = None) -> int:
    """Raises the revision, so that every replica reads the catalogue again."""
    new = insert(CATALOGUE_STATE).values(id=1, revision=1, digest=digest or "")
    changed = {"revision": CATALOGUE_STATE.c.revision + 1}
    raised = new.on_conflict_do_update(
        index_elements=["id"], set_=changed | ({"digest": digest} if digest else {})
    ).returning(CATALOGUE_STATE.c.revision)
    return int(connection.execute(raised).scalar_one())


def hand_made(connection: Connection, loader_id: UUID) -> set[str]:
    """Codes of the test types that somebody else than the loader wrote last."""
    query = select(TEST_TYPES.c.code).where(TEST_TYPES.c.updated_by != loader_id)
    return set(connection.execute(query).scalars())


def test_ids(connection: Connection) -> dict[str, UUID]:
    """The id of every test type, by code."""
    rows = connection.execute(select(TEST_TYPES.c.code, TEST_TYPES.c.id))
    return {row.code: row.id for row in rows}


def parameter_ids(connection: Connection) -> dict[str, UUID]:
    """The id of every parameter, by code."""
    rows = connection.execute(select(PARAMETERS.c.code, PARAMETERS.c.id))
    return {row.code: row.id for row in rows}


def put_test(connection: Connection, values: Mapping[str, Any]) -> None:
    """Adds a test type in version 1, or overwrites it, which makes the next version."""
    new = insert(TEST_TYPES).values(**values, version=1)
    kept = {name: new.excluded[name] for name in values if name != "id"}
    changed = {**kept, "version": TEST_TYPES.c.version + 1}
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=changed))


def change_test(connection: Connection, test_type_id: UUID, values: Mapping[str, Any]) -> None:
    """Changes a test type, which makes the next version; the catalogue is locked."""
    changed = update(TEST_TYPES).where(TEST_TYPES.c.id == test_type_id)
    connection.execute(changed.values(**values, version=TEST_TYPES.c.version + 1))


def put_parameters(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds parameters, or overwrites them; none is ever removed, results point at them.

    Those of the same tests that are not among them move behind.
    """
    if not rows:
        return
    tests = {row["test_type_id"] for row in rows}
    away = update(PARAMETERS).where(PARAMETERS.c.test_type_id.in_(tests))
    connection.execute(away.values(position=PARAMETERS.c.position + BEHIND))
    new = insert(PARAMETERS)
    kept = {name: new.excluded[name] for name in rows[0] if name != "id"}
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=kept), list(rows))


def replace_members(connection: Connection, panel_id: UUID, members: Sequence[UUID]) -> None:
    """Makes these the tests of a panel."""
    connection.execute(delete(PANEL_MEMBERS).where(PANEL_MEMBERS.c.panel_id == panel_id))
    rows = [
        {"panel_id": panel_id, "position": position, "test_type_id": member}
        for position, member in enumerate(members)
    ]
    if rows:
        connection.execute(insert(PANEL_MEMBERS), rows)


def replace_limits(
    connection: Connection, parameter_ids: Collection[UUID], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Makes these the limits of the parameters."""
    connection.execute(delete(LIMITS).where(LIMITS.c.parameter_id.in_(parameter_ids)))
    if rows:
        connection.execute(insert(LIMITS), list(rows))
