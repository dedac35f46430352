"""Cashiers' drawers: opened with a float, counted at the end, reconciled by somebody else."""

from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.accounts import Account
from deployments.billing.payment_desk import SESSION, PaymentDesk, audit_of
from deployments.billing.payment_errors import (
    OtherPersonNeeded,
    ReasonNeeded,
    SessionMoveNotAllowed,
    SessionNotFound,
    SessionOpen,
)
from deployments.billing.payment_mapping import cashier_session
from deployments.billing.payment_schemas import (
    CashierSession,
    SessionClosing,
    SessionQuery,
    SessionRequest,
)
from deployments.billing.payment_states import SessionStatus
from deployments.pagination import Page, decode_cursor, page_of
from storage.billing import cashiers, ledger
from storage.billing.ledger import Line
from storage.columns import new_id
from storage.database import ConstraintViolated

READERS = (Permission.BILLING_TAKE_PAYMENTS, Permission.BILLING_APPROVE)


class Cashiering:
    """Sessions of cashiers.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: PaymentDesk) -> None:
        self._desk = desk
        self._database = desk.house.database

    async def open(self, principal: Principal, request: SessionRequest) -> CashierSession:
        """Opens the caller's drawer.

        Raises:
            SessionOpen: the caller has one open.
        """
        principal.require(Permission.BILLING_TAKE_PAYMENTS)

        def work(connection: Connection) -> CashierSession:
            now = self._desk.now()
            values = {"id": new_id(), "cashier_id": principal.user_id, "opened_at": now}
            row = cashiers.add(connection, values | request.model_dump())
            audit_of(connection, principal, "cashier_session.open", SESSION, row, now)
            return cashier_session(row)

        try:
            return await self._database.transact(work)
        except ConstraintViolated as error:
            if error.constraint == "uq_cashier_sessions_open":
                raise SessionOpen from None
            raise

    async def close(
        self, principal: Principal, session_id: UUID, closing: SessionClosing
    ) -> CashierSession:
        """Counts the caller's drawer; what is over or short is posted.

        Raises:
            SessionNotFound: the caller has no such session.
            SessionMoveNotAllowed: it is closed.
            ReasonNeeded: what was counted is not what should be there.
        """
        principal.require(Permission.BILLING_TAKE_PAYMENTS)

        def work(connection: Connection) -> CashierSession:
            now = self._desk.now()
            row = _locked(connection, session_id, SessionStatus.OPEN, principal.user_id)
            difference = closing.counted - cashier_session(row).expected
            if difference and closing.difference_reason is None:
                raise ReasonNeeded(f"{difference} minor units of {row['currency']}")
            values = {"status": "closed", "closed_at": now, **closing.model_dump()}
            closed = cashiers.change(connection, session_id, values)
            if difference:
                self._post(connection, closed, difference)
            audit_of(connection, principal, "cashier_session.close", SESSION, row, now)
            return cashier_session(closed)

        return await self._database.transact(work)

    async def reconcile(self, principal: Principal, session_id: UUID) -> CashierSession:
        """Confirms what the cashier counted.

        Raises:
            SessionNotFound: no such session.
            SessionMoveNotAllowed: it is open, or reconciled.
            OtherPersonNeeded: it is the caller's own.
        """
        principal.require(Permission.BILLING_APPROVE)

        def work(connection: Connection) -> CashierSession:
            now = self._desk.now()
            row = _locked(connection, session_id, SessionStatus.CLOSED)
            if row["cashier_id"] == principal.user_id:
                raise OtherPersonNeeded("nobody reconciles their own drawer")
            values = {"reconciled_by": principal.user_id, "reconciled_at": now}
            done = cashiers.change(connection, session_id, {"status": "reconciled", **values})
            audit_of(connection, principal, "cashier_session.reconcile", SESSION, row, now)
            return cashier_session(done)

        return await self._database.transact(work)

    async def get(self, principal: Principal, session_id: UUID) -> CashierSession:
        """One session.

        Raises:
            SessionNotFound: no such session.
        """
        principal.require(*READERS)
        row = await self._database.read(lambda c: cashiers.find(c, session_id))
        if row is None:
            raise SessionNotFound
        return cashier_session(row)

    async def list_page(self, principal: Principal, query: SessionQuery) -> Page[CashierSession]:
        """Sessions, newest first.

        Raises:
            InvalidCursor: the cursor is not ours.
        """
        principal.require(*READERS)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None
        rows = await self._database.read(
            lambda c: cashiers.list_page(c, query.status, before, query.limit + 1)
        )
        shown = [cashier_session(row) for row in rows]
        return page_of(shown, query.limit, lambda session: (session.id,))

    def _post(self, connection: Connection, row: RowMapping, difference: int) -> None:
        lines = [
            Line(Account.CASH, difference),
            Line(Account.CASH_DIFFERENCES, -difference),
        ]
        ledger.post(
            connection,
            kind="cash_difference",
            source_kind="CashierSession",
            source_id=row["id"],
            currency=row["currency"],
            lines=lines,
            at=row["closed_at"],
            actor_id=row["cashier_id"],
        )


def _locked(
    connection: Connection,
    session_id: UUID,
    wanted: SessionStatus,
    cashier_id: UUID | None = None,
) -> RowMapping:
    row = cashiers.find(connection, session_id, lock=True)
    if row is None or cashier_id not in {None, row["cashier_id"]}:
        raise SessionNotFound
    if row["status"] != wanted:
        raise SessionMoveNotAllowed(f"the session is {row['status']}")
    return row
