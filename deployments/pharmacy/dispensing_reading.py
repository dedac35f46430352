"""Reading dispensings: each read of a patient's data is audited."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy import dispensing_facts as facts_of
from deployments.pharmacy.dispensing import audit_dispensing
from deployments.pharmacy.dispensing_schemas import (
    Dispensing,
    DispensingQuery,
    RemainingItem,
    RemainingItems,
)
from deployments.pharmacy.recording import write_audit
from deployments.pharmacy.refills import earliest_refill, open_in_fill, remaining
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import DispensingNotFound
from storage.pharmacy import dispensing
from storage.pharmacy.dispensing import Filter


class DispensingReading:
    """Operations that change nothing."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, dispensing_id: UUID) -> Dispensing:
        """One dispensing: staff read all, patients their own.

        Raises:
            DispensingNotFound: none that the caller may know of.
        """
        viewer = _viewer(principal)

        def work(connection: Connection) -> Dispensing:
            row = dispensing.find(connection, dispensing_id)
            if row is None or viewer not in {None, row["patient_id"]}:
                raise DispensingNotFound
            audit_dispensing(connection, principal, "read", row, self._desk.clock())
            return facts_of.shown(connection, [row])[0]

        return await self._desk.database.transact(work, keyed=False)

    async def list_page(self, principal: Principal, query: DispensingQuery) -> Page[Dispensing]:
        """A page of dispensings, newest first: staff read all, patients their own.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        viewer = _viewer(principal)
        (before,) = decode_cursor(query.cursor, UUID) if query.cursor else (None,)
        patient_id = viewer or query.patient_id
        if query.patient_id not in {None, patient_id}:
            return Page[Dispensing](items=[])
        wanted = Filter(patient_id, query.prescription_id, query.status, before)

        def work(connection: Connection) -> list[Dispensing]:
            rows = dispensing.list_page(connection, wanted, query.limit + 1)
            write_audit(
                connection,
                principal,
                action="list_dispensings",
                object_type="MedicationDispense",
                object_id=None,
                patient_id=patient_id,
                at=self._desk.clock(),
            )
            return facts_of.shown(connection, rows)

        found = await self._desk.database.transact(work, keyed=False)
        return page_of(found, query.limit, lambda one: (one.id,))

    async def get_remaining(self, principal: Principal, prescription_id: UUID) -> RemainingItems:
        """What may still be handed over of a prescription, and from when on.

        Raises:
            PrescriptionNotFound: no such prescription.
        """
        principal.require(Permission.PHARMACY_READ)

        def work(connection: Connection) -> RemainingItems:
            facts = facts_of.lock(connection, self._desk, prescription_id)
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

        return await self._desk.database.transact(work, keyed=False)

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


def _viewer(principal: Principal) -> UUID | None:
    """Whose dispensings the caller may see: None for all.

    Raises:
        Forbidden: none at all.
    """
    principal.require(Permission.PHARMACY_READ, Permission.PHARMACY_READ_OWN)
    return None if principal.has(Permission.PHARMACY_READ) else principal.user_id
