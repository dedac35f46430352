"""Refunds: asked for, decided by somebody else, given back by a third or by the first.

What is asked for is kept at once, so that no race gives back more than was captured.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.payment_desk import REFUND, PaymentDesk, audit_of
from deployments.billing.payment_errors import (
    DepositTooSmall,
    MoreThanCaptured,
    NoOpenSession,
    OtherPersonNeeded,
    PaymentNotFound,
    RefundNotFound,
)
from deployments.billing.payment_mapping import refund
from deployments.billing.payment_outcomes import finish_refund, release
from deployments.billing.payment_resolving import Resolving
from deployments.billing.payment_schemas import Refund, RefundRequest
from deployments.billing.payment_states import (
    PaymentMethod,
    RefundMove,
    RefundStatus,
    check_refund_move,
)
from storage.billing import cashiers, deposits, payments, refunds
from storage.columns import new_id

Step = Callable[[Connection, RowMapping, RowMapping, datetime], RowMapping]


class Refunding:
    """Gives money back.

    Args:
        desk: the tools of the replica.
        resolving: asks the provider.
    """

    def __init__(self, desk: PaymentDesk, resolving: Resolving) -> None:
        self._desk = desk
        self._database = desk.house.database
        self._resolving = resolving

    async def request(
        self, principal: Principal, payment_id: UUID, request: RefundRequest
    ) -> Refund:
        """Asks a part of a payment back.

        Raises:
            PaymentNotFound: no such payment.
            MoreThanCaptured: with the other refunds it is more than came in.
            DepositTooSmall: it lies on a deposit that is used by now.
        """
        principal.require(Permission.BILLING_TAKE_PAYMENTS)

        def work(connection: Connection) -> Refund:
            now = self._desk.now()
            if payments.find(connection, payment_id) is None:
                raise PaymentNotFound
            payment = payments.reserve(connection, payment_id, request.amount)
            if payment is None:
                raise MoreThanCaptured
            from_deposit = min(request.amount, payment["deposited"])
            _keep(connection, payment, from_deposit, now)
            values = {
                "id": new_id(),
                "payment_id": payment_id,
                "patient_id": payment["patient_id"],
                "amount": request.amount,
                "from_deposit": from_deposit,
                "currency": payment["currency"],
                "status": RefundStatus.REQUESTED.value,
                "reason_code": request.reason_code.value,
                "note": request.note,
                "requested_by": principal.user_id,
                "requested_at": now,
                "due_at": now,
            }
            row = refunds.add(connection, values)
            audit_of(connection, principal, "refund.request", REFUND, row, now)
            return refund(row)

        return await self._database.transact(work)

    async def approve(self, principal: Principal, refund_id: UUID) -> Refund:
        """Agrees.

        Raises:
            RefundNotFound: no such refund.
            RefundMoveNotAllowed: it is decided already.
            OtherPersonNeeded: the caller asked for it.
        """
        principal.require(Permission.BILLING_APPROVE)

        def step(
            connection: Connection, _payment: RowMapping, row: RowMapping, now: datetime
        ) -> RowMapping:
            status = check_refund_move(RefundMove.APPROVE, RefundStatus(row["status"]))
            if row["requested_by"] == principal.user_id:
                raise OtherPersonNeeded("who asks for a refund does not approve it")
            values = {"decided_by": principal.user_id, "decided_at": now}
            return refunds.change(connection, refund_id, {"status": status.value, **values})

        return await self._do(principal, refund_id, RefundMove.APPROVE, step)

    async def reject(self, principal: Principal, refund_id: UUID, note: str) -> Refund:
        """Refuses, or takes an approval back; what was kept for it is free again.

        Raises:
            RefundNotFound, RefundMoveNotAllowed, OtherPersonNeeded: as `approve`.
        """
        principal.require(Permission.BILLING_APPROVE)

        def step(
            connection: Connection, payment: RowMapping, row: RowMapping, now: datetime
        ) -> RowMapping:
            status = check_refund_move(RefundMove.REJECT, RefundStatus(row["status"]))
            if row["requested_by"] == principal.user_id:
                raise OtherPersonNeeded("who asks for a refund does not decide on it")
            release(connection, payment, row, now)
            values = {"decided_by": principal.user_id, "decided_at": now, "decision_note": note}
            return refunds.change(connection, refund_id, {"status": status.value, **values})

        return await self._do(principal, refund_id, RefundMove.REJECT, step)

    async def complete(self, principal: Principal, refund_id: UUID) -> Refund:
        """Gives the money back: cash out of the caller's drawer, to the card by the provider.

        Raises:
            RefundNotFound: no such refund.
            RefundMoveNotAllowed: it is not approved, or done.
            OtherPersonNeeded: the caller approved it.
            NoOpenSession: cash, and the caller's drawer has not so much.
        """
        principal.require(Permission.BILLING_TAKE_PAYMENTS)
        sent: list[RowMapping] = []

        def step(
            connection: Connection, payment: RowMapping, row: RowMapping, now: datetime
        ) -> RowMapping:
            if row["decided_by"] == principal.user_id:
                raise OtherPersonNeeded("who approves a refund does not pay it out")
            if payment["method"] == PaymentMethod.CARD:
                sent[:] = [self._begin_sending(connection, principal, row, now)]
                return sent[0]
            check_refund_move(RefundMove.COMPLETE, RefundStatus(row["status"]))
            if payment["method"] == PaymentMethod.CASH:
                _pay_out(connection, principal, row)
            return finish_refund(connection, payment, row, now, principal.user_id)

        done = await self._do(principal, refund_id, RefundMove.COMPLETE, step)
        return await self._resolving.send_refund(sent[0]) if sent else done

    def _begin_sending(
        self, connection: Connection, principal: Principal, row: RowMapping, now: datetime
    ) -> RowMapping:
        status = check_refund_move(RefundMove.SEND, RefundStatus(row["status"]))
        values = {
            "status": status.value,
            "completed_by": principal.user_id,
            "fence": row["fence"] + 1,
            "due_at": now + self._desk.settings.lease,
        }
        return refunds.change(connection, row["id"], values)

    async def _do(
        self, principal: Principal, refund_id: UUID, move: RefundMove, step: Step
    ) -> Refund:
        """Runs a step with payment and refund locked, in the order in which everybody does."""

        def work(connection: Connection) -> Refund:
            now = self._desk.now()
            seen = refunds.find(connection, refund_id)
            payment = seen and payments.find(connection, seen["payment_id"], lock=True)
            row = refunds.find(connection, refund_id, lock=True)
            if row is None or payment is None:
                raise RefundNotFound
            done = step(connection, payment, row, now)
            audit_of(connection, principal, f"refund.{move}", REFUND, row, now)
            return refund(done)

        return await self._database.transact(work)


def _keep(connection: Connection, payment: RowMapping, amount: int, now: datetime) -> None:
    """Takes the part that lies on the deposit off it, so that nobody uses it meanwhile."""
    if amount == 0:
        return
    if not deposits.take(connection, payment["patient_id"], payment["currency"], amount, now):
        raise DepositTooSmall
    payments.change(connection, payment["id"], {"deposited": payment["deposited"] - amount})


def _pay_out(connection: Connection, principal: Principal, row: RowMapping) -> None:
    session_id = cashiers.move_cash(
        connection, principal.user_id, row["currency"], paid_out=row["amount"]
    )
    if session_id is None:
        raise NoOpenSession
