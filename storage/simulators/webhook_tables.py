"""Tables of what simulated companies tell their customers by themselves."""

from typing import Any, Final, cast

from sqlalchemy import CheckConstraint, Index, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.simulators.base import Base


class Webhook(Base):
    """One call to a customer; the same event may be sent by several."""

    __tablename__ = "webhooks"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'sent', 'given-up')", name="status"),
        Index(
            "ix_webhooks_waiting", "company", "due_at", postgresql_where=text("status = 'waiting'")
        ),
    )

    id: Mapped[UuidKey]
    company: Mapped[str]
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[Instant]


WEBHOOKS: Final = cast("Table", Webhook.__table__)
