"""A payer has taken a claim in: by its 277CA, or by paying it before one came."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping

from deployments.billing.adjudicating import Source, take_effect
from deployments.billing.answers import Truth
from deployments.billing.claim_moving import CLAIM, locked, move
from deployments.billing.payer_tools import SOFTWARE

NOTHING: Final = Truth()


def accept(
    connection: Connection, claim: RowMapping, payer_claim_number: str | None, at: datetime
) -> RowMapping:
    """Accepts a claim; the one that it voids or replaces is gone at the payer.

    Raises:
        ClaimMoveNotAllowed: it was not sent, or is accepted already.
    """
    row = move(
        connection, claim, "accept", actor_id=SOFTWARE.user_id, at=at,
        payer_claim_number=payer_claim_number,
    )  # fmt: skip
    if claim["replaces_id"] is not None:
        _withdraw(connection, claim, at)
    return row


def _withdraw(connection: Connection, claim: RowMapping, at: datetime) -> None:
    """Until another answer comes, everything is the patient's."""
    original = locked(connection, claim["replaces_id"])
    move(connection, original, "withdraw", actor_id=SOFTWARE.user_id, at=at)
    source = Source("claim-withdraw", CLAIM, original["id"], at, SOFTWARE.user_id)
    take_effect(connection, original, NOTHING, source)
