"""What services tell each other: facts in the past tense, ids and codes only."""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7

from deployments.clock import utc_now

E = TypeVar("E", bound="Event")


def _event_id() -> UUID:
    return UUID(int=uuid7().int)


class Event(BaseModel):
    """A fact. Fields are only ever added, so that old rows and old listeners keep working.

    Subclasses set `name` (`appointments.booked.v1`) and `aggregate_field`, the field that holds
    the id of the thing it is about; a listener hears one thing's events in order.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: ClassVar[str]
    aggregate_field: ClassVar[str]

    event_id: UUID = Field(default_factory=_event_id)
    occurred_at: datetime = Field(default_factory=utc_now)

    @property
    def aggregate_id(self) -> UUID:
        """The thing that the event is about."""
        value = getattr(self, self.aggregate_field)
        assert isinstance(value, UUID)  # noqa: S101
        return value


class Envelope(BaseModel):
    """An event on its way, unopened."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    name: str
    aggregate_id: UUID
    occurred_at: datetime
    request_id: str | None
    payload: dict[str, Any]

    def open(self, event: type[E]) -> E:
        """The event inside.

        Raises:
            pydantic.ValidationError: it is not what the name says.
        """
        return event.model_validate(self.payload)

    @classmethod
    def of(cls, event: Event, request_id: str | None = None) -> Self:
        """Seals an event, as the outbox does."""
        return cls(
            event_id=event.event_id,
            name=event.name,
            aggregate_id=event.aggregate_id,
            occurred_at=event.occurred_at,
            request_id=request_id,
            payload=event.model_dump(mode="json"),
        )
