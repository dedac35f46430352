"""People, events and messages for the tests of notifications."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Any
from uuid import UUID, uuid4

from deployments.access import Principal, Role
from deployments.appointments.events import AppointmentBooked, AppointmentEvent
from deployments.errors import Unavailable
from deployments.events import Envelope, Event
from deployments.notifications.outcomes import Never, NotNow
from deployments.users.errors import InvalidOneTimeToken, UserNotFound
from deployments.users.schemas import Contact, OneTimeLink

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def contact(**changes: Any) -> Contact:
    values: dict[str, Any] = {
        "user_id": uuid4(),
        "display_name": "Nguyễn Văn An",
        "email": "an@patients.example",
        "phone": None,
        "locale": "vi",
        "time_zone": "Asia/Ho_Chi_Minh",
        "roles": [Role.PATIENT],
        "active": True,
    }
    return Contact(**values | changes)


def doctor(**changes: Any) -> Contact:
    values = {
        "display_name": "Dr. Marie Tran",
        "email": "tran@staff.example",
        "locale": "en",
        "roles": [Role.DOCTOR],
    }
    return contact(**values | changes)


class FakeUsers:
    """What `UsersClient` answers, from memory."""

    def __init__(self, *people: Contact) -> None:
        self.people = {person.user_id: person for person in people}
        self.links: dict[UUID, OneTimeLink] = {}
        self.asked: list[list[UUID]] = []
        self.rosters_asked: list[Role] = []
        self.away = False
        self.ended: list[tuple[UUID, UUID]] = []

    async def get_contacts(self, user_ids: Sequence[UUID]) -> dict[UUID, Contact]:
        self.asked.append(list(user_ids))
        if self.away:
            raise Unavailable("users is away")
        return {id_: self.people[id_] for id_ in user_ids if id_ in self.people}

    async def end_idle_session(self, user_id: UUID, session_id: UUID) -> None:
        self.ended.append((user_id, session_id))

    async def get_contact(self, user_id: UUID) -> Contact:
        found = await self.get_contacts([user_id])
        if not found:
            raise UserNotFound
        return found[user_id]

    async def list_members(self, role: Role) -> list[UUID]:
        self.rosters_asked.append(role)
        if self.away:
            raise Unavailable("users is away")
        having = (person for person in self.people.values() if role in person.roles)
        return sorted(person.user_id for person in having if person.active)

    async def one_time_link(self, token_id: UUID) -> OneTimeLink:
        if self.away:
            raise Unavailable("users is away")
        if token_id not in self.links:
            raise InvalidOneTimeToken
        return self.links[token_id]

    def give_link(self, token_id: UUID) -> OneTimeLink:
        link = OneTimeLink(
            purpose="password-reset",
            token="s3cret",
            url="https://medray.example/reset#s3cret",
            expires_at=MONDAY + timedelta(hours=1),
        )
        self.links[token_id] = link
        return link


def visit(
    patient: Contact,
    practitioner: Contact,
    event: type[AppointmentEvent] = AppointmentBooked,
    **changes: Any,
) -> Any:
    start = MONDAY + timedelta(days=1, minutes=30)
    values: dict[str, Any] = {
        "appointment_id": uuid4(),
        "patient_id": patient.user_id,
        "practitioner_id": practitioner.user_id,
        "reason_id": uuid4(),
        "start": start,
        "end": start + timedelta(minutes=30),
        "version": 1,
    }
    return event(**values | changes)


def later(event: AppointmentEvent, kind: type[AppointmentEvent], **changes: Any) -> Any:
    """Something that happened to the same visit afterwards, one version on."""
    values = event.model_dump(exclude={"event_id", "occurred_at"})
    return kind(**values | {"version": event.version + 1} | changes)


def sealed(*events: Event) -> list[Envelope]:
    return [Envelope.of(event) for event in events]


def principal(user_id: UUID, *roles: Role, **changes: Any) -> Principal:
    values: dict[str, Any] = {
        "user_id": user_id,
        "roles": frozenset(roles or {Role.PATIENT}),
        "token_id": uuid4().hex,
        "session_id": uuid4(),
        "issued_at": MONDAY,
        "expires_at": MONDAY + timedelta(days=365),
    }
    return Principal(**values | changes)


class FakeTransport:
    """Takes messages and reads them as a receiver would, or refuses them as told."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.refusal: NotNow | Never | None = None
        self.on_sent: Callable[[], object] = lambda: None
        self.before_return: Callable[[], object] = lambda: None
        self._loop = asyncio.get_running_loop()

    def send(self, message: Message) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(message_from_bytes(message.as_bytes(), policy=policy.default))
        self._loop.call_soon_threadsafe(self.on_sent)
        self.before_return()
