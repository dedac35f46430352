"""What the notifications service tells itself, in the words that it hears from others."""

from typing import ClassVar
from uuid import UUID

from deployments.events import Event


class Announced(Event):
    """An administrator says something to many; told here, in batches, never over an outbox.

    Attributes:
        user_id: one of the readers; the others have an event with the same id.
        subject: in the reader's language, as the administrator wrote it.
        message: the same.
    """

    name: ClassVar[str] = "notifications.announced.v1"
    aggregate_field: ClassVar[str] = "announcement_id"

    announcement_id: UUID
    user_id: UUID
    subject: str
    message: str
