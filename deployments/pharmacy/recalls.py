"""Recalling a lot: nobody dispenses it any more, and who still has some is told."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from deployments.pharmacy.allocation import BatchStatus
from deployments.pharmacy.dispensing_schemas import AffectedPatient, Recall, RecallRequest
from deployments.pharmacy.events import LotRecalled, PatientAffectedByRecall
from deployments.pharmacy.recording import write_audit
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import AlreadyRecalled, BatchNotFound, RecallNotFound
from deployments.publishing import publish
from storage.columns import new_id
from storage.pharmacy import recalls, stock


class Recalls:
    """Operations on recalls."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def recall(self, principal: Principal, request: RecallRequest) -> Recall:
        """Recalls a lot, and tells every patient who still has some of it.

        Whoever is handing it over at this moment is either refused, or on the list.

        Raises:
            BatchNotFound: the lot never was here.
            AlreadyRecalled: it is recalled already.
        """
        principal.require(Permission.PHARMACY_APPROVE_STOCK)

        def work(connection: Connection) -> Recall:
            now = self._desk.clock()
            batch_id = recalls.find_batch_id(connection, request.medication_id, request.lot)
            batch = batch_id and stock.find_batch(connection, batch_id, lock=True)
            if not batch:
                raise BatchNotFound
            if batch["status"] == BatchStatus.RECALLED:
                raise AlreadyRecalled
            stock.change_batch(
                connection, batch["id"], status="recalled", reason=request.reason, at=now
            )
            made = {"id": new_id(), "batch_id": batch["id"], "reason": request.reason}
            made |= {"recalled_by": principal.user_id, "at": now}
            recalls.add(connection, made)
            write_audit(
                connection,
                principal,
                action="recall_lot",
                object_type="Batch",
                object_id=batch["id"],
                at=now,
            )
            named = {name: batch[name] for name in ("medication_id", "lot")}
            recalled = Recall(**made, **named, expires_on=batch["expires_on"])
            _tell(connection, recalled)
            return recalled

        return await self._desk.database.transact(work)

    async def get(self, principal: Principal, recall_id: UUID) -> Recall:
        """One recall.

        Raises:
            RecallNotFound: no such recall.
        """
        principal.require(Permission.PHARMACY_READ)
        row = await self._desk.database.read(lambda connection: recalls.find(connection, recall_id))
        if row is None:
            raise RecallNotFound
        return Recall.model_validate(dict(row))

    async def list_page(self, principal: Principal, query: PageRequest) -> Page[Recall]:
        """A page of recalls, newest first.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_READ)
        (before,) = decode_cursor(query.cursor, UUID) if query.cursor else (None,)
        rows = await self._desk.database.read(
            lambda connection: recalls.list_page(connection, before=before, limit=query.limit + 1)
        )
        found = [Recall.model_validate(dict(row)) for row in rows]
        return page_of(found, query.limit, lambda one: (one.id,))

    async def list_patients(
        self, principal: Principal, recall_id: UUID, query: PageRequest
    ) -> Page[AffectedPatient]:
        """A page of the patients who still have some of a recalled lot; the read is audited.

        Raises:
            RecallNotFound: no such recall.
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_DISPENSE)
        (after,) = decode_cursor(query.cursor, UUID) if query.cursor else (None,)

        def work(connection: Connection) -> list[AffectedPatient]:
            if recalls.find(connection, recall_id) is None:
                raise RecallNotFound
            write_audit(
                connection,
                principal,
                action="list_recall_patients",
                object_type="Recall",
                object_id=recall_id,
                at=self._desk.clock(),
            )
            rows = recalls.list_patients(connection, recall_id, after=after, limit=query.limit + 1)
            return [AffectedPatient.model_validate(dict(row)) for row in rows]

        found = await self._desk.database.transact(work, keyed=False)
        return page_of(found, query.limit, lambda one: (one.patient_id,))


def _tell(connection: Connection, recalled: Recall) -> None:
    """Notes the patients and publishes: once for the lot, and once for each of them."""
    patients = recalls.add_patients(connection, recalled.id, recalled.batch_id)
    about = {
        "occurred_at": recalled.at,
        "recall_id": recalled.id,
        "medication_id": recalled.medication_id,
        "lot": recalled.lot,
    }
    publish(
        connection,
        LotRecalled.model_validate(
            {**about, "batch_id": recalled.batch_id, "patients": len(patients)}
        ),
        *(
            PatientAffectedByRecall.model_validate({**about, "patient_id": patient_id})
            for patient_id in patients
        ),
    )
