"""Hears events and tells people: one transaction per event, inbox row and effect together."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection

from deployments.appointments.events import AppointmentCancelled, AppointmentEvent
from deployments.clock import Clock, utc_now
from deployments.errors import DomainError
from deployments.events import Envelope, Event
from deployments.listening import hear_each
from deployments.notifications import rules
from deployments.notifications.composing import Draft, People, Telling, compose, people_in
from deployments.notifications.members import Members, Roster
from deployments.notifications.workflows import BY_EVENT, ROLES, Channel
from deployments.users.schemas import Contact
from storage import outbox
from storage.columns import new_id
from storage.database import Database
from storage.notifications import recording
from storage.notifications.recording import AppointmentFacts, Step

LANES: Final = 4
"""Events heard side by side: fewer than database threads, so that requests get some too."""
Told = Callable[[Collection[UUID]], None]
"""Called after COMMIT with the people who were told something."""


class Directory(Roster, Protocol):
    """Who people are and how to reach them; `UsersClient` is one."""

    async def get_contacts(self, user_ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """Contacts of several people; unknown ids are left out."""


class Listener:
    """The listening end of this service.

    Args:
        database: the service's.
        users: who knows names, languages, zones and addresses.
        told: wakes live connections and the e-mail sender.
        clock: the time.
    """

    def __init__(
        self, database: Database, users: Directory, *, told: Told, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._users = users
        self._told = told
        self._clock = clock
        self._members = Members(users, clock)
        self._lanes = asyncio.Semaphore(LANES)

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Lets each event take effect once; None for each that did, else an error code.

        Events about one thing are heard in order, those about different things side by side.
        The people of all of them are asked for at once, before any transaction.
        """
        try:
            people = await self._people_of(envelopes)
        except DomainError as error:
            return [error.code] * len(envelopes)
        by_thing: defaultdict[UUID, list[Envelope]] = defaultdict(list)
        for envelope in envelopes:
            by_thing[envelope.aggregate_id].append(envelope)
        outcomes: dict[UUID, str | None] = {}
        await asyncio.gather(*(self._hear(lane, people, outcomes) for lane in by_thing.values()))
        return [outcomes[envelope.event_id] for envelope in envelopes]

    async def _people_of(self, envelopes: Sequence[Envelope]) -> People:
        """Everybody whom the events name, and who has a role that is told of them."""
        roles = {role for it in envelopes for role in ROLES.get(it.name, ())}
        members = await self._members.of(roles)
        wanted = _named_in(envelopes).union(*members.values())
        return People(await self._users.get_contacts(sorted(wanted)), members)

    async def _hear(
        self, lane: list[Envelope], people: People, outcomes: dict[UUID, str | None]
    ) -> None:
        async with self._lanes:
            heard = await hear_each(lane, dict.fromkeys(BY_EVENT, partial(self._tell, people)))
        for envelope, outcome in zip(lane, heard, strict=True):
            outcomes[envelope.event_id] = outcome

    async def _tell(self, people: People, event: Event) -> None:
        telling = compose(event, BY_EVENT[type(event)], people)
        now = self._clock()
        told = await self._database.transact(
            lambda connection: _record(connection, event, telling, now), keyed=False
        )
        if told:
            self._told(told)


def _named_in(envelopes: Sequence[Envelope]) -> set[UUID]:
    """Whom the events name; one that cannot be read names nobody, and is refused later."""
    known = {event.name: event for event in BY_EVENT}
    people: set[UUID] = set()
    for envelope in envelopes:
        if envelope.name in known:
            with suppress(ValidationError):
                people |= set(people_in(envelope.open(known[envelope.name])))
    return people


def _record(
    connection: Connection, event: Event, telling: Telling, now: datetime
) -> Collection[UUID]:
    """Writes everything of one event; returns who was told."""
    if not outbox.receive(connection, event.event_id, event.name):
        return ()
    obsolete = _note(connection, event, now)
    if obsolete is not None:
        telling = telling.withheld(obsolete)
    numbers = recording.take_numbers(
        connection, [draft.recipient_id for draft in telling.drafts if draft.inbox is not None]
    )
    notifications = [
        _notification_row(event, draft, numbers.get(draft.recipient_id), now)
        for draft in telling.drafts
    ]
    deliveries = [
        _delivery_row(row, draft, now)
        for row, draft in zip(notifications, telling.drafts, strict=True)
        if draft.email is not None
    ]
    recording.record(connection, notifications, deliveries)
    recording.log(connection, event.event_id, now, _steps(telling))
    return [draft.recipient_id for draft in telling.drafts]


def _note(connection: Connection, event: Event, now: datetime) -> str | None:
    """Remembers what an event says of a visit; returns why it is obsolete, if it is."""
    if not isinstance(event, AppointmentEvent):
        return None
    status = "cancelled" if isinstance(event, AppointmentCancelled) else "booked"
    known = recording.note_appointment(
        connection,
        AppointmentFacts(event.appointment_id, event.version, status, event.start),
    )
    return rules.why_obsolete(
        event.version,
        rules.Visit(known.version, known.status, known.start),
        reminds=any(workflow.reminds for workflow in BY_EVENT[type(event)]),
        now=now,
    )


def _notification_row(
    event: Event, draft: Draft, number: int | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "event_id": event.event_id,
        "recipient_id": draft.recipient_id,
        "number": number,
        "workflow": draft.workflow.name,
        "template_version": draft.workflow.version,
        "locale": draft.reader.locale,
        "title": draft.inbox.title if draft.inbox else None,
        "body": draft.inbox.body if draft.inbox else None,
        "data": dict(draft.data),
        **_visit(event),
        "created_at": now,
    }


def _visit(event: Event) -> dict[str, Any]:
    """The visit that the notification is about, if it is about one."""
    visit = event if isinstance(event, AppointmentEvent) else None
    return {
        "appointment_id": visit and visit.appointment_id,
        "appointment_version": visit and visit.version,
    }


def _delivery_row(notification: dict[str, Any], draft: Draft, now: datetime) -> dict[str, Any]:
    assert draft.email is not None  # noqa: S101  # the caller picked those that have one
    return {
        "id": new_id(),
        "notification_id": notification["id"],
        "event_id": notification["event_id"],
        "recipient_id": draft.recipient_id,
        "channel": Channel.EMAIL,
        "status": "queued",
        "message": draft.email.model_dump(mode="json"),
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }


def _steps(telling: Telling) -> list[Step]:
    """One line per recipient and channel: what was done, or why nothing was."""
    steps = [Step(it.recipient_id, it.channel, "skipped", it.reason) for it in telling.omissions]
    for draft in telling.drafts:
        if draft.inbox is not None:
            steps.append(Step(draft.recipient_id, Channel.IN_APP, "delivered"))
        if draft.email is not None:
            steps.append(Step(draft.recipient_id, Channel.EMAIL, "queued"))
    return steps
