"""What stock documents do when they are approved, received or returned."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.pharmacy.allocation import BatchStatus, is_usable
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import BatchNotUsable, StockMoved, WitnessNeeded
from deployments.pharmacy.stock_moves import Posting, is_controlled, post
from deployments.pharmacy.stock_states import DocumentKind, DocumentMove
from storage.pharmacy import stock
from storage.pharmacy.stock import Movement

WITNESSED: Final = frozenset({DocumentKind.ADJUSTMENT, DocumentKind.COUNT, DocumentKind.DISPOSAL})
"""Documents that make controlled drugs disappear, or appear."""


def apply(
    connection: Connection,
    desk: StockDesk,
    principal: Principal,
    move: DocumentMove,
    document: RowMapping,
    lines: Sequence[RowMapping],
) -> None:
    """Moves the stock of a document that the caller has locked.

    Raises:
        BatchNotUsable: a batch may only leave by disposal.
        OutOfStock, TooMuchStock: there is less than is taken, or no place for so much.
        StockMoved: stock moved since it was counted.
        WitnessNeeded: a controlled drug, and nobody has signed.
    """
    now, kind = desk.clock(), DocumentKind(document["kind"])
    if move is DocumentMove.APPROVE:
        _check(kind, document, lines, desk.day_of(now))
    changes = _changes(connection, kind, move, document, lines)
    postings = [
        _posting(principal, document, line, place, change, word, now)
        for line, place, change, word in changes
        if change
    ]
    post(connection, desk, postings)


def _check(
    kind: DocumentKind, document: RowMapping, lines: Sequence[RowMapping], today: date
) -> None:
    for line in lines:
        usable = is_usable(BatchStatus(line["batch_status"]), line["expires_on"], today)
        if kind is DocumentKind.TRANSFER and not usable:
            raise BatchNotUsable("the batch is expired, quarantined or recalled")
        if kind is DocumentKind.ADJUSTMENT and line["expires_on"] < today:
            raise BatchNotUsable("expired stock leaves by disposal")
        witnessed = document["witness_id"] is not None
        if kind in WITNESSED and is_controlled(line["schedule"]) and not witnessed:
            raise WitnessNeeded


Change = tuple[RowMapping, UUID, Decimal, str]


def _changes(
    connection: Connection,
    kind: DocumentKind,
    move: DocumentMove,
    document: RowMapping,
    lines: Sequence[RowMapping],
) -> list[Change]:
    """Line by line: where, how much, and the ledger's word for it."""
    here, there = document["location_id"], document["destination_id"]
    if kind is DocumentKind.COUNT:
        balances = stock.lock_balances(connection, here, [line["batch_id"] for line in lines])
        return [(line, here, _difference(balances, line), "count") for line in lines]
    place, sign, word = {
        (DocumentKind.RECEIPT, DocumentMove.APPROVE): (there, 1, "receipt"),
        (DocumentKind.TRANSFER, DocumentMove.APPROVE): (here, -1, "transfer-out"),
        (DocumentKind.TRANSFER, DocumentMove.RECEIVE): (there, 1, "transfer-in"),
        (DocumentKind.TRANSFER, DocumentMove.RETURN): (here, 1, "transfer-in"),
        (DocumentKind.ADJUSTMENT, DocumentMove.APPROVE): (here, 1, "adjustment"),
        (DocumentKind.DISPOSAL, DocumentMove.APPROVE): (here, -1, "disposal"),
    }[(kind, move)]
    return [(line, place, sign * line["quantity"], word) for line in lines]


def _difference(balances: Mapping[UUID, RowMapping], line: RowMapping) -> Decimal:
    """What was counted less what the balance says, if nothing moved in between."""
    balance: Any = balances.get(line["batch_id"], {"quantity": Decimal(0), "sequence": 0})
    if balance["sequence"] != line["counted_sequence"]:
        raise StockMoved
    difference: Decimal = line["quantity"] - balance["quantity"]
    return difference


def _posting(
    principal: Principal,
    document: RowMapping,
    line: RowMapping,
    place: UUID,
    change: Decimal,
    word: str,
    now: datetime,
) -> Posting:
    movement = Movement(
        location_id=place,
        batch_id=line["batch_id"],
        change=change,
        kind=word,
        document_type="StockDocument",
        document_id=document["id"],
        actor_id=principal.user_id,
        at=now,
    )
    return Posting(
        movement, line["medication_id"], line["schedule"], witness_id=document["witness_id"]
    )
