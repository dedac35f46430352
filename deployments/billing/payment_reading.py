"""Reading payments, refunds and deposits: patients their own, billing all."""

from uuid import UUID

from deployments.access import Permission, Principal
from deployments.billing.payment_desk import PAYMENT, REFUND, PaymentDesk
from deployments.billing.payment_errors import PaymentNotFound, RefundNotFound
from deployments.billing.payment_mapping import payment, refund
from deployments.billing.payment_schemas import (
    DepositBalance,
    Deposits,
    Payment,
    PaymentQuery,
    Refund,
    RefundQuery,
)
from deployments.billing.sight import READERS, check_sight, may_see
from deployments.errors import NotFound
from deployments.journal import audit_row
from deployments.pagination import Page, decode_cursor, page_of
from storage.billing import deposits, payments, refunds


class PaymentReading:
    """What may be seen of payments; each read is one audit row.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: PaymentDesk) -> None:
        self._desk = desk
        self._database = desk.house.database

    async def get(self, principal: Principal, payment_id: UUID) -> Payment:
        """One payment.

        Raises:
            PaymentNotFound: none that the caller may know of.
        """
        row = await self._database.read(lambda c: payments.find(c, payment_id))
        patient_id = row["patient_id"] if row else None
        await check_sight(self._desk.house, principal, patient_id, PAYMENT, PaymentNotFound)
        if row is None:
            raise PaymentNotFound
        await self._note(principal, PAYMENT, row["id"], row["patient_id"])
        return payment(row)

    async def list_page(self, principal: Principal, query: PaymentQuery) -> Page[Payment]:
        """Payments, newest first.

        Raises:
            InvalidCursor: the cursor is not ours.
            PaymentNotFound: of a patient of whom the caller may not know.
        """
        patient_id = await self._whose(principal, query.patient_id, PAYMENT, PaymentNotFound)
        wanted = payments.Filter(patient_id, query.invoice_id, query.status, _before(query.cursor))
        rows = await self._database.read(lambda c: payments.list_page(c, wanted, query.limit + 1))
        await self._note(principal, PAYMENT, None, patient_id)
        return page_of([payment(row) for row in rows], query.limit, lambda it: (it.id,))

    async def get_refund(self, principal: Principal, refund_id: UUID) -> Refund:
        """One refund.

        Raises:
            RefundNotFound: none that the caller may know of.
        """
        row = await self._database.read(lambda c: refunds.find(c, refund_id))
        patient_id = row["patient_id"] if row else None
        await check_sight(self._desk.house, principal, patient_id, REFUND, RefundNotFound)
        if row is None:
            raise RefundNotFound
        await self._note(principal, REFUND, row["id"], row["patient_id"])
        return refund(row)

    async def list_refunds(self, principal: Principal, query: RefundQuery) -> Page[Refund]:
        """Refunds, newest first.

        Raises:
            InvalidCursor: the cursor is not ours.
            RefundNotFound: of a patient of whom the caller may not know.
        """
        patient_id = await self._whose(principal, query.patient_id, REFUND, RefundNotFound)
        wanted = refunds.Filter(query.payment_id, patient_id, query.status, _before(query.cursor))
        rows = await self._database.read(lambda c: refunds.list_page(c, wanted, query.limit + 1))
        await self._note(principal, REFUND, None, patient_id)
        return page_of([refund(row) for row in rows], query.limit, lambda it: (it.id,))

    async def get_deposits(self, principal: Principal, patient_id: UUID) -> Deposits:
        """What a patient has paid in advance and not used.

        Raises:
            PaymentNotFound: of a patient of whom the caller may not know.
        """
        await check_sight(self._desk.house, principal, patient_id, PAYMENT, PaymentNotFound)
        rows = await self._database.read(lambda c: deposits.list_of(c, patient_id))
        await self._note(principal, PAYMENT, None, patient_id)
        balances = [DepositBalance(currency=r["currency"], balance=r["balance"]) for r in rows]
        return Deposits(patient_id=patient_id, balances=balances)

    async def _whose(
        self, principal: Principal, patient_id: UUID | None, kind: str, refusal: type[NotFound]
    ) -> UUID | None:
        """The patient to list for: patients without a filter get their own."""
        principal.require(*READERS)
        wanted = patient_id
        if wanted is None and not principal.has(Permission.BILLING_READ):
            wanted = principal.user_id
        if wanted is not None and not may_see(principal, wanted):
            await check_sight(self._desk.house, principal, wanted, kind, refusal)
        return wanted

    async def _note(
        self, principal: Principal, kind: str, object_id: UUID | None, patient_id: UUID | None
    ) -> None:
        row = audit_row(
            principal,
            "billing.read",
            kind,
            object_id,
            self._desk.now(),
            patient_id=patient_id,
        )
        await self._desk.house.journal.write(row)


def _before(cursor: str | None) -> UUID | None:
    return decode_cursor(cursor, UUID)[0] if cursor else None
