"""Work that waits for a worker, and the messages of analyzers."""

from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Table, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base

Later = TIMESTAMP(timezone=True)


class LabJob(Base):
    """One piece of work, done by whoever holds its lease.

    Attributes:
        kind: `ingest` (a message), `verify` (a result), `report` (an order).
        object_id: of what.
        urgency: lower goes first; 0 for stat.
        due_at: not before.
        fence: raised at each claim; a worker that lost its lease writes nothing.
        leased_until: heartbeats move it on; later than that anyone may claim the job.
    """

    __tablename__ = "lab_jobs"
    __table_args__ = (
        CheckConstraint("kind IN ('ingest', 'verify', 'report')", name="kind"),
        CheckConstraint("status IN ('waiting', 'running', 'done', 'failed')", name="status"),
        Index(
            "ix_lab_jobs_waiting",
            "urgency",
            "due_at",
            "id",
            postgresql_where=text("status IN ('waiting', 'running')"),
        ),
        Index(
            "uq_lab_jobs_waiting_object",
            "kind",
            "object_id",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[UuidKey]
    kind: Mapped[str]
    object_id: Mapped[UUID]
    urgency: Mapped[int]
    status: Mapped[str]
    due_at: Mapped[Instant]
    attempts: Mapped[int]
    fence: Mapped[int]
    worker: Mapped[str | None]
    leased_until: Mapped[datetime | None] = mapped_column(Later)
    error: Mapped[str | None]
    created_at: Mapped[Instant]
    finished_at: Mapped[datetime | None] = mapped_column(Later)


class AnalyzerMessage(Base):
    """A message as it came, whatever became of it.

    Attributes:
        sender: sending application and facility of MSH-3 and MSH-4.
        control_id: MSH-10; with sender it tells a retransmission.
        digest: SHA-256 of the message, to tell a retransmission from a reused number.
        acknowledgement: AA, AE or AR, as it was answered.
        content: results as they were read, for the worker.
        status: `waiting`, `placed` (everything stored), `held` (something was), `refused`.
    """

    __tablename__ = "analyzer_messages"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'placed', 'held', 'refused')", name="status"),
        CheckConstraint("acknowledgement IN ('AA', 'AE', 'AR')", name="acknowledgement"),
        Index(
            "uq_analyzer_messages_control_id",
            "sender",
            "control_id",
            unique=True,
            postgresql_where=text("acknowledgement = 'AA'"),
        ),
        Index(None, "status", "id"),
    )

    id: Mapped[UuidKey]
    sender: Mapped[str | None]
    control_id: Mapped[str | None]
    digest: Mapped[bytes]
    received_at: Mapped[Instant]
    repeats: Mapped[int]
    raw: Mapped[bytes]
    acknowledgement: Mapped[str]
    reason: Mapped[str | None]
    content: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    status: Mapped[str]


JOBS: Final = cast("Table", LabJob.__table__)
MESSAGES: Final = cast("Table", AnalyzerMessage.__table__)
