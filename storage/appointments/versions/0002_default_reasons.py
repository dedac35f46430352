"""Reasons for visits that a new hospital begins with; administrators change them later.

Revision ID: 0002
Revises: 0001
"""

from datetime import UTC, datetime
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WRITTEN = datetime(2026, 11, 23, tzinfo=UTC)
NAMESPACE = UUID("6d656472-6179-5000-8000-726561736f6e")
REASONS = (
    # code, English, Vietnamese, minutes, before, after, notice, self-bookable
    ("consultation", "Consultation", "Khám bệnh", 30, 0, 0, 60, True),
    ("follow-up", "Follow-up visit", "Tái khám", 15, 0, 0, 60, True),
    ("check-up", "General check-up", "Khám sức khỏe tổng quát", 45, 0, 0, 240, True),
    ("vaccination", "Vaccination", "Tiêm chủng", 15, 0, 0, 60, True),
    ("urgent", "Urgent visit", "Khám khẩn", 15, 0, 0, 0, False),
    ("minor-procedure", "Minor procedure", "Tiểu phẫu", 60, 10, 20, 1440, False),
)


def upgrade() -> None:
    """Inserts the reasons."""
    op.bulk_insert(
        sa.table(
            "appointment_reasons",
            sa.column("id", sa.Uuid),
            sa.column("code"),
            sa.column("display_en"),
            sa.column("display_vi"),
            sa.column("duration_minutes"),
            sa.column("buffer_before_minutes"),
            sa.column("buffer_after_minutes"),
            sa.column("minimum_notice_minutes"),
            sa.column("self_bookable"),
            sa.column("active"),
            sa.column("version"),
            sa.column("updated_at", postgresql.TIMESTAMP(timezone=True)),
        ),
        [_row(*reason) for reason in REASONS],
    )


def downgrade() -> None:
    """Deletes the reasons, if nobody changed them."""
    reasons = sa.table("appointment_reasons", sa.column("id", sa.Uuid), sa.column("version"))
    ids = [uuid5(NAMESPACE, code) for code, *_ in REASONS]
    op.execute(reasons.delete().where(reasons.c.id.in_(ids), reasons.c.version == 1))


def _row(
    code: str,
    english: str,
    vietnamese: str,
    minutes: int,
    before: int,
    after: int,
    notice: int,
    own: bool,
) -> dict[str, object]:
    return {
        "id": uuid5(NAMESPACE, code),
        "code": code,
        "display_en": english,
        "display_vi": vietnamese,
        "duration_minutes": minutes,
        "buffer_before_minutes": before,
        "buffer_after_minutes": after,
        "minimum_notice_minutes": notice,
        "self_bookable": own,
        "active": True,
        "version": 1,
        "updated_at": WRITTEN,
    }
