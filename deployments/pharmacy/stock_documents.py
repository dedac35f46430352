"""Stock documents: one person makes them, another decides, and only then stock moves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy import stock_effects
from deployments.pharmacy.document_schemas import (
    DocumentQuery,
    StockDocument,
    StockDocumentLine,
    StockDocumentRequest,
)
from deployments.pharmacy.errors import MoveNotAllowed
from deployments.pharmacy.recording import write_audit
from deployments.pharmacy.stock import check_location, check_version
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import SamePerson, StockDocumentNotFound
from deployments.pharmacy.stock_making import lines_of, places_of
from deployments.pharmacy.stock_moves import is_controlled
from deployments.pharmacy.stock_states import (
    DocumentKind,
    DocumentMove,
    DocumentStatus,
    check_move,
)
from storage.columns import new_id
from storage.pharmacy import stock_documents

EFFECTIVE: Final = frozenset({DocumentMove.APPROVE, DocumentMove.RECEIVE, DocumentMove.RETURN})
"""Moves that move stock."""
OPEN: Final = frozenset({DocumentStatus.NEW, DocumentStatus.SUBMITTED})


class StockDocuments:
    """Operations on stock documents."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def make(self, principal: Principal, request: StockDocumentRequest) -> StockDocument:
        """Makes a document; nothing moves yet.

        Raises:
            LocationNotFound: no such place.
            DomainError: as `lines_of`.
        """
        principal.require(Permission.PHARMACY_STOCK)

        def work(connection: Connection) -> StockDocument:
            now = self._desk.clock()
            places = places_of(request)
            for place in filter(None, places.values()):
                check_location(connection, place)
            lines = lines_of(connection, request, now, self._desk.day_of(now))
            values = {"reason": getattr(request, "reason", None), "note": request.note, **places}
            values |= {"kind": request.kind, "status": DocumentStatus.NEW.value}
            return add(connection, self._desk, principal, values, lines)

        return await self._desk.database.transact(work)

    async def submit(
        self, principal: Principal, document_id: UUID, expected: int | None = None
    ) -> StockDocument:
        """Puts a document before a second person.

        Raises:
            StockDocumentNotFound: no such document.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: its status does not allow it.
        """
        principal.require(Permission.PHARMACY_STOCK)
        return await self._moved(principal, document_id, DocumentMove.SUBMIT, expected)

    async def approve(
        self, principal: Principal, document_id: UUID, expected: int | None = None
    ) -> StockDocument:
        """Approves another person's document: stock moves; a transfer is then on its way.

        Raises:
            SamePerson: the caller made it, or witnessed it.
            DomainError: as `submit` and `stock_effects.apply`.
        """
        principal.require(Permission.PHARMACY_APPROVE_STOCK)
        return await self._moved(principal, document_id, DocumentMove.APPROVE, expected)

    async def reject(
        self, principal: Principal, document_id: UUID, reason: str, expected: int | None = None
    ) -> StockDocument:
        """Refuses another person's document; nothing moves.

        Raises:
            SamePerson: the caller made it.
            DomainError: as `submit`.
        """
        principal.require(Permission.PHARMACY_APPROVE_STOCK)
        return await self._moved(principal, document_id, DocumentMove.REJECT, expected, reason)

    async def cancel(
        self, principal: Principal, document_id: UUID, reason: str, expected: int | None = None
    ) -> StockDocument:
        """Takes a document back that nobody has decided on.

        Raises:
            DomainError: as `submit`.
        """
        principal.require(Permission.PHARMACY_STOCK)
        return await self._moved(principal, document_id, DocumentMove.CANCEL, expected, reason)

    async def receive(
        self, principal: Principal, document_id: UUID, expected: int | None = None
    ) -> StockDocument:
        """A transfer has arrived.

        Raises:
            SamePerson: the caller approved it.
            DomainError: as `submit`.
        """
        principal.require(Permission.PHARMACY_STOCK)
        return await self._moved(principal, document_id, DocumentMove.RECEIVE, expected)

    async def give_back(
        self, principal: Principal, document_id: UUID, reason: str, expected: int | None = None
    ) -> StockDocument:
        """A transfer on its way turns round: it lies again where it came from.

        Raises:
            DomainError: as `submit`.
        """
        principal.require(Permission.PHARMACY_STOCK)
        return await self._moved(principal, document_id, DocumentMove.RETURN, expected, reason)

    async def witness(self, principal: Principal, document_id: UUID) -> StockDocument:
        """The caller signs as a second person that it is as the document says.

        Raises:
            StockDocumentNotFound: no such document.
            MoveNotAllowed: it is decided.
            SamePerson: the caller made it.
        """
        principal.require(Permission.PHARMACY_WITNESS)

        def work(connection: Connection) -> StockDocument:
            row = _locked(connection, document_id)
            if DocumentStatus(row["status"]) not in OPEN:
                raise MoveNotAllowed(f"the document is {row['status']}")
            _check_other(principal, row, "made_by")
            values = {"witness_id": principal.user_id}
            return self._changed(connection, principal, "witness", row, values)

        return await self._desk.database.transact(work)

    async def get(self, principal: Principal, document_id: UUID) -> StockDocument:
        """One document.

        Raises:
            StockDocumentNotFound: no such document.
        """
        principal.require(Permission.PHARMACY_READ)

        def work(connection: Connection) -> StockDocument:
            row = stock_documents.find(connection, document_id)
            if row is None:
                raise StockDocumentNotFound
            return _shown(connection, [row])[0]

        return await self._desk.database.read(work)

    async def list_page(self, principal: Principal, query: DocumentQuery) -> Page[StockDocument]:
        """A page of documents, newest first.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_READ)
        (before,) = decode_cursor(query.cursor, UUID) if query.cursor else (None,)

        def work(connection: Connection) -> list[StockDocument]:
            rows = stock_documents.list_page(
                connection,
                status=query.status,
                kind=query.kind,
                before=before,
                limit=query.limit + 1,
            )
            return _shown(connection, rows)

        found = await self._desk.database.read(work)
        return page_of(found, query.limit, lambda one: (one.id,))

    async def _moved(
        self,
        principal: Principal,
        document_id: UUID,
        move: DocumentMove,
        expected: int | None,
        reason: str | None = None,
    ) -> StockDocument:
        def work(connection: Connection) -> StockDocument:
            row = _locked(connection, document_id)
            check_version(row["version"], expected)
            kind, status = DocumentKind(row["kind"]), DocumentStatus(row["status"])
            values: dict[str, Any] = {"status": check_move(move, status, kind).value}
            if move in {DocumentMove.APPROVE, DocumentMove.REJECT}:
                _check_other(principal, row, "made_by", "witness_id")
                values["decided_by"] = principal.user_id
            if move is DocumentMove.RECEIVE:
                _check_other(principal, row, "decided_by")
                values["received_by"] = principal.user_id
            if reason is not None:
                values["note"] = reason
            if move in EFFECTIVE:
                lines = stock_documents.list_lines(connection, [document_id])
                stock_effects.apply(connection, self._desk, principal, move, row, lines)
            return self._changed(connection, principal, move.value, row, values)

        return await self._desk.database.transact(work)

    def _changed(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        row: RowMapping,
        values: Mapping[str, Any],
    ) -> StockDocument:
        now = self._desk.clock()
        changed = stock_documents.change(connection, row["id"], {"updated_at": now, **values})
        _audit(connection, self._desk, principal, action, row["id"])
        return _shown(connection, [changed])[0]


def add(
    connection: Connection,
    desk: StockDesk,
    principal: Principal,
    values: Mapping[str, Any],
    lines: Iterable[Mapping[str, Any]],
) -> StockDocument:
    """Writes a new document in the caller's name, in a transaction of the caller."""
    now, document_id = desk.clock(), new_id()
    row = {"id": document_id, "made_by": principal.user_id, "version": 1}
    row |= {"created_at": now, "updated_at": now, **values}
    numbered = [
        {"document_id": document_id, "position": position, **line}
        for position, line in enumerate(lines, start=1)
    ]
    stock_documents.add(connection, row, numbered)
    _audit(connection, desk, principal, "make", document_id)
    added = stock_documents.find(connection, document_id)
    return _shown(connection, [added] if added else [])[0]


def _audit(
    connection: Connection, desk: StockDesk, principal: Principal, action: str, document_id: UUID
) -> None:
    write_audit(
        connection,
        principal,
        action=f"{action}_stock_document",
        object_type="StockDocument",
        object_id=document_id,
        at=desk.clock(),
    )


def _locked(connection: Connection, document_id: UUID) -> RowMapping:
    row = stock_documents.find(connection, document_id, lock=True)
    if row is None:
        raise StockDocumentNotFound
    return row


def _check_other(principal: Principal, row: RowMapping, *parts: str) -> None:
    """Passes when the caller had none of these parts in the document."""
    if principal.user_id in {row[part] for part in parts}:
        raise SamePerson


def _shown(connection: Connection, rows: Iterable[RowMapping]) -> list[StockDocument]:
    """Documents with their lines, as callers see them."""
    kept = list(rows)
    lines: dict[UUID, list[StockDocumentLine]] = defaultdict(list)
    for line in stock_documents.list_lines(connection, [row["id"] for row in kept]):
        shown = {name: line[name] for name in StockDocumentLine.model_fields if name in line}
        shown["controlled"] = is_controlled(line["schedule"])
        lines[line["document_id"]].append(StockDocumentLine.model_validate(shown))
    names = StockDocument.model_fields.keys() - {"lines"}
    return [
        StockDocument.model_validate(
            {**{name: row[name] for name in names}, "lines": lines[row["id"]]}
        )
        for row in kept
    ]
