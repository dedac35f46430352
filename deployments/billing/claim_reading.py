"""Reading claims and remittances; each read is one audit row. Patients see their own claims."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.billing.claim_mapping import (
    claim_schema,
    remittance_schema,
    remittance_summary,
    summary,
)
from deployments.billing.claim_moving import CLAIM
from deployments.billing.claim_schemas import (
    Claim,
    ClaimQuery,
    ClaimSummary,
    RefusedRemittance,
    RefusedRemittances,
    Remittance,
    RemittanceQuery,
    RemittanceSummary,
)
from deployments.billing.desk import Desk
from deployments.billing.insurance_errors import ClaimNotFound, RemittanceNotFound
from deployments.billing.recording import write_audit
from deployments.billing.sight import READERS, check_sight
from deployments.pagination import MOST, Page, decode_cursor, page_of
from storage.billing import claims, remittances


class ClaimReading:
    """What may be seen of claims.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, claim_id: UUID) -> Claim:
        """One claim: what was claimed, what the payer made of it, and why.

        Raises:
            ClaimNotFound: none that the caller may know of.
        """
        found = await self._desk.database.read(lambda c: claims.find(c, claim_id))
        patient_id = found["patient_id"] if found else None
        await check_sight(self._desk, principal, patient_id, CLAIM, ClaimNotFound)

        def work(connection: Connection) -> Claim:
            row = claims.find(connection, claim_id)
            if row is None:
                raise ClaimNotFound
            self._audit(connection, principal, "claim.read", claim_id, row["patient_id"])
            return claim_schema(connection, row)

        return await self._desk.database.transact(work, keyed=False)

    async def search(self, principal: Principal, query: ClaimQuery) -> Page[ClaimSummary]:
        """Claims, newest first; of patients only their own.

        Raises:
            ClaimNotFound: claims of another patient are asked for.
        """
        principal.require(*READERS)
        patient_id = query.patient
        if not principal.has(Permission.BILLING_READ):
            patient_id = patient_id or principal.user_id
            await check_sight(self._desk, principal, patient_id, CLAIM, ClaimNotFound)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None

        def work(connection: Connection) -> Page[ClaimSummary]:
            rows = claims.search(
                connection,
                patient_id=patient_id,
                status=query.status,
                invoice_id=query.invoice,
                before=before,
                limit=query.limit + 1,
            )
            self._audit(connection, principal, "claim.search", None, patient_id)
            return page_of([summary(row) for row in rows], query.limit, lambda one: (one.id,))

        return await self._desk.database.transact(work, keyed=False)

    async def get_remittance(self, principal: Principal, remittance_id: UUID) -> Remittance:
        """One payment of a payer, and what it was for.

        Raises:
            RemittanceNotFound: no such remittance.
        """
        principal.require(Permission.BILLING_READ)

        def work(connection: Connection) -> Remittance:
            row = remittances.find(connection, remittance_id)
            if row is None:
                raise RemittanceNotFound
            return remittance_schema(connection, row)

        return await self._desk.database.read(work)

    async def search_remittances(
        self, principal: Principal, query: RemittanceQuery
    ) -> Page[RemittanceSummary]:
        """Payments of payers, newest first."""
        principal.require(Permission.BILLING_READ)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None
        rows = await self._desk.database.read(
            lambda c: remittances.search(
                c, payer_id=query.payer, before=before, limit=query.limit + 1
            )
        )
        shown = [remittance_summary(row) for row in rows]
        return page_of(shown, query.limit, lambda one: (one.id,))

    async def refused(self, principal: Principal) -> RefusedRemittances:
        """Remittances that were collected and could not be posted, newest first."""
        principal.require(Permission.BILLING_CLAIM)
        rows = await self._desk.database.read(lambda c: claims.refused(c, MOST))
        names = RefusedRemittance.model_fields
        return RefusedRemittances(
            items=[RefusedRemittance(**{name: row[name] for name in names}) for row in rows]
        )

    def _audit(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        claim_id: UUID | None,
        patient_id: UUID | None,
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=CLAIM,
            object_id=claim_id,
            at=self._desk.clock(),
            patient_id=patient_id,
        )
