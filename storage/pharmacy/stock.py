"""Movements of stock: a balance changes only here, together with its line in the ledger.

Taking is one guarded UPDATE, so that no race takes what is not there; CHECK is the last guard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    Insert,
    Numeric,
    RowMapping,
    Text,
    Uuid,
    bindparam,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE

from storage.columns import new_id
from storage.pharmacy.formulary_tables import MEDICATIONS
from storage.pharmacy.stock_tables import BALANCES, BATCHES, LEDGER, MOST


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of one batch at one place.

    Attributes:
        change: dispensing units; negative takes away.
        kind: a word of the ledger.
        document_type: what asked for it: StockDocument, MedicationDispense.
    """

    location_id: UUID
    batch_id: UUID
    change: Decimal
    kind: str
    document_type: str
    document_id: UUID
    actor_id: UUID
    at: datetime

    def parameters(self) -> dict[str, Any]:
        """What TAKE and PUT need."""
        return {
            "move_location": self.location_id,
            "move_batch": self.batch_id,
            "move_change": self.change,
            "move_kind": self.kind,
            "move_document_type": self.document_type,
            "move_document": self.document_id,
            "move_actor": self.actor_id,
            "move_at": self.at,
        }


_LOCATION: Final = bindparam("move_location", type_=Uuid)
_BATCH: Final = bindparam("move_batch", type_=Uuid)
_CHANGE: Final = bindparam("move_change", type_=Numeric(12, 3))
ENOUGH: Final = BALANCES.c.quantity >= -_CHANGE
"""The guard: nobody takes more than there is."""


def _written(moved: CTE) -> Insert:
    """Writes the ledger's line of the balance that was changed."""
    line = select(
        moved.c.location_id,
        moved.c.batch_id,
        moved.c.sequence,
        _CHANGE,
        moved.c.quantity,
        bindparam("move_kind", type_=Text),
        bindparam("move_document_type", type_=Text),
        bindparam("move_document", type_=Uuid),
        bindparam("move_actor", type_=Uuid),
        bindparam("move_at", type_=TIMESTAMP(timezone=True)),
    )
    return insert(LEDGER).from_select([column.name for column in LEDGER.columns], line)


def taking(guard: ColumnElement[bool]) -> Insert:
    """Takes from a balance that passes the guard, and writes the ledger."""
    moved = (
        update(BALANCES)
        .where(BALANCES.c.location_id == _LOCATION, BALANCES.c.batch_id == _BATCH, guard)
        .values(quantity=BALANCES.c.quantity + _CHANGE, sequence=BALANCES.c.sequence + 1)
        .returning(*BALANCES.columns)
        .cte("moved")
    )
    return _written(moved)


def _putting() -> Insert:
    statement = upsert(BALANCES).values(
        location_id=_LOCATION, batch_id=_BATCH, quantity=_CHANGE, sequence=1
    )
    moved = (
        statement.on_conflict_do_update(
            index_elements=[BALANCES.c.location_id, BALANCES.c.batch_id],
            set_={
                "quantity": BALANCES.c.quantity + statement.excluded.quantity,
                "sequence": BALANCES.c.sequence + 1,
            },
            where=BALANCES.c.quantity + statement.excluded.quantity < MOST,
        )
        .returning(*BALANCES.columns)
        .cte("moved")
    )
    return _written(moved)


TAKE = taking(ENOUGH)
PUT: Final = _putting()


def move(connection: Connection, movement: Movement) -> bool:
    """Changes balance and ledger; False when there is too little, or it would be too much."""
    statement = TAKE if movement.change < 0 else PUT
    return connection.execute(statement, movement.parameters()).rowcount == 1


BATCH_VIEW: Final = (
    *BATCHES.columns,
    MEDICATIONS.c.code.label("medication_code"),
    MEDICATIONS.c.schedule,
    MEDICATIONS.c.unit,
)
_BATCHES_VIEWED: Final = select(*BATCH_VIEW).join(
    MEDICATIONS, MEDICATIONS.c.id == BATCHES.c.medication_id
)


def find_medication(connection: Connection, column: str, value: object) -> RowMapping | None:
    """A medication of the formulary, by `id` or `code`."""
    query = select(MEDICATIONS).where(MEDICATIONS.c[column] == value)
    return connection.execute(query).mappings().first()


def get_batch(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """The batch of the medication and lot, made when it is new."""
    statement = (
        upsert(BATCHES)
        .values(id=new_id(), status="available", version=1, **values)
        .on_conflict_do_nothing(index_elements=["medication_id", "lot"])
    )
    connection.execute(statement)
    query = _BATCHES_VIEWED.where(
        BATCHES.c.medication_id == values["medication_id"], BATCHES.c.lot == values["lot"]
    )
    return connection.execute(query).mappings().one()


def find_batch(connection: Connection, batch_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """A batch with its medication; with `lock` until the transaction ends."""
    query = _BATCHES_VIEWED.where(BATCHES.c.id == batch_id)
    if lock:
        query = query.with_for_update(of=BATCHES)
    return connection.execute(query).mappings().first()


def share_batches(connection: Connection, batch_ids: Sequence[UUID]) -> Mapping[UUID, RowMapping]:
    """Batches by id, kept as they are until the transaction ends: a recall waits, or came first."""
    query = (
        _BATCHES_VIEWED.where(BATCHES.c.id.in_(batch_ids))
        .order_by(BATCHES.c.id)
        .with_for_update(of=BATCHES, read=True)
    )
    return {row["id"]: row for row in connection.execute(query).mappings()}


def change_batch(
    connection: Connection, batch_id: UUID, *, status: str, reason: str | None, at: datetime
) -> None:
    """Writes the status of a batch that the caller has locked."""
    connection.execute(
        update(BATCHES)
        .where(BATCHES.c.id == batch_id)
        .values(status=status, status_reason=reason, updated_at=at, version=BATCHES.c.version + 1)
    )


def list_batches(
    connection: Connection,
    *,
    medication_id: UUID | None,
    lot: str | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` batches by last day and id."""
    query = _BATCHES_VIEWED.order_by(BATCHES.c.expires_on, BATCHES.c.id).limit(limit)
    if medication_id is not None:
        query = query.where(BATCHES.c.medication_id == medication_id)
    if lot is not None:
        query = query.where(BATCHES.c.lot == lot)
    if after is not None:
        query = query.where(tuple_(BATCHES.c.expires_on, BATCHES.c.id) > tuple_(*after))
    return connection.execute(query).mappings().all()


def list_balances(
    connection: Connection,
    *,
    location_id: UUID | None,
    medication_id: UUID | None,
    after: tuple[UUID, UUID] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` balances above zero, by place and batch."""
    order = (BALANCES.c.location_id, BALANCES.c.batch_id)
    query = (
        select(
            *BALANCES.columns,
            BATCHES.c.medication_id,
            BATCHES.c.lot,
            BATCHES.c.expires_on,
            BATCHES.c.status,
            MEDICATIONS.c.unit,
        )
        .join(BATCHES, BATCHES.c.id == BALANCES.c.batch_id)
        .join(MEDICATIONS, MEDICATIONS.c.id == BATCHES.c.medication_id)
        .where(BALANCES.c.quantity > 0)
        .order_by(*order)
        .limit(limit)
    )
    if location_id is not None:
        query = query.where(BALANCES.c.location_id == location_id)
    if medication_id is not None:
        query = query.where(BATCHES.c.medication_id == medication_id)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    return connection.execute(query).mappings().all()


def list_lots(
    connection: Connection, location_id: UUID, medication_id: UUID
) -> Sequence[RowMapping]:
    """What lies of a medication at a place, in the order in which it expires."""
    query = (
        select(
            BALANCES.c.batch_id,
            BALANCES.c.quantity,
            BATCHES.c.expires_on,
            BATCHES.c.status,
            BATCHES.c.lot,
        )
        .join(BATCHES, BATCHES.c.id == BALANCES.c.batch_id)
        .where(
            BALANCES.c.location_id == location_id,
            BATCHES.c.medication_id == medication_id,
            BALANCES.c.quantity > 0,
        )
        .order_by(BATCHES.c.expires_on, BATCHES.c.id)
    )
    return connection.execute(query).mappings().all()


def lock_balances(
    connection: Connection, location_id: UUID, batch_ids: Sequence[UUID]
) -> dict[UUID, RowMapping]:
    """Balances by batch, locked in the order in which movements lock them.

    Batches of which nothing ever lay there are left out.
    """
    query = (
        select(BALANCES.c.batch_id, BALANCES.c.quantity, BALANCES.c.sequence)
        .where(BALANCES.c.location_id == location_id, BALANCES.c.batch_id.in_(batch_ids))
        .order_by(BALANCES.c.batch_id)
        .with_for_update()
    )
    return {row["batch_id"]: row for row in connection.execute(query).mappings()}


def list_ledger(
    connection: Connection, location_id: UUID, batch_id: UUID, *, after: int, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` movements of a batch at a place, oldest first."""
    query = (
        select(LEDGER)
        .where(
            LEDGER.c.location_id == location_id,
            LEDGER.c.batch_id == batch_id,
            LEDGER.c.sequence > after,
        )
        .order_by(LEDGER.c.sequence)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()
