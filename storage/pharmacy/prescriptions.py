"""Statements about prescriptions, their items, findings and history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Text,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from storage.columns import new_id
from storage.pharmacy.tables import FINDINGS, ITEMS, MEDICATIONS, MOVES, PRESCRIPTIONS

PATIENT_LOCK: Final = 1
"""First key of the advisory lock of one patient's prescriptions in this database."""

_PRODUCT: Final = tuple(
    MEDICATIONS.c[name].label(f"medication_{name}")
    for name in (
        "code",
        "name_en",
        "name_vi",
        "ingredients",
        "form",
        "route",
        "rxnorm",
        "schedule",
        "dose_unit",
        "unit",
        "units_each",
    )
)
ITEM_COLUMNS: Final = (*ITEMS.columns, *_PRODUCT)

LOCK_PATIENT: Final = select(
    func.pg_advisory_xact_lock(PATIENT_LOCK, func.hashtext(bindparam("patient", type_=Text)))
)
ADD: Final = insert(PRESCRIPTIONS).returning(*PRESCRIPTIONS.columns)
ADD_ITEMS: Final = insert(ITEMS)
ADD_FINDINGS: Final = insert(FINDINGS)
ADD_MOVE: Final = insert(MOVES)
FIND: Final = select(PRESCRIPTIONS).where(PRESCRIPTIONS.c.id == bindparam("wanted"))
FIND_LOCKED: Final = FIND.with_for_update()
LIST_ITEMS: Final = (
    select(*ITEM_COLUMNS)
    .join(MEDICATIONS, MEDICATIONS.c.id == ITEMS.c.medication_id)
    .where(ITEMS.c.prescription_id == bindparam("wanted"))
    .order_by(ITEMS.c.position)
)
LIST_MOVES: Final = (
    select(*(column for column in MOVES.columns if column.name != "prescription_id"))
    .where(MOVES.c.prescription_id == bindparam("wanted"))
    .order_by(MOVES.c.version)
)
LIST_FINDINGS: Final = (
    select(FINDINGS)
    .where(FINDINGS.c.prescription_id == bindparam("wanted"))
    .order_by(FINDINGS.c.id)
)
LIST_TAKEN: Final = (
    select(*ITEM_COLUMNS)
    .join(PRESCRIPTIONS, PRESCRIPTIONS.c.id == ITEMS.c.prescription_id)
    .join(MEDICATIONS, MEDICATIONS.c.id == ITEMS.c.medication_id)
    .where(
        PRESCRIPTIONS.c.patient_id == bindparam("patient"),
        or_(
            PRESCRIPTIONS.c.status.in_(("active", "on-hold")),
            (PRESCRIPTIONS.c.status == "completed")
            & (PRESCRIPTIONS.c.taken_until > bindparam("now")),
        ),
    )
    .order_by(ITEMS.c.id)
)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of history: who moved it, how, and why."""

    move: str
    actor_id: UUID
    actor_role: str
    at: datetime
    reason_code: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """A prescription with its items, each with the columns of its medication (`medication_...`)."""

    prescription: RowMapping
    items: Sequence[RowMapping]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which prescriptions are listed; None filters nothing.

    Attributes:
        drafts_of: whose drafts are seen; None for nobody's.
        after: id of the last prescription on the page before; newest come first.
    """

    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    statuses: Sequence[str] = ()
    fulfilments: Sequence[str] = ()
    drafts_of: UUID | None = None
    oldest_first: bool = False
    after: UUID | None = None


def lock_patient(connection: Connection, patient_id: UUID) -> None:
    """Holds the patient's prescriptions until the transaction ends; a statement of its own.

    Whoever signs or dispenses holds it, so that each sees what the other wrote.
    """
    connection.execute(LOCK_PATIENT, {"patient": str(patient_id)})


def find(connection: Connection, prescription_id: UUID) -> RowMapping | None:
    """The prescription without its items."""
    return connection.execute(FIND, {"wanted": prescription_id}).mappings().first()


def lock(connection: Connection, prescription_id: UUID) -> RowMapping | None:
    """The prescription without its items, locked until the transaction ends."""
    return connection.execute(FIND_LOCKED, {"wanted": prescription_id}).mappings().first()


def lock_for_dispensing(connection: Connection, prescription_id: UUID) -> Ordered | None:
    """The prescription with its items, its row locked until the transaction ends.

    What can be dispensed has status `active` and fulfilment `verified` or `in-progress`, and
    `valid_until` has not passed; the caller checks and says what it refuses.
    """
    row = lock(connection, prescription_id)
    return None if row is None else Ordered(row, list_items(connection, prescription_id))


def list_items(connection: Connection, prescription_id: UUID) -> Sequence[RowMapping]:
    """The items of a prescription in order, with `medication_...` columns."""
    return connection.execute(LIST_ITEMS, {"wanted": prescription_id}).mappings().all()


def list_items_of(connection: Connection, prescription_ids: Sequence[UUID]) -> Sequence[RowMapping]:
    """The items of several prescriptions, in order."""
    query = (
        select(*ITEM_COLUMNS)
        .join(MEDICATIONS, MEDICATIONS.c.id == ITEMS.c.medication_id)
        .where(ITEMS.c.prescription_id.in_(prescription_ids))
        .order_by(ITEMS.c.prescription_id, ITEMS.c.position)
    )
    return connection.execute(query).mappings().all()


def list_taken(connection: Connection, patient_id: UUID, now: datetime) -> Sequence[RowMapping]:
    """Items that the patient has to take as far as this pharmacy knows, with `medication_...`."""
    return connection.execute(LIST_TAKEN, {"patient": patient_id, "now": now}).mappings().all()


def list_page(connection: Connection, wanted: Filter, limit: int) -> Sequence[RowMapping]:
    """Up to `limit` prescriptions without their items, newest first unless told otherwise."""
    order = PRESCRIPTIONS.c.id if wanted.oldest_first else PRESCRIPTIONS.c.id.desc()
    query: Select[Any] = (
        select(PRESCRIPTIONS).where(*_conditions(wanted)).order_by(order).limit(limit)
    )
    return connection.execute(query).mappings().all()


def list_moves(connection: Connection, prescription_id: UUID) -> Sequence[RowMapping]:
    """Every move, oldest first."""
    return connection.execute(LIST_MOVES, {"wanted": prescription_id}).mappings().all()


def list_findings(connection: Connection, prescription_id: UUID) -> Sequence[RowMapping]:
    """What the safety checks said, in the order in which they did."""
    return connection.execute(LIST_FINDINGS, {"wanted": prescription_id}).mappings().all()


def add(
    connection: Connection,
    values: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    step: Step,
) -> RowMapping:
    """Adds a prescription with its items and the first line of its history."""
    empty = dict.fromkeys(column.name for column in PRESCRIPTIONS.columns)
    stamps = {"created_at": step.at, "updated_at": step.at, "updated_by": step.actor_id}
    row = connection.execute(ADD, empty | stamps | {"version": 1} | dict(values)).mappings().one()
    connection.execute(ADD_ITEMS, [dict(item) for item in items])
    _add_move(connection, row, step)
    return row


def replace_items(
    connection: Connection, prescription_id: UUID, items: Sequence[Mapping[str, Any]]
) -> None:
    """Writes other items in the place of those of a draft that the caller has locked."""
    connection.execute(delete(ITEMS).where(ITEMS.c.prescription_id == prescription_id))
    connection.execute(ADD_ITEMS, [dict(item) for item in items])


def change(
    connection: Connection, prescription_id: UUID, values: Mapping[str, Any], step: Step
) -> RowMapping:
    """Changes a prescription that the caller has locked, and writes a line of its history."""
    statement = (
        update(PRESCRIPTIONS)
        .where(PRESCRIPTIONS.c.id == prescription_id)
        .values(
            updated_by=step.actor_id,
            updated_at=step.at,
            version=PRESCRIPTIONS.c.version + 1,
            **values,
        )
        .returning(*PRESCRIPTIONS.columns)
    )
    row = connection.execute(statement).mappings().one()
    _add_move(connection, row, step)
    return row


def add_findings(
    connection: Connection, prescription_id: UUID, findings: Sequence[Mapping[str, Any]]
) -> None:
    """Keeps what a safety check said about a prescription."""
    if findings:
        rows = [
            {"id": new_id(), "prescription_id": prescription_id, **finding} for finding in findings
        ]
        connection.execute(ADD_FINDINGS, rows)


def lock_expired(connection: Connection, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Up to `limit` prescriptions whose validity has ended, locked; others' work is skipped."""
    query = (
        select(PRESCRIPTIONS)
        .where(PRESCRIPTIONS.c.status.in_(("active", "on-hold")), PRESCRIPTIONS.c.valid_until < now)
        .order_by(PRESCRIPTIONS.c.valid_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).mappings().all()


def _add_move(connection: Connection, row: RowMapping, step: Step) -> None:
    connection.execute(
        ADD_MOVE,
        {
            "prescription_id": row["id"],
            "version": row["version"],
            "move": step.move,
            "status": row["status"],
            "fulfilment": row["fulfilment"],
            "reason_code": step.reason_code,
            "text": step.text,
            "actor_id": step.actor_id,
            "actor_role": step.actor_role,
            "at": step.at,
        },
    )


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    columns = PRESCRIPTIONS.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.patient_id is not None:
        conditions.append(columns.patient_id == wanted.patient_id)
    if wanted.practitioner_id is not None:
        conditions.append(columns.practitioner_id == wanted.practitioner_id)
    if wanted.statuses:
        conditions.append(columns.status.in_(wanted.statuses))
    if wanted.fulfilments:
        conditions.append(columns.fulfilment.in_(wanted.fulfilments))
    signed = columns.signed_at.is_not(None)
    own = columns.practitioner_id == wanted.drafts_of
    conditions.append(signed if wanted.drafts_of is None else or_(signed, own))
    if wanted.after is not None:
        after = columns.id > wanted.after if wanted.oldest_first else columns.id < wanted.after
        conditions.append(after)
    return conditions
