"""Tables of texts that administrators write."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.notifications.base import Base


class Template(Base):
    """A text that replaces a shipped one; never changed, only followed by the next version.

    Attributes:
        version: counts from 1000; lower ones are shipped as files.
        title: None where the channel has none.
        withdrawn_at: from when the version before, or the shipped one, is used again.
    """

    __tablename__ = "templates"
    __table_args__ = (
        UniqueConstraint("workflow", "channel", "locale", "version"),
        CheckConstraint("version >= 1000", name="published"),
    )

    id: Mapped[UuidKey]
    workflow: Mapped[str]
    channel: Mapped[str]
    locale: Mapped[str]
    version: Mapped[int]
    title: Mapped[str | None]
    body: Mapped[str]
    published_by: Mapped[UUID]
    published_at: Mapped[Instant]
    withdrawn_at: Mapped[Instant | None]


class Announcement(Base):
    """What an administrator says to everybody of a role, told in batches.

    Attributes:
        texts: by locale: title and text.
        told_up_to: the last person of the batches so far; people are told in the order of ids.
        due_at: the lease of who tells it.
    """

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint("status IN ('telling', 'told', 'stopped')", name="status"),
        Index("ix_announcements_telling", "due_at", postgresql_where=text("status = 'telling'")),
    )

    id: Mapped[UuidKey]
    audience: Mapped[str]
    texts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    told: Mapped[int]
    told_up_to: Mapped[UUID | None]
    due_at: Mapped[Instant]
    created_by: Mapped[UUID]
    created_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
