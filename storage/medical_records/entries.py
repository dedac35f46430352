"""Statements about entries of a chart, of whichever kind.

A change of an entry and its line in `entry_versions` are one statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    CTE,
    Column,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.sql.elements import ColumnElement

from storage.columns import new_id
from storage.medical_records.base import Base
from storage.medical_records.entry_tables import EntryVersion

VERSIONS: Final = cast("Table", EntryVersion.__table__)


@dataclass(frozen=True, slots=True)
class Line:
    """Who changes something, when, and the verb for it."""

    move: str
    by: UUID
    by_role: str
    at: datetime

    def parameters(self) -> dict[str, Any]:
        """What `appended` needs."""
        return {
            "line_move": self.move,
            "line_by": self.by,
            "line_by_role": self.by_role,
            "line_at": self.at,
        }


@dataclass(frozen=True, slots=True)
class Listing:
    """Which entries of a patient are listed.

    Attributes:
        matching: accepted values by column; none accepts all.
        include_voided: whether voided entries are wanted too.
        after: position (value of `order`, id) of the last entry on the page before.
        order: a column that is never null; the newest come first.
        since: smallest accepted value of `order`.
        before: values of `order` from here on are left out.
    """

    matching: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    include_voided: bool = False
    after: tuple[Any, UUID] | None = None
    order: str = "recorded_at"
    since: Any = None
    before: Any = None


def table_of(model: type[Base]) -> Table:
    """The table behind a declarative class."""
    return cast("Table", model.__table__)


@cache
def columns_of(model: type[Base]) -> tuple[Column[Any], ...]:
    """What is read and kept of an entry: every column that PostgreSQL does not compute."""
    return tuple(one for one in table_of(model).columns if one.computed is None)


def add(
    connection: Connection, model: type[Base], values: Mapping[str, Any], line: Line
) -> RowMapping:
    """Inserts an entry with its first version.

    Args:
        connection: in a transaction.
        model: the entry's table.
        values: its columns; id, version and times are filled in where they are missing.
        line: who adds it.
    """
    row = dict.fromkeys(one.name for one in columns_of(model)) | {
        "id": new_id(),
        "version": 1,
        "recorded_at": line.at,
        "recorder_id": line.by,
        "updated_at": line.at,
        **values,
    }
    parameters = {f"new_{name}": value for name, value in row.items()} | line.parameters()
    return connection.execute(_add(model), parameters).mappings().one()


def change(
    connection: Connection,
    model: type[Base],
    entry_id: UUID,
    values: Mapping[str, Any],
    line: Line,
) -> RowMapping:
    """Sets columns of an entry that the caller has locked, and appends the version."""
    parameters = {f"new_{name}": value for name, value in values.items()} | line.parameters()
    statement = _change(model, tuple(sorted(values)))
    return connection.execute(statement, {"entry_id": entry_id, **parameters}).mappings().one()


def find(
    connection: Connection,
    model: type[Base],
    patient_id: UUID,
    entry_id: UUID,
    *,
    lock: bool = False,
) -> RowMapping | None:
    """An entry of the patient; with `lock` until the transaction ends."""
    table = table_of(model)
    query = select(*columns_of(model)).where(
        table.c.id == entry_id, table.c.patient_id == patient_id
    )
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def find_version(
    connection: Connection, model: type[Base], patient_id: UUID, entry_id: UUID, version: int
) -> RowMapping | None:
    """An entry of the patient as it was in a version."""
    query = _restored(model, patient_id, entry_id).where(VERSIONS.c.version == version)
    return connection.execute(query).mappings().first()


def find_as_of(
    connection: Connection, model: type[Base], patient_id: UUID, entry_id: UUID, at: datetime
) -> RowMapping | None:
    """An entry of the patient as it was at a moment; None before it was written."""
    query = (
        _restored(model, patient_id, entry_id)
        .where(VERSIONS.c.at <= at)
        .order_by(VERSIONS.c.version.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().first()


def list_versions(
    connection: Connection, model: type[Base], patient_id: UUID, entry_id: UUID
) -> Sequence[RowMapping]:
    """Who changed an entry of the patient, when and how, oldest first."""
    wanted = ("version", "at", "by", "by_role", "move")
    query = (
        select(*(VERSIONS.c[name] for name in wanted))
        .where(_versions_of(model, patient_id, entry_id))
        .order_by(VERSIONS.c.version)
    )
    return connection.execute(query).mappings().all()


def list_page(
    connection: Connection, model: type[Base], patient_id: UUID, wanted: Listing, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` entries of the patient, newest first."""
    table = table_of(model)
    order = table.c[wanted.order]
    query = (
        select(*columns_of(model))
        .where(table.c.patient_id == patient_id)
        .order_by(order.desc(), table.c.id.desc())
        .limit(limit)
    )
    for name, values in wanted.matching.items():
        if values:
            query = query.where(table.c[name].in_(values))
    if not wanted.include_voided:
        query = query.where(table.c.voided_at.is_(None))
    if wanted.since is not None:
        query = query.where(order >= wanted.since)
    if wanted.before is not None:
        query = query.where(order < wanted.before)
    if wanted.after is not None:
        query = query.where(tuple_(order, table.c.id) < tuple_(*wanted.after))
    return connection.execute(query).mappings().all()


def appended(model: type[Base], written: CTE) -> CTE:
    """Keeps each written row as a version; needs `Line.parameters`."""
    line = select(
        written.c.id,
        written.c.version,
        literal_column(f"'{table_of(model).name}'", Text),
        written.c.patient_id,
        bindparam("line_at", type_=TIMESTAMP(timezone=True)),
        bindparam("line_by", type_=Uuid),
        bindparam("line_by_role", type_=Text),
        bindparam("line_move", type_=Text),
        func.to_jsonb(written.table_valued()),
    )
    names = ["entry_id", "version", "kind", "patient_id", "at", "by", "by_role", "move"]
    return insert(VERSIONS).from_select([*names, "snapshot"], line).cte("appended")


@cache
def _add(model: type[Base]) -> Select[Any]:
    columns = columns_of(model)
    values = {one.name: bindparam(f"new_{one.name}", type_=one.type) for one in columns}
    written = insert(table_of(model)).values(values).returning(*columns).cte("written")
    return select(written).add_cte(appended(model, written))


@cache
def _change(model: type[Base], names: tuple[str, ...]) -> Select[Any]:
    table = table_of(model)
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    written = (
        update(table)
        .where(table.c.id == bindparam("entry_id", type_=Uuid))
        .values(
            version=table.c.version + 1,
            updated_at=bindparam("line_at", type_=TIMESTAMP(timezone=True)),
            **values,
        )
        .returning(*columns_of(model))
        .cte("written")
    )
    return select(written).add_cte(appended(model, written))


def _versions_of(model: type[Base], patient_id: UUID, entry_id: UUID) -> ColumnElement[bool]:
    return and_(
        VERSIONS.c.entry_id == entry_id,
        VERSIONS.c.patient_id == patient_id,
        VERSIONS.c.kind == table_of(model).name,
    )


def _restored(model: type[Base], patient_id: UUID, entry_id: UUID) -> Select[Any]:
    """Versions as rows of the table; columns that came later are null in older ones."""
    empty: ColumnElement[Any] = literal_column(f"NULL::{table_of(model).name}")
    columns = [column(one.name, one.type) for one in columns_of(model)]
    populated = func.jsonb_populate_record(empty, VERSIONS.c.snapshot)
    restored = populated.table_valued(*columns).lateral()
    return (
        select(restored)
        .select_from(VERSIONS.join(restored, true()))
        .where(_versions_of(model, patient_id, entry_id))
    )
