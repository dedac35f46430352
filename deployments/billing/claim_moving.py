"""Steps of claims: guarded, written down, and refused when somebody else was faster."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.billing.claim_states import STEPS
from deployments.billing.insurance_errors import ClaimMoveNotAllowed, ClaimNotFound
from storage.billing import claims
from storage.billing.claims import Step

CLAIM: Final = "Claim"
"""FHIR R4 resource type, for audit rows."""


def move(
    connection: Connection,
    claim: RowMapping,
    name: str,
    *,
    actor_id: UUID,
    at: datetime,
    note: str | None = None,
    **columns: Any,
) -> RowMapping:
    """Takes one step.

    Raises:
        ClaimMoveNotAllowed: the claim does not stand where the step begins.
    """
    step = STEPS[name]
    row = claims.move(
        connection,
        claim["id"],
        to=step.target,
        allowed_from=step.sources,
        step=Step(name, actor_id, at, note),
        **columns,
    )
    if row is None:
        raise ClaimMoveNotAllowed(f"{name} is not possible while the claim is {claim['status']}")
    return row


def locked(connection: Connection, claim_id: UUID) -> RowMapping:
    """A claim, locked until the end of the transaction.

    Raises:
        ClaimNotFound: there is none.
    """
    row = claims.lock(connection, claim_id)
    if row is None:
        raise ClaimNotFound
    return row
