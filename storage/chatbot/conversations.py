"""Statements about conversations, who takes part, and what was said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, case, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.chatbot import log
from storage.chatbot.log import Step
from storage.chatbot.tables import CONVERSATIONS, MESSAGES, PARTICIPANTS

C, M, P = CONVERSATIONS.c, MESSAGES.c, PARTICIPANTS.c
_FIND: Final = select(CONVERSATIONS).where(C.id == bindparam("conversation_id"))
RANK: Final = case({"emergency": 0, "urgent": 1}, value=C.urgency, else_=2)
_JOIN: Final = upsert(PARTICIPANTS).on_conflict_do_nothing()


class Filter(NamedTuple):
    """Which conversations are listed, newest first.

    Attributes:
        patient_id: of this patient.
        user_id: that this person takes part in.
        status: in this status.
        before: older than this one.
    """

    patient_id: UUID | None = None
    user_id: UUID | None = None
    status: str | None = None
    before: UUID | None = None


class Owner(NamedTuple):
    """Who answers from now on; see `Conversation`."""

    kind: str
    owner_id: UUID | None = None
    leased_until: datetime | None = None


def add(connection: Connection, row: dict[str, Any]) -> Row[Any]:
    """Writes a new conversation."""
    return connection.execute(insert(CONVERSATIONS).values(row).returning(CONVERSATIONS)).one()


def join(
    connection: Connection, conversation_id: UUID, user_id: UUID, role: str, at: datetime
) -> None:
    """Makes somebody a participant; once is enough."""
    row = {"conversation_id": conversation_id, "user_id": user_id, "role": role}
    connection.execute(_JOIN, [{**row, "read_to": 0, "joined_at": at}])


def find(connection: Connection, conversation_id: UUID) -> Row[Any] | None:
    """One conversation."""
    return connection.execute(_FIND, {"conversation_id": conversation_id}).one_or_none()


def participants(connection: Connection, conversation_id: UUID) -> Sequence[Row[Any]]:
    """Everybody who takes part, the first one first."""
    wanted = select(PARTICIPANTS).where(P.conversation_id == conversation_id)
    return connection.execute(wanted.order_by(P.joined_at, P.user_id)).all()


def takes_part(connection: Connection, conversation_id: UUID, user_id: UUID) -> bool:
    """Whether somebody is a participant."""
    wanted = select(P.user_id).where(P.conversation_id == conversation_id, P.user_id == user_id)
    return connection.execute(wanted).one_or_none() is not None


def list_page(connection: Connection, wanted: Filter, limit: int) -> Sequence[Row[Any]]:
    """Conversations, newest first."""
    found = select(CONVERSATIONS).order_by(C.id.desc()).limit(limit)
    if wanted.patient_id is not None:
        found = found.where(C.patient_id == wanted.patient_id)
    if wanted.user_id is not None:
        mine = select(P.conversation_id).where(P.user_id == wanted.user_id)
        found = found.where(C.id.in_(mine))
    if wanted.status is not None:
        found = found.where(C.status == wanted.status)
    if wanted.before is not None:
        found = found.where(C.id < wanted.before)
    return connection.execute(found).all()


def waiting(
    connection: Connection, after: tuple[int, datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """What waits in the pool: the most urgent first, of those the longest waiting."""
    place = (RANK.label("rank"), C.waiting_since, C.id)
    found = (
        select(CONVERSATIONS, place[0])
        .where(C.status == "open", C.owner == "pool")
        .order_by(*place)
        .limit(limit)
    )
    if after is not None:
        found = found.where(tuple_(RANK, C.waiting_since, C.id) > after)
    return connection.execute(found).all()


def hand_over(
    connection: Connection,
    conversation_id: UUID,
    owner: Owner,
    step: Step,
    at: datetime,
    *,
    allowed_from: Sequence[str],
    fence: int | None = None,
    reason: str | None = None,
    urgency: str | None = None,
) -> Row[Any] | None:
    """Gives an open conversation to another owner, and says so in its log.

    Args:
        connection: in the transaction of the operation.
        conversation_id: which.
        owner: who answers from now on.
        step: what the log says.
        at: when.
        allowed_from: kinds of owner from whom it may be taken.
        fence: what the caller has seen; None for whatever is there.
        reason: coded; None leaves it.
        urgency: None leaves it.

    Returns:
        The conversation as it is now; None when somebody else was faster.
    """
    pooled = owner.kind == "pool"
    change = (
        update(CONVERSATIONS)
        .where(C.id == conversation_id, C.status == "open", C.owner.in_(allowed_from))
        .values(
            owner=owner.kind,
            owner_id=owner.owner_id,
            leased_until=owner.leased_until,
            fence=C.fence + 1,
            last_number=C.last_number + 1,
            waiting_since=func.coalesce(C.waiting_since, at) if pooled else None,
            reason=func.coalesce(reason, C.reason),
            urgency=func.coalesce(urgency, C.urgency),
            changed_at=at,
        )
        .returning(CONVERSATIONS)
    )
    if fence is not None:
        change = change.where(C.fence == fence)
    row = connection.execute(change).one_or_none()
    if row is not None:
        log.write(connection, conversation_id, row.last_number, [step], at)
    return row


def raise_urgency(
    connection: Connection, conversation_id: UUID, urgency: str, reason: str
) -> Row[Any]:
    """Makes a conversation more urgent for the owner it has."""
    change = update(CONVERSATIONS).where(C.id == conversation_id)
    changed = change.values(urgency=urgency, reason=reason).returning(CONVERSATIONS)
    return connection.execute(changed).one()


def close(
    connection: Connection, conversation_id: UUID, step: Step, at: datetime
) -> Row[Any] | None:
    """Ends a conversation; None when it had ended."""
    last = log.append(connection, conversation_id, [step], at)
    if last is None:
        return None
    ended = (
        update(CONVERSATIONS)
        .where(C.id == conversation_id)
        .values(status="closed", closed_at=at, fence=C.fence + 1)
        .returning(CONVERSATIONS)
    )
    return connection.execute(ended).one()


def extend(connection: Connection, conversation_id: UUID, until: datetime) -> None:
    """Moves the lease of the clinician on who has taken it; one who began it needs none."""
    connection.execute(
        update(CONVERSATIONS)
        .where(C.id == conversation_id, C.leased_until.is_not(None))
        .values(leased_until=until)
    )


def lapsed(connection: Connection, at: datetime, limit: int) -> Sequence[Row[Any]]:
    """Conversations whose clinician was silent for too long, locked; others' are skipped.

    Each with `last_author`: who said the last thing in it.
    """
    last_author = (
        select(M.author)
        .where(M.conversation_id == C.id)
        .order_by(M.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (
        select(CONVERSATIONS, last_author.label("last_author"))
        .where(C.status == "open", C.leased_until < at)
        .order_by(C.leased_until)
        .limit(limit)
        .with_for_update(of=CONVERSATIONS, skip_locked=True)
    )
    return connection.execute(found).all()


def reopen(connection: Connection, conversation_id: UUID, step: Step, at: datetime) -> bool:
    """Opens what has ended, and puts it into the pool; False when it was open."""
    change = (
        update(CONVERSATIONS)
        .where(C.id == conversation_id, C.status == "closed")
        .values(
            status="open",
            closed_at=None,
            owner="pool",
            owner_id=None,
            leased_until=None,
            waiting_since=at,
            fence=C.fence + 1,
            last_number=C.last_number + 1,
            changed_at=at,
        )
        .returning(C.last_number)
    )
    last: int | None = connection.execute(change).scalar_one_or_none()
    if last is not None:
        log.write(connection, conversation_id, last, [step], at)
    return last is not None


def say(connection: Connection, row: dict[str, Any]) -> None:
    """Writes a message, whose entry is in the log."""
    connection.execute(insert(MESSAGES), [row])


def messages(
    connection: Connection, conversation_id: UUID, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """What was said, the newest first."""
    found = select(MESSAGES).where(M.conversation_id == conversation_id)
    if before is not None:
        found = found.where(M.number < before)
    return connection.execute(found.order_by(M.number.desc()).limit(limit)).all()


def read_to(connection: Connection, conversation_id: UUID, user_id: UUID, number: int) -> bool:
    """Moves somebody's pointer on, never back and never beyond the log; False for a stranger."""
    last = select(C.last_number).where(C.id == conversation_id).scalar_subquery()
    moved = (
        update(PARTICIPANTS)
        .where(P.conversation_id == conversation_id, P.user_id == user_id)
        .values(read_to=func.greatest(P.read_to, func.least(number, last)))
    )
    return connection.execute(moved).rowcount == 1
