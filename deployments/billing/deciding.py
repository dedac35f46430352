"""Discounts and exemptions: one asks and says why, another decides."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Table

from deployments.access import Permission, Principal
from deployments.billing.charge_schemas import (
    Decision,
    Discount,
    DiscountRequest,
    Discounts,
    Exemption,
    ExemptionRequest,
    Exemptions,
)
from deployments.billing.desk import Desk
from deployments.billing.errors import (
    AlreadyDecided,
    ChargeNotFound,
    DiscountExists,
    DiscountNotFound,
    ExemptionNotFound,
    InvoiceNotFound,
    NotDraft,
    OwnRequest,
    PatientNotFound,
)
from deployments.billing.recording import INVOICE, write_audit
from deployments.billing.sight import check_sight
from deployments.errors import NotFound
from storage.billing import charges, decisions, invoices
from storage.billing.decisions import DISCOUNTS, EXEMPTIONS
from storage.database import ConstraintViolated

ONE_EACH: Final = frozenset({"uq_discounts_invoice", "uq_discounts_charge"})


class Deciding:
    """What is asked for and decided.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def request_discount(
        self, principal: Principal, invoice_id: UUID, request: DiscountRequest
    ) -> Discount:
        """Asks for something off a draft, or off one charge on it.

        Raises:
            InvoiceNotFound: no such invoice.
            NotDraft: it is issued.
            ChargeNotFound: no such charge on it.
            DiscountExists: there is one for the same thing.
        """
        principal.require(Permission.BILLING_CHARGE)

        def work(connection: Connection) -> Discount:
            now = self._desk.clock()
            invoice = _draft(connection, invoice_id)
            if request.charge_item_id is not None:
                charge = charges.find(connection, request.charge_item_id)
                if charge is None or charge["invoice_id"] != invoice_id:
                    raise ChargeNotFound
            values = {"invoice_id": invoice_id, **request.model_dump()}
            row = decisions.add(connection, DISCOUNTS, principal.user_id, now, values)
            self._audit(connection, principal, "discount.request", row, invoice["patient_id"])
            return _discount(row)

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated as error:
            if error.constraint in ONE_EACH:
                raise DiscountExists from None
            raise

    async def decide_discount(
        self, principal: Principal, discount_id: UUID, decision: Decision
    ) -> Discount:
        """Approves or rejects a discount that somebody else asked for.

        Raises:
            DiscountNotFound: no such discount.
            AlreadyDecided: it was decided before.
            OwnRequest: the caller asked for it.
            NotDraft: the invoice is issued.
        """
        principal.require(Permission.BILLING_APPROVE)

        def work(connection: Connection) -> Discount:
            found = decisions.lock(connection, DISCOUNTS, discount_id)
            if found is None:
                raise DiscountNotFound
            invoice = _draft(connection, found["invoice_id"])
            row = self._decided(
                connection, DISCOUNTS, principal, discount_id, decision, DiscountNotFound
            )
            self._audit(connection, principal, "discount.decide", row, invoice["patient_id"])
            return _discount(row)

        return await self._desk.database.transact(work)

    async def list_discounts(self, principal: Principal, invoice_id: UUID) -> Discounts:
        """Every discount that was asked for on an invoice."""
        principal.require(Permission.BILLING_READ)
        rows = await self._desk.database.read(
            lambda c: decisions.all_of(c, DISCOUNTS, "invoice_id", invoice_id)
        )
        return Discounts(items=[_discount(row) for row in rows])

    async def request_exemption(
        self, principal: Principal, patient_id: UUID, request: ExemptionRequest
    ) -> Exemption:
        """Says that a patient is in a category that pays less."""
        principal.require(Permission.BILLING_CHARGE)

        def work(connection: Connection) -> Exemption:
            values = {"patient_id": patient_id, **request.model_dump()}
            values["category"] = request.category.value
            now = self._desk.clock()
            row = decisions.add(connection, EXEMPTIONS, principal.user_id, now, values)
            self._audit(connection, principal, "exemption.request", row, patient_id)
            return _exemption(row)

        return await self._desk.database.transact(work)

    async def decide_exemption(
        self, principal: Principal, exemption_id: UUID, decision: Decision
    ) -> Exemption:
        """Approves or rejects a category that somebody else asked for.

        Raises:
            ExemptionNotFound: no such exemption.
            AlreadyDecided: it was decided before.
            OwnRequest: the caller asked for it.
        """
        principal.require(Permission.BILLING_APPROVE)

        def work(connection: Connection) -> Exemption:
            row = self._decided(
                connection, EXEMPTIONS, principal, exemption_id, decision, ExemptionNotFound
            )
            self._audit(connection, principal, "exemption.decide", row, row["patient_id"])
            return _exemption(row)

        return await self._desk.database.transact(work)

    async def list_exemptions(self, principal: Principal, patient_id: UUID) -> Exemptions:
        """Every category of a patient.

        Raises:
            PatientNotFound: none that the caller may know of.
        """
        await check_sight(self._desk, principal, patient_id, "Patient", PatientNotFound)
        rows = await self._desk.database.read(
            lambda c: decisions.all_of(c, EXEMPTIONS, "patient_id", patient_id)
        )
        return Exemptions(items=[_exemption(row) for row in rows])

    def _decided(
        self,
        connection: Connection,
        table: Table,
        principal: Principal,
        row_id: UUID,
        decision: Decision,
        refusal: type[NotFound],
    ) -> RowMapping:
        row = decisions.lock(connection, table, row_id)
        if row is None:
            raise refusal
        if row["status"] != "requested":
            raise AlreadyDecided
        if row["requested_by"] == principal.user_id:
            raise OwnRequest
        now = self._desk.clock()
        return decisions.decide(
            connection, table, row_id, principal.user_id, now, approve=decision.approve
        )

    def _audit(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        row: RowMapping,
        patient_id: UUID,
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=INVOICE,
            object_id=row["id"],
            at=self._desk.clock(),
            patient_id=patient_id,
        )


def _draft(connection: Connection, invoice_id: UUID) -> RowMapping:
    """The draft, locked: nobody issues it meanwhile."""
    invoice = invoices.lock(connection, invoice_id)
    if invoice is None:
        raise InvoiceNotFound
    if invoice["status"] != "draft":
        raise NotDraft
    return invoice


def _discount(row: RowMapping) -> Discount:
    return Discount(**{name: row[name] for name in Discount.model_fields})


def _exemption(row: RowMapping) -> Exemption:
    return Exemption(**{name: row[name] for name in Exemption.model_fields})
