"""Reports that an accountant expects: day book, aged receivables, revenue by service."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from deployments.access import Permission, Principal
from deployments.billing.desk import Desk
from deployments.billing.errors import TooManyLines
from deployments.billing.report_schemas import (
    AgedReceivable,
    AgedReceivables,
    ClaimState,
    ClaimStates,
    DayBookLine,
    DayBookQuery,
    Period,
    Revenue,
    RevenueLine,
)
from deployments.pagination import Page, decode_cursor, page_of
from storage.billing import reports

MOST_LINES: Final = 50_000
"""Of a day book in one file; ask for fewer days otherwise."""


class Reporting:
    """What is read of the books.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def day_book(self, principal: Principal, query: DayBookQuery) -> Page[DayBookLine]:
        """Every line of the ledger in the order of time.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(Permission.BILLING_REPORT)
        after = None
        if query.cursor:
            at, entry_id, place = decode_cursor(query.cursor, datetime.fromisoformat, UUID, int)
            after = (at, entry_id, min(place, 2**31 - 1))
        lines = await self._lines(query, after, query.limit + 1)
        return page_of(lines, query.limit, lambda it: (it.at.isoformat(), it.entry_id, it.position))

    async def whole_day_book(self, principal: Principal, period: Period) -> list[DayBookLine]:
        """The same, all of it.

        Raises:
            TooManyLines: more than go into one file.
        """
        principal.require(Permission.BILLING_REPORT)
        lines = await self._lines(period, None, MOST_LINES + 1)
        if len(lines) > MOST_LINES:
            raise TooManyLines(f"at most {MOST_LINES} lines")
        return lines

    async def aged_receivables(self, principal: Principal) -> AgedReceivables:
        """What patients and payers owe today, by how long it is overdue."""
        principal.require(Permission.BILLING_REPORT)
        today = self._desk.day_of(self._desk.clock())
        rows = await self._desk.database.read(lambda c: reports.aged_receivables(c, today))
        shown = [
            AgedReceivable(**{name: row[name] or 0 for name in AgedReceivable.model_fields})
            for row in rows
        ]
        return AgedReceivables(day=today, items=shown)

    async def revenue(self, principal: Principal, period: Period) -> Revenue:
        """What was earned without tax, by area and code: invoiced less credited."""
        principal.require(Permission.BILLING_REPORT)
        since, until = self._moments(period)
        rows = await self._desk.database.read(lambda c: reports.revenue(c, since, until))
        shown = [
            RevenueLine(**{name: row[name] for name in RevenueLine.model_fields}) for row in rows
        ]
        return Revenue(items=shown)

    async def claims_by_state(self, principal: Principal) -> ClaimStates:
        """How many claims each payer has in each status, and what they claim."""
        principal.require(Permission.BILLING_REPORT)
        rows = await self._desk.database.read(reports.claims_by_state)
        return ClaimStates(
            items=[
                ClaimState(**{name: row[name] for name in ClaimState.model_fields}) for row in rows
            ]
        )

    async def _lines(
        self, period: Period, after: tuple[datetime, UUID, int] | None, limit: int
    ) -> list[DayBookLine]:
        since, until = self._moments(period)
        rows = await self._desk.database.read(
            lambda c: reports.day_book(c, since, until, after, limit)
        )
        return [
            DayBookLine(**{name: row[name] for name in DayBookLine.model_fields}) for row in rows
        ]

    def _moments(self, period: Period) -> tuple[datetime, datetime]:
        after = period.last_day + timedelta(days=1)
        return self._desk.begin_of(period.first_day), self._desk.begin_of(after)
