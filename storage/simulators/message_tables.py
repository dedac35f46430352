"""Tables of the simulated companies that bring messages to telephones."""

from typing import Any, Final, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant
from storage.simulators.base import Base


class PhoneMessage(Base):
    """An SMS or a push message that a company took; once for each reference of its customer.

    Attributes:
        kind: sms or push.
        content: as it was sent.
    """

    __tablename__ = "phone_messages"

    company: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[Instant]


class MessageRequest(Base):
    """How often a customer asked for a reference, whatever came of it."""

    __tablename__ = "message_requests"

    company: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]


PHONE_MESSAGES: Final = cast("Table", PhoneMessage.__table__)
MESSAGE_REQUESTS: Final = cast("Table", MessageRequest.__table__)
