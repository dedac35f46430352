"""Paying: an invoice, or in advance. Written first; a card is then charged with nothing held."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.errors import InvoiceNotFound, NotIssued
from deployments.billing.payment_desk import PAYMENT, PaymentDesk, audit_of
from deployments.billing.payment_errors import (
    BankReferenceUsed,
    MethodNotAllowed,
    MoreThanIsOwed,
    NoOpenSession,
    TooLittleTendered,
)
from deployments.billing.payment_mapping import payment
from deployments.billing.payment_posting import capture
from deployments.billing.payment_resolving import Resolving
from deployments.billing.payment_schemas import (
    BankTransfer,
    Card,
    Cash,
    DepositRequest,
    FromDeposit,
    Payment,
    PaymentRequest,
)
from deployments.billing.payment_states import PaymentStatus
from deployments.billing.recording import INVOICE
from deployments.billing.sight import check_sight, may_see
from deployments.errors import Forbidden
from storage.billing import cashiers, invoices, payments
from storage.columns import new_id
from storage.database import ConstraintViolated

Paid = Card | Cash | BankTransfer | FromDeposit
Begin = Callable[[Connection, datetime], RowMapping]


class Paying:
    """Takes payments.

    Args:
        desk: the tools of the replica.
        resolving: asks the provider.
    """

    def __init__(self, desk: PaymentDesk, resolving: Resolving) -> None:
        self._desk = desk
        self._resolving = resolving

    async def pay(self, principal: Principal, request: PaymentRequest) -> Payment:
        """Pays an invoice, or a part of it.

        Raises:
            InvoiceNotFound: none that the caller may know of.
            NotIssued: it is a draft, or cancelled.
            MoreThanIsOwed: less is open, with what is being paid right now.
            MethodNotAllowed, TooLittleTendered, NoOpenSession, BankReferenceUsed,
            DepositTooSmall: the means do not do.
        """
        _check_means(principal, request.means, request.amount)
        seen = await self._desk.house.database.read(
            lambda connection: invoices.find(connection, request.invoice_id)
        )
        owner = seen["patient_id"] if seen else None
        await check_sight(self._desk.house, principal, owner, INVOICE, InvoiceNotFound)

        def begin(connection: Connection, now: datetime) -> RowMapping:
            invoice = _payable(connection, request.invoice_id, request.amount)
            means = _means(connection, principal, request.means, invoice["currency"], request)
            return payments.add(
                connection,
                {
                    **self._new(principal, request.amount, now),
                    "invoice_id": invoice["id"],
                    "patient_id": invoice["patient_id"],
                    "currency": invoice["currency"],
                    **means,
                },
            )

        return await self._take(principal, request.means, begin)

    async def deposit(self, principal: Principal, request: DepositRequest) -> Payment:
        """Takes money in advance.

        Raises:
            Forbidden: a patient for somebody else.
            MethodNotAllowed, TooLittleTendered, NoOpenSession, BankReferenceUsed: as `pay`.
        """
        _check_means(principal, request.means, request.amount)
        if not may_see(principal, request.patient_id):
            raise Forbidden("a patient pays for themselves")

        def begin(connection: Connection, now: datetime) -> RowMapping:
            return payments.add(
                connection,
                {
                    **self._new(principal, request.amount, now),
                    "invoice_id": None,
                    "patient_id": request.patient_id,
                    "currency": request.currency,
                    **_means(connection, principal, request.means, request.currency, request),
                },
            )

        return await self._take(principal, request.means, begin)

    def _new(self, principal: Principal, amount: int, now: datetime) -> dict[str, Any]:
        return {
            "id": new_id(),
            "amount": amount,
            "status": PaymentStatus.CREATED.value,
            "due_at": now + self._desk.settings.lease,
            "created_by": principal.user_id,
            "created_at": now,
            "updated_at": now,
        }

    async def _take(self, principal: Principal, means: Paid, begin: Begin) -> Payment:
        def work(connection: Connection) -> Payment:
            now = self._desk.now()
            row = begin(connection, now)
            audit_of(connection, principal, "payment.create", PAYMENT, row, now)
            return payment(row if isinstance(means, Card) else capture(connection, row, now))

        try:
            begun = await self._desk.house.database.transact(work)
        except ConstraintViolated as error:
            if error.constraint == "uq_payments_bank_reference":
                raise BankReferenceUsed from None
            raise
        return await self._resolving.send(begun) if isinstance(means, Card) else begun


def _check_means(principal: Principal, means: Paid, amount: int) -> None:
    principal.require(Permission.BILLING_PAY_OWN, Permission.BILLING_TAKE_PAYMENTS)
    at_desk = isinstance(means, Cash | BankTransfer)
    if at_desk and not principal.has(Permission.BILLING_TAKE_PAYMENTS):
        raise MethodNotAllowed
    if isinstance(means, Cash) and means.tendered < amount:
        raise TooLittleTendered


def _payable(connection: Connection, invoice_id: UUID, amount: int) -> RowMapping:
    """The invoice, locked, when so much may be paid on it now."""
    invoice = invoices.lock(connection, invoice_id)
    if invoice is None:
        raise InvoiceNotFound
    if invoice["status"] not in {"issued", "balanced"}:
        raise NotIssued
    owed = invoice["patient_share"] - invoice["patient_settled"]
    if amount > owed - payments.underway(connection, invoice_id):
        raise MoreThanIsOwed
    return invoice


def _means(
    connection: Connection,
    principal: Principal,
    means: Paid,
    currency: str,
    request: PaymentRequest | DepositRequest,
) -> dict[str, Any]:
    """The columns of the means; cash goes into the caller's drawer at once."""
    match means:
        case Card():
            return {"method": means.method, "card_token": means.card_token}
        case BankTransfer():
            return {"method": means.method, "bank_reference": means.bank_reference}
        case Cash():
            session_id = cashiers.move_cash(
                connection, principal.user_id, currency, taken=request.amount
            )
            if session_id is None:
                raise NoOpenSession
            return {
                "method": means.method,
                "tendered": means.tendered,
                "session_id": session_id,
            }
        case FromDeposit():
            return {"method": means.method}
