"""Entries that another system knows, many at once.

Rows travel as one JSON parameter, so that the statement is the same for one and for a thousand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Table,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    not_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.sql.elements import ColumnElement

from storage.columns import new_id
from storage.medical_records import access
from storage.medical_records.base import Base
from storage.medical_records.entries import VERSIONS, Line, appended, columns_of, table_of
from storage.medical_records.entry_tables import IDENTIFIED

Outcome = Literal["created", "updated", "unchanged", "conflict"]
KEPT: Final = frozenset(
    {"id", "patient_id", "version", "voided_at", "voided_by", "void_reason"}
    | {"identifier_system", "identifier_value"}
)
"""Columns that importing an entry again does not set."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one row of a batch; `id` is the entry's."""

    id: UUID
    outcome: Outcome


def import_many(
    connection: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]], line: Line
) -> list[Imported]:
    """Inserts or updates entries by identifier, in one statement, with their versions.

    An entry whose source says the same as last time (`source_digest`) stays as it is, and so
    does one that was voided or changed here: whoever saw the patient knows better.

    Args:
        connection: in a transaction.
        model: the entries' table.
        rows: columns, among them both columns of the identifier, `source_digest` and
            `recorded_at`; no identifier twice.
        line: who imports.

    Returns:
        What became of each row, in order; `conflict` where the identifier belongs to an entry
        of another patient, which stays as it is.
    """
    if not rows:
        return []
    fresh = [{"id": new_id(), "version": 1, "updated_at": line.at, **row} for row in rows]
    parameters = {"rows": to_jsonable_python(fresh), **line.parameters()}
    written = connection.execute(_import(model), parameters).mappings().all()
    known = {_identifier(row): row for row in written}
    left = [_identifier(row) for row in rows if _identifier(row) not in known]
    known |= {_identifier(row): row for row in _unwritten(connection, model, left)}
    return [_outcome(row, known[_identifier(row)], left) for row in fresh]


def find_settled(
    connection: Connection,
    model: type[Base],
    identifiers: Collection[tuple[str, str]],
    line: Line,
) -> set[tuple[str, str]]:
    """Identifiers of entries that importing them again leaves as they are, whatever it says."""
    table = table_of(model)
    identifier = (table.c.identifier_system, table.c.identifier_value)
    query = select(*identifier).where(
        tuple_(*identifier).in_(sorted(identifiers)), _settled_here(table)
    )
    return {_identifier(row) for row in connection.execute(query, line.parameters()).mappings()}


def open_charts(connection: Connection, patient_ids: Collection[UUID], line: Line) -> None:
    """Opens the charts of patients, as far as they are not open."""
    rows = [
        {"id": new_id(), "patient_id": one, "opened_at": line.at, "opened_by": line.by}
        for one in sorted(patient_ids)
    ]
    if rows:
        connection.execute(access.OPEN, rows)


def _identifier(row: Mapping[Any, Any]) -> tuple[str, str]:
    return row["identifier_system"], row["identifier_value"]


def _outcome(
    row: Mapping[str, Any], known: RowMapping, left: Sequence[tuple[str, str]]
) -> Imported:
    if known["patient_id"] != row["patient_id"]:
        return Imported(known["id"], "conflict")
    if _identifier(row) in left:
        return Imported(known["id"], "unchanged")
    return Imported(known["id"], "created" if known["id"] == row["id"] else "updated")


def _unwritten(
    connection: Connection, model: type[Base], identifiers: Sequence[tuple[str, str]]
) -> Sequence[RowMapping]:
    table = table_of(model)
    identifier = (table.c.identifier_system, table.c.identifier_value)
    query = select(table.c.id, table.c.patient_id, *identifier).where(
        tuple_(*identifier).in_(identifiers)
    )
    return connection.execute(query).mappings().all() if identifiers else []


def _settled_here(table: Table) -> ColumnElement[bool]:
    """Whether somebody other than the importer had the last word on an entry."""
    changed = exists().where(
        VERSIONS.c.entry_id == table.c.id,
        VERSIONS.c.version == table.c.version,
        VERSIONS.c.by != bindparam("line_by", type_=Uuid),
    )
    return table.c.voided_at.is_not(None) | changed


@cache
def _import(model: type[Base]) -> Select[Any]:
    table, columns = table_of(model), columns_of(model)
    names = [one.name for one in columns]
    rows = func.jsonb_populate_recordset(
        literal_column(f"NULL::{table.name}"), bindparam("rows", type_=JSONB)
    ).table_valued(*(column(one.name, one.type) for one in columns), name="rows")
    new = insert(table).from_select(names, select(*(rows.c[name] for name in names)))
    changes = {name: new.excluded[name] for name in names if name not in KEPT}
    written = (
        new.on_conflict_do_update(
            index_elements=["identifier_system", "identifier_value"],
            index_where=text(IDENTIFIED),
            set_=changes | {"version": table.c.version + 1},
            where=table.c.source_digest.is_distinct_from(new.excluded.source_digest)
            & (table.c.patient_id == new.excluded.patient_id)
            & not_(_settled_here(table)),
        )
        .returning(*columns)
        .cte("written")
    )
    return select(written).add_cte(appended(model, written))
