"""What could not be placed, and files of results: nothing is lost, everything is answered for."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.errors import FieldError, Malformed
from deployments.laboratory import result_mapping
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import HeldNotFound, MoveNotAllowed, NotPlaced
from deployments.laboratory.measured import Measured
from deployments.laboratory.recording import OBJECT, mover_of, write_audit
from deployments.laboratory.result_schemas import (
    Discarding,
    FileReceipt,
    HeldQuery,
    HeldResult,
    LineReceipt,
    Placing,
)
from deployments.laboratory.storing import Outcome, store
from deployments.laboratory.versions import Source
from deployments.pagination import Page, decode_cursor, page_of
from storage.columns import new_id
from storage.laboratory import results

COLUMNS: Final = ("accession", "parameter", "value", "unit", "observed_at")
MOST_LINES: Final = 2000
LONGEST_FIELD: Final = 2000


class Holding:
    """Files of results and the list of what is held.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.settings.time_zone)
        self._patience = timedelta(minutes=desk.settings.alert_step_minutes)

    async def read_file(self, principal: Principal, content: bytes) -> FileReceipt:
        """Stores the values of a CSV file; what cannot be placed is held, line by line.

        Columns: accession, parameter, value, unit, observed_at (with zone; may be empty).

        Raises:
            Malformed: no CSV in UTF-8 with these columns, or too long; nothing was stored.
        """
        principal.require(Permission.LABORATORY_WORK)
        lines = parse(content)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> FileReceipt:
            at, file_id = self._desk.clock(), new_id()
            source = Source("file", file_id, mover_of(principal), at, self._patience, self._zone)
            outcomes = store(connection, snapshot, list(lines.values()), source)
            kind = OBJECT["test"]
            write_audit(connection, principal, "result.file", kind, file_id, at, None)
            return _receipt(file_id, dict(zip(lines, outcomes, strict=True)))

        return await self._desk.database.transact(work)

    async def list_held(self, principal: Principal, query: HeldQuery) -> Page[HeldResult]:
        """Values that are held, or were: what may be critical first, then newest first.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(Permission.LABORATORY_WORK)
        before = None
        if query.cursor:
            critical, last = decode_cursor(query.cursor, int, UUID)
            before = (bool(critical), last)

        def work(connection: Connection) -> Page[HeldResult]:
            rows = results.list_held(connection, query.status, before, query.limit + 1)
            page = page_of(rows, query.limit, result_mapping.position)
            kind, now = OBJECT["test"], self._desk.clock()
            write_audit(connection, principal, "held.list", kind, None, now, None)
            items = [result_mapping.held(row) for row in page.items]
            return Page[HeldResult](items=items, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def place(self, principal: Principal, held_id: UUID, request: Placing) -> HeldResult:
        """Puts a held value where it belongs; with a word of the caller in it, it is the caller's.

        Raises:
            HeldNotFound: nothing with this id.
            MoveNotAllowed: it is placed or discarded already.
            NotPlaced: it still cannot be taken; it stays held.
        """
        principal.require(Permission.LABORATORY_WORK)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> HeldResult:
            at = self._desk.clock()
            row = _lock(connection, held_id)
            measured = corrected(Measured.from_json(row.payload), request)
            typed = measured != Measured.from_json(row.payload)
            source = Source(
                "hand" if typed else row.source,
                row.source_id,
                mover_of(principal),
                at,
                self._patience,
                self._zone,
            )
            outcome = store(connection, snapshot, [measured], source)[0]
            if outcome.status == "held":
                error = FieldError("/", outcome.reason or "", outcome.detail or "")
                raise NotPlaced("it still cannot be taken; it stays held", [error])
            return self._settle(connection, principal, row, "placed", request.note, at)

        return await self._desk.database.transact(work)

    async def discard(self, principal: Principal, held_id: UUID, request: Discarding) -> HeldResult:
        """A held value is not used; it stays to be read.

        Raises:
            HeldNotFound: nothing with this id.
            MoveNotAllowed: it is placed or discarded already.
        """
        principal.require(Permission.LABORATORY_WORK)

        def work(connection: Connection) -> HeldResult:
            row, at = _lock(connection, held_id), self._desk.clock()
            return self._settle(connection, principal, row, "discarded", request.note, at)

        return await self._desk.database.transact(work)

    def _settle(
        self,
        connection: Connection,
        principal: Principal,
        row: Row[Any],
        status: str,
        note: str,
        at: datetime,
    ) -> HeldResult:
        settled = results.settle_held(
            connection, row.id,
            status=status, settled_by=principal.user_id, settled_at=at, settled_note=note,
        )  # fmt: skip
        kind = OBJECT["test"]
        write_audit(connection, principal, f"held.{status}", kind, row.id, at, None)
        return result_mapping.held(settled)


def corrected(measured: Measured, request: Placing) -> Measured:
    """A held value with what a person says of it."""
    return replace(
        measured,
        accession=request.accession or measured.accession,
        code=request.parameter or measured.code,
        value=request.value or measured.value,
        unit=request.unit or measured.unit,
    )


def parse(content: bytes) -> dict[int, Measured]:
    """The values of a CSV file, by the line on which each ends.

    Raises:
        Malformed: it cannot be read; says where.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise Malformed(f"the first line must be {','.join(COLUMNS)}")
        lines = [(reader.line_num, line) for line in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Malformed(f"not a CSV file in UTF-8: {error}") from None
    if len(lines) > MOST_LINES:
        raise Malformed(f"at most {MOST_LINES} lines at once")
    return {number: _line(number, line) for number, line in lines}


def _line(number: int, line: dict[str, Any]) -> Measured:
    if None in line or None in line.values():
        raise Malformed(f"line {number}: {len(COLUMNS)} columns are wanted")
    observed_at = None
    if line["observed_at"]:
        try:
            observed_at = datetime.fromisoformat(line["observed_at"])
        except ValueError:
            raise Malformed(f"line {number}: observed_at is no time") from None
        if observed_at.tzinfo is None:
            raise Malformed(f"line {number}: observed_at needs a zone")
    accession, code, value, unit = (line[name].strip() for name in COLUMNS[:4])
    if max(map(len, (accession, code, value, unit))) > LONGEST_FIELD:
        raise Malformed(f"line {number}: at most {LONGEST_FIELD} letters in a column")
    return Measured(accession, code, value, unit or None, observed_at)


def _lock(connection: Connection, held_id: UUID) -> Row[Any]:
    row = results.lock_held(connection, held_id)
    if row is None:
        raise HeldNotFound
    if row.status != "held":
        raise MoveNotAllowed(f"it is {row.status}")
    return row


def _receipt(file_id: UUID, outcomes: Mapping[int, Outcome]) -> FileReceipt:
    count = {
        status: sum(one.status == status for one in outcomes.values())
        for status in ("stored", "same", "held")
    }
    lines = [
        LineReceipt.model_validate(
            {"line": line, "status": one.status, "reason": one.reason, "detail": one.detail}
        )
        for line, one in outcomes.items()
    ]
    return FileReceipt(file_id=file_id, lines=lines, **count)
