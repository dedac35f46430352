"""Charges by hand, charges that are not made after all, and what there is of a patient."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.charge_rules import NONE, ChargeStatus
from deployments.billing.charge_schemas import Charge, ChargeQuery, ChargeRequest, Reason
from deployments.billing.charging import Movement, Source, hear, reconcile
from deployments.billing.desk import Desk
from deployments.billing.errors import ChargeNotFound, NotDraft, PatientNotFound
from deployments.billing.recording import write_audit
from deployments.billing.sight import check_sight
from deployments.pagination import Page, decode_cursor, page_of
from storage.billing import charges
from storage.columns import new_id

CHARGE = "ChargeItem"


class ChargeDesk:
    """What people do with charges.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def add(self, principal: Principal, request: ChargeRequest) -> Charge:
        """A charge by hand; it goes onto the draft of its encounter or day."""
        principal.require(Permission.BILLING_CHARGE)

        def work(connection: Connection) -> Charge:
            source_id = new_id()
            source = Source(
                source_kind=CHARGE,
                source_id=source_id,
                part_id=source_id,
                patient_id=request.patient_id,
                area=request.area,
                kind=request.kind.value,
                code=request.code,
                performed_at=request.performed_at,
                performer_id=request.performer_id,
                encounter_id=request.encounter_id,
            )
            hear(connection, self._desk, source, Movement(done=request.quantity))
            found = charges.find_source(connection, CHARGE, source_id, source_id)
            charge = found and charges.find_open(connection, found["id"])
            if not (found and charge):
                raise ChargeNotFound
            self._audit(connection, principal, "charge.add", charge)
            return _charge(charge, found)

        return await self._desk.database.transact(work)

    async def abort(self, principal: Principal, charge_id: UUID, request: Reason) -> Charge:
        """Something is not charged after all, though it was done.

        Raises:
            ChargeNotFound: no such charge.
            NotDraft: it is on an issued invoice: ask for a credit note.
        """
        principal.require(Permission.BILLING_CHARGE)
        row = await self._desk.database.read(lambda c: charges.find(c, charge_id))
        if row is None:
            raise ChargeNotFound
        patient_id = row["patient_id"]

        def work(connection: Connection) -> Charge:
            now = self._desk.clock()
            charges.lock_patient(connection, patient_id)
            charge = charges.find(connection, charge_id)
            if charge is None or charge["status"] not in {"planned", "billable"}:
                raise NotDraft
            source = charges.get_source(connection, charge["source_id"])
            off = {"planned": False, "undone": source["undone"] + _open(charge)}
            kept = charges.keep_source(connection, source, {**off, "updated_at": now})
            reconcile(connection, self._desk, kept, now)
            self._audit(connection, principal, f"charge.abort {request.reason[:60]}", charge)
            found = charges.find(connection, charge_id)
            return _charge(found or charge, kept)

        return await self._desk.database.transact(work)

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: ChargeQuery
    ) -> Page[Charge]:
        """Charges of a patient, newest first.

        Raises:
            PatientNotFound: none that the caller may know of.
            InvalidCursor: of another list.
        """
        await check_sight(self._desk, principal, patient_id, CHARGE, PatientNotFound)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None

        def work(connection: Connection) -> Page[Charge]:
            rows = charges.of_patient(connection, patient_id, before, query.limit + 1)
            page = page_of(rows, query.limit, lambda row: (row["id"],))
            self._audit_list(connection, principal, patient_id)
            shown = [_shown(row) for row in page.items]
            return Page[Charge](items=shown, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    def _audit(
        self, connection: Connection, principal: Principal, action: str, charge: RowMapping
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=CHARGE,
            object_id=charge["id"],
            at=self._desk.clock(),
            patient_id=charge["patient_id"],
        )

    def _audit_list(self, connection: Connection, principal: Principal, patient_id: UUID) -> None:
        write_audit(
            connection,
            principal,
            action="charge.list",
            object_type=CHARGE,
            object_id=None,
            at=self._desk.clock(),
            patient_id=patient_id,
        )


def _open(charge: RowMapping) -> Decimal:
    """How much of what was done is not billed yet; what is planned was not done."""
    return Decimal(charge["quantity"]) if charge["status"] == ChargeStatus.BILLABLE else NONE


def _charge(row: RowMapping, source: RowMapping) -> Charge:
    about = ("source_kind", "area", "kind", "code", "performed_at")
    shown = {name: source[name] for name in about} | {"about_id": source["source_id"]}
    own = ("id", "patient_id", "status", "quantity", "invoice_id", "created_at")
    return Charge(**shown, **{name: row[name] for name in own})


def _shown(row: RowMapping) -> Charge:
    return Charge(**{name: row[name] for name in Charge.model_fields})
