"""Posting movements: balances and ledger, the register of controlled drugs, reorder points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.pharmacy.events import StockLow
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import OutOfStock, TooMuchStock
from deployments.publishing import publish
from storage.pharmacy import controlled, stock, stock_watch
from storage.pharmacy.stock import Movement

UNCONTROLLED: Final = "none"


@dataclass(frozen=True, slots=True)
class Posting:
    """A movement with what the register of a controlled drug says besides.

    Attributes:
        schedule: of the medication; other than `none` it has a register.
        patient_id: who got it, or brought it back.
        witness_id: who signed besides the actor.
    """

    movement: Movement
    medication_id: UUID
    schedule: str
    patient_id: UUID | None = None
    witness_id: UUID | None = None


def is_controlled(schedule: str) -> bool:
    """Whether movements need a witness and a register."""
    return schedule != UNCONTROLLED


def post(connection: Connection, desk: StockDesk, postings: Sequence[Posting]) -> None:
    """Makes all movements, or none.

    Rows are locked in one order (balances, register heads, reorder points), so that two who move
    the same batches wait for each other and never in a circle.

    Raises:
        OutOfStock: a balance holds less than is taken.
        TooMuchStock: a balance would hold more than a place can.
    """
    for posting in sorted(postings, key=_place_and_batch):
        if not stock.move(connection, posting.movement):
            if posting.movement.change > 0:
                raise TooMuchStock
            raise OutOfStock("somebody else took what was there")
    for posting in sorted(postings, key=_place_and_medication):
        if is_controlled(posting.schedule):
            _register(connection, posting)
    pairs = {(one.movement.location_id, one.medication_id) for one in postings}
    watch_levels(connection, desk, pairs, desk.clock())


def watch_levels(
    connection: Connection, desk: StockDesk, pairs: Iterable[tuple[UUID, UUID]], now: datetime
) -> None:
    """Tells once when places fall below their reorder points, and forgets when they rise.

    Args:
        connection: in the transaction of the movements.
        desk: the tools.
        pairs: places and medications that moved.
        now: the time.
    """
    for point in stock_watch.lock_reorder_points(connection, sorted(pairs)):
        location_id, medication_id = point["location_id"], point["medication_id"]
        usable = stock_watch.sum_usable(connection, location_id, medication_id, desk.day_of(now))
        low = usable < point["minimum"]
        if low == (point["low_since"] is not None):
            continue
        stock_watch.mark_low(connection, location_id, medication_id, now if low else None)
        if low:
            publish(
                connection,
                StockLow(
                    occurred_at=now,
                    medication_id=medication_id,
                    location_id=location_id,
                    quantity=usable,
                    minimum=point["minimum"],
                ),
            )


def _register(connection: Connection, posting: Posting) -> None:
    movement = posting.movement
    written = controlled.write(
        connection,
        movement.location_id,
        posting.medication_id,
        movement.change,
        {
            "kind": movement.kind,
            "batch_id": movement.batch_id,
            "document_type": movement.document_type,
            "document_id": movement.document_id,
            "patient_id": posting.patient_id,
            "actor_id": movement.actor_id,
            "witness_id": posting.witness_id,
            "at": movement.at,
        },
    )
    if not written:
        raise TooMuchStock


def _place_and_batch(posting: Posting) -> tuple[UUID, UUID]:
    return posting.movement.location_id, posting.movement.batch_id


def _place_and_medication(posting: Posting) -> tuple[UUID, UUID]:
    return posting.movement.location_id, posting.medication_id
