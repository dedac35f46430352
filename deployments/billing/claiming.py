"""Claims: checked, put into the queue, given up, appealed."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.claim_content import content_of, terms_of
from deployments.billing.claim_mapping import claim_schema
from deployments.billing.claim_moving import CLAIM, locked, move
from deployments.billing.claim_rules import problems
from deployments.billing.claim_schemas import (
    Appeal,
    Claim,
    ClaimProblem,
    ClaimValidation,
)
from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.desk import Desk
from deployments.billing.insurance_errors import (
    ClaimInvalid,
    ClaimMoveNotAllowed,
)
from deployments.billing.recording import write_audit
from deployments.errors import FieldError
from storage.billing.jobs import PAYER_WORK

NOTHING_YET = dict.fromkeys(("paid", "patient", "written_off", "disputed", "covered_by_others"), 0)


class Claiming:
    """Operations of the billing desk on claims.

    Args:
        desk: the tools of the replica.
        settings: who we are.
    """

    def __init__(self, desk: Desk, settings: ClaimSettings) -> None:
        self._desk = desk
        self._settings = settings

    async def validate(self, principal: Principal, claim_id: UUID) -> ClaimValidation:
        """Says what would be wrong with a claim.

        Raises:
            ClaimNotFound: no such claim.
        """
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> ClaimValidation:
            found = self._problems(connection, locked(connection, claim_id))
            shown = [
                ClaimProblem(pointer=it.pointer, code=it.code, message=it.message) for it in found
            ]
            return ClaimValidation(valid=not found, problems=shown)

        return await self._desk.database.transact(work, keyed=False)

    async def submit(self, principal: Principal, claim_id: UUID) -> Claim:
        """Puts a claim into the queue; a worker sends it.

        Raises:
            ClaimNotFound: no such claim.
            ClaimInvalid: it would be rejected; the errors say why.
            ClaimMoveNotAllowed: it was sent already.
        """
        return await self._stepping(principal, claim_id, "submit", self._submit)

    async def cancel(self, principal: Principal, claim_id: UUID) -> Claim:
        """Gives up a claim that no payer has.

        Raises:
            ClaimNotFound: no such claim.
            ClaimMoveNotAllowed: the payer has it.
        """
        return await self._stepping(principal, claim_id, "cancel", self._move)

    async def appeal(self, principal: Principal, claim_id: UUID, appeal: Appeal) -> Claim:
        """Asks the payer to decide again what it refused.

        Raises:
            ClaimNotFound: no such claim.
            ClaimMoveNotAllowed: nothing was refused.
        """

        def work(
            connection: Connection, principal: Principal, row: RowMapping, name: str
        ) -> RowMapping:
            if row["outcome"] not in {"denied", "partial"}:
                raise ClaimMoveNotAllowed("nothing was refused")
            moved = self._move(connection, principal, row, name, appeal.reason)
            PAYER_WORK.enqueue(connection, "submit", [row["id"]], at=self._desk.clock())
            return moved

        return await self._stepping(principal, claim_id, "appeal", work)

    def _problems(self, connection: Connection, row: RowMapping) -> list[FieldError]:
        content = content_of(connection, row, self._settings.sender_hospital)
        today = self._desk.day_of(self._desk.clock())
        return problems(content, terms_of(connection, row), today)

    def _submit(
        self, connection: Connection, principal: Principal, row: RowMapping, name: str
    ) -> RowMapping:
        if row["frequency"] != "8" and (found := self._problems(connection, row)):
            raise ClaimInvalid("the payer would reject it", found)
        moved = self._move(connection, principal, row, name)
        PAYER_WORK.enqueue(connection, "submit", [row["id"]], at=self._desk.clock())
        return moved

    def _move(
        self,
        connection: Connection,
        principal: Principal,
        row: RowMapping,
        name: str,
        note: str | None = None,
    ) -> RowMapping:
        at = self._desk.clock()
        return move(connection, row, name, actor_id=principal.user_id, at=at, note=note)

    async def _stepping(self, principal: Principal, claim_id: UUID, name: str, take: Any) -> Claim:
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> Claim:
            row = take(connection, principal, locked(connection, claim_id), name)
            self._audit(connection, principal, f"claim.{name}", row)
            return claim_schema(connection, row)

        return await self._desk.database.transact(work)

    def _audit(
        self, connection: Connection, principal: Principal, action: str, row: RowMapping
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=CLAIM,
            object_id=row["id"],
            at=self._desk.clock(),
            patient_id=row["patient_id"],
        )
