"""What happened, written twice in the transaction of the change: for its owner, and for audits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.journal import audit_row
from deployments.logs import request_id
from deployments.users.codes import Activity
from storage import audit
from storage.audit import Outcome
from storage.users import activity

SELF = "self"
"""Role in audit rows of people who act before they have a token."""


def note(
    connection: Connection,
    kind: Activity,
    user_id: UUID,
    *,
    at: datetime,
    actor: Principal | None = None,
    session_id: UUID | None = None,
    user_agent: str | None = None,
) -> None:
    """Writes a line of the person's activity and the audit row.

    Args:
        connection: of the change's transaction.
        kind: what happened.
        user_id: to whose account.
        at: when.
        actor: who did it; None for the person themselves, on the way in.
        session_id: the session concerned; default: the actor's.
        user_agent: of the client, when it signs in.
    """
    activity.write(
        connection,
        user_id=user_id,
        kind=kind,
        at=at,
        session_id=session_id or (actor.session_id if actor else None),
        user_agent=user_agent,
    )
    audit.write(
        connection,
        actor_id=actor.user_id if actor else user_id,
        actor_role=actor.role if actor else SELF,
        action=f"users.{kind}",
        object_type="User",
        object_id=user_id,
        request_id=request_id(),
        at=at,
    )


def note_reading(
    connection: Connection,
    action: str,
    *,
    actor: Principal,
    at: datetime,
    patient_id: UUID | None,
    outcome: Outcome = "success",
) -> None:
    """Writes the audit row of somebody reading patients' data (rows 23 and 31)."""
    row = audit_row(
        actor,
        f"users.{action}",
        "Patient",
        patient_id,
        at,
        patient_id=patient_id,
        outcome=outcome,
    )
    audit.write_rows(connection, [row])
