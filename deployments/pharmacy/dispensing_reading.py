"""Reading dispensings: each read of a patient's data is audited."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.journal import audit_row
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy import dispensing_facts as facts_of
from deployments.pharmacy.access import READERS
from deployments.pharmacy.dispensing_schemas import (
    Dispensing,
    DispensingQuery,
    RemainingItem,
    RemainingItems,
)
from deployments.pharmacy.errors import PrescriptionNotFound
from deployments.pharmacy.recording import attempt, write_audit
from deployments.pharmacy.refills import earliest_refill, open_in_fill, remaining
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import DispensingNotFound
from storage import audit
from storage.audit import Outcome
from storage.pharmacy import dispensing
from storage.pharmacy.dispensing import Filter

Treats = Callable[[Principal, UUID], Awaitable[bool]]
"""Whether medical records lets the caller know of the patient."""


class DispensingReading:
    """Operations that change nothing.

    Pharmacists read all, patients their own, and others those of patients whom they treat.

    Args:
        desk: the tools.
        treats: asked for those who are neither pharmacist nor the patient.
    """

    def __init__(self, desk: StockDesk, treats: Treats) -> None:
        self._desk = desk
        self._treats = treats

    async def get(self, principal: Principal, dispensing_id: UUID) -> Dispensing:
        """One dispensing.

        Raises:
            DispensingNotFound: none that the caller may know of; the denial is audited.
            CannotCheck: only medical records could say, and does not answer.
        """
        principal.require(*READERS)
        seen = await self._desk.database.read(
            lambda connection: dispensing.find(connection, dispensing_id)
        )
        patient_id = seen["patient_id"] if seen else None
        known = patient_id is not None and await self._may_know(principal, patient_id)

        def work(connection: Connection) -> Dispensing | None:
            outcome: Outcome = "success" if known else "denied"
            self._audit(
                connection, principal, "read_dispensing", dispensing_id, patient_id, outcome
            )
            row = dispensing.find(connection, dispensing_id) if known else None
            return facts_of.shown(connection, [row])[0] if row else None

        found = await self._desk.database.transact(work, keyed=False)
        if found is None:
            raise DispensingNotFound
        return found

    async def list_page(self, principal: Principal, query: DispensingQuery) -> Page[Dispensing]:
        """A page of dispensings, newest first; empty for patients of whom the caller may not know.

        Raises:
            InvalidCursor: the cursor is not from this list.
            CannotCheck: only medical records could say, and does not answer.
        """
        principal.require(*READERS)
        (before,) = decode_cursor(query.cursor, UUID) if query.cursor else (None,)
        patient_id = query.patient_id
        if patient_id is None and not principal.has(Permission.PHARMACY_DISPENSE):
            patient_id = principal.user_id
        known = patient_id is None or await self._may_know(principal, patient_id)
        wanted = Filter(patient_id, query.prescription_id, query.status, before)

        def work(connection: Connection) -> list[Dispensing]:
            outcome: Outcome = "success" if known else "denied"
            self._audit(connection, principal, "list_dispensings", None, patient_id, outcome)
            if not known:
                return []
            return facts_of.shown(
                connection, dispensing.list_page(connection, wanted, query.limit + 1)
            )

        found = await self._desk.database.transact(work, keyed=False)
        return page_of(found, query.limit, lambda one: (one.id,))

    async def get_remaining(self, principal: Principal, prescription_id: UUID) -> RemainingItems:
        """What may still be handed over of a prescription, and from when on.

        Raises:
            PrescriptionNotFound: no such prescription, or a draft.
        """
        principal.require(Permission.PHARMACY_DISPENSE)

        def work(connection: Connection) -> RemainingItems:
            facts = facts_of.lock(connection, self._desk, prescription_id)
            if facts.ordered.prescription["signed_at"] is None:
                raise PrescriptionNotFound
            write_audit(
                connection,
                principal,
                action="read_remaining",
                object_type="MedicationRequest",
                object_id=prescription_id,
                patient_id=facts.patient_id,
                at=self._desk.clock(),
            )
            items = [self._remaining(facts, item["id"]) for item in facts.ordered.items]
            return RemainingItems(prescription_id=prescription_id, items=items)

        running = self._desk.database.transact(work, keyed=False)
        return await attempt(
            self._desk, principal, "read_remaining", running, object_id=prescription_id
        )

    async def _may_know(self, principal: Principal, patient_id: UUID) -> bool:
        if principal.has(Permission.PHARMACY_DISPENSE) or principal.user_id == patient_id:
            return True
        return principal.has(Permission.PHARMACY_READ) and await self._treats(principal, patient_id)

    def _audit(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        dispensing_id: UUID | None,
        patient_id: UUID | None,
        outcome: Outcome,
    ) -> None:
        row = audit_row(
            principal,
            f"pharmacy.{action}",
            "MedicationDispense",
            dispensing_id,
            self._desk.clock(),
            patient_id=patient_id,
            outcome=outcome,
        )
        audit.write_rows(connection, [row])

    def _remaining(self, facts: facts_of.Facts, item_id: UUID) -> RemainingItem:
        item, fills = facts.item(item_id), facts.fills[item_id]
        allowed = facts_of.authorised(item)
        left = max(remaining(allowed, fills), allowed.per_fill * 0)
        return RemainingItem(
            prescription_item_id=item_id,
            medication_id=item["medication_id"],
            remaining=left,
            dispensable=min(left, open_in_fill(allowed, fills)),
            unit=item["medication_unit"],
            due_on=earliest_refill(allowed, fills, self._desk.settings.refill_tolerance),
        )
