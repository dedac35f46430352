"""Ends of the audit chains of all services, kept where their own databases are not."""

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant
from storage.users.base import Base


class AuditAnchor(Base):
    """The last end of a service's chain that we were told."""

    __tablename__ = "audit_anchors"

    service: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    anchored_at: Mapped[Instant]
