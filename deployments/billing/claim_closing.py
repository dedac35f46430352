"""Closing a claim: what the payer refused, and nobody appeals, is written off."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.adjudicating import Source, take_effect
from deployments.billing.answers import Truth
from deployments.billing.claim_mapping import claim_schema
from deployments.billing.claim_moving import CLAIM, locked, move
from deployments.billing.claim_schemas import Claim
from deployments.billing.desk import Desk
from deployments.billing.policies import used_of
from deployments.billing.recording import write_audit
from storage.billing import policy_years


class Closing:
    """Ends claims.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def close(self, principal: Principal, claim_id: UUID) -> Claim:
        """Accepts the payer's answer; what it refused is written off, not moved to the patient.

        Raises:
            ClaimNotFound: no such claim.
            ClaimMoveNotAllowed: the payer has not answered, or it is closed.
        """
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> Claim:
            at = self._desk.clock()
            row = locked(connection, claim_id)
            moved = move(
                connection, row, "close", actor_id=principal.user_id, at=at,
                written_off=row["written_off"] + row["disputed"], disputed=0,
            )  # fmt: skip
            source = Source("claim-close", CLAIM, claim_id, at, principal.user_id)
            if row["use"] == "claim":
                take_effect(connection, row, _accepted(connection, row), source)
            write_audit(
                connection, principal, action="claim.close", object_type=CLAIM,
                object_id=claim_id, at=at, patient_id=row["patient_id"],
            )  # fmt: skip
            return claim_schema(connection, moved)

        return await self._desk.database.transact(work)


def _accepted(connection: Connection, claim: RowMapping) -> Truth:
    """The payer's answer, with what was refused written off."""
    shares = policy_years.shares_of(connection, claim["invoice_id"])
    own = next(one for one in shares if one["coverage_id"] == claim["coverage_id"])
    truth = Truth(
        paid=claim["paid"],
        patient=claim["patient"],
        written_off=claim["written_off"],
        disputed=claim["disputed"],
        by_others=claim["covered_by_others"],
        used=used_of(own),
    )
    return replace(truth, written_off=truth.written_off + truth.disputed, disputed=0)
