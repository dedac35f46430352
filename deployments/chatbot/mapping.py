"""Rows as schemas."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from deployments.chatbot.schemas import (
    Conversation,
    ConversationSummary,
    LogEntry,
    Message,
    Participant,
)


def conversation(row: Row[Any], people: Sequence[Row[Any]]) -> Conversation:
    """A conversation with those who take part."""
    return Conversation(
        id=row.id,
        patient_id=row.patient_id,
        subject=row.subject,
        locale=row.locale,
        status=row.status,
        owner=row.owner,
        owner_id=row.owner_id,
        urgency=row.urgency,
        reason=row.reason,
        waiting_since=row.waiting_since,
        version=row.fence,
        last_number=row.last_number,
        created_at=row.created_at,
        changed_at=row.changed_at,
        closed_at=row.closed_at,
        participants=[
            Participant(
                user_id=it.user_id, role=it.role, read_to=it.read_to, joined_at=it.joined_at
            )
            for it in people
        ],
    )


def summary(row: Row[Any]) -> ConversationSummary:
    """A conversation in a list."""
    return ConversationSummary(
        id=row.id,
        patient_id=row.patient_id,
        subject=row.subject,
        status=row.status,
        owner=row.owner,
        owner_id=row.owner_id,
        urgency=row.urgency,
        reason=row.reason,
        waiting_since=row.waiting_since,
        last_number=row.last_number,
        changed_at=row.changed_at,
    )


def message(row: Row[Any]) -> Message:
    """Something that was said."""
    return Message.model_validate({name: getattr(row, name) for name in Message.model_fields})


def entry(row: Row[Any]) -> LogEntry:
    """One step."""
    return LogEntry(
        number=row.number, kind=row.kind, message_id=row.message_id, content=row.content, at=row.at
    )
