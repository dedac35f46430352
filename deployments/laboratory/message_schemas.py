"""What crosses the border about messages of analyzers."""

from typing import Literal
from uuid import UUID

from deployments.pagination import PageRequest
from deployments.schemas import Instant, Schema

MessageStatus = Literal["waiting", "placed", "held", "refused"]


class MessageQuery(PageRequest):
    """Which messages are wanted."""

    status: MessageStatus | None = None


class AnalyzerMessage(Schema):
    """A message, whatever became of it.

    Attributes:
        acknowledgement: AA taken, AE mend it, AR never.
        status: `waiting`, `placed` (everything stored), `held` (something was), `refused`.
        repeats: how often it was sent again.
    """

    id: UUID
    sender: str | None
    control_id: str | None
    received_at: Instant
    acknowledgement: Literal["AA", "AE", "AR"]
    reason: str | None
    status: MessageStatus
    repeats: int


class AnalyzerMessageText(AnalyzerMessage):
    """A message as it came, with bytes that are not UTF-8 replaced."""

    text: str
