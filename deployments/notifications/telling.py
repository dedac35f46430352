"""Writes what people are told: notifications, what leaves the house, and each step in the log."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, null

from deployments.appointments.events import AppointmentCancelled, AppointmentEvent
from deployments.events import Event
from deployments.notifications import rules
from deployments.notifications.codes import Channel
from deployments.notifications.drafts import Draft, Omission, Outgoing, Telling
from deployments.notifications.workflows import BY_EVENT
from storage import outbox
from storage.columns import new_id
from storage.notifications import digests, held, recording
from storage.notifications.digests import Open
from storage.notifications.recording import AppointmentFacts, Step

DIGEST: Final = timedelta(hours=1)
"""How long an unread message stands for others of its kind; ours."""


def tell_once(
    connection: Connection, event: Event, telling: Telling, now: datetime
) -> Collection[UUID]:
    """Writes everything of one event, once; returns who was told."""
    if not outbox.receive(connection, event.event_id, event.name):
        return ()
    obsolete = _note(connection, event, now)
    return write(connection, event, telling.withheld(obsolete) if obsolete else telling, now)


def hold_once(connection: Connection, event: Event, due_at: datetime) -> None:
    """Keeps an event, once, until it may be told."""
    if outbox.receive(connection, event.event_id, event.name):
        held.hold(connection, event.event_id, event.name, event.model_dump(mode="json"), due_at)


def write(
    connection: Connection, event: Event, telling: Telling, now: datetime
) -> Collection[UUID]:
    """Writes the rows; the caller sees to it that this happens once. Returns who was told."""
    ordered = sorted(telling.drafts, key=lambda draft: draft.recipient_id)
    plans = [_Plan(draft, _find_open(connection, draft, now)) for draft in ordered]
    numbers = recording.take_numbers(
        connection, [plan.draft.recipient_id for plan in plans if plan.draft.inbox is not None]
    )
    steps = [_omitted(omission) for omission in telling.omissions]
    notifications, deliveries = [], []
    for plan in plans:
        draft = plan.draft
        row = _notification_row(event, draft, numbers.get(draft.recipient_id), now)
        leaving = [_delivery_row(row, plan, outgoing, now) for outgoing in draft.outgoing]
        notifications.append(row)
        deliveries += leaving
        steps += plan.steps(leaving)
    recording.record(connection, notifications, deliveries)
    recording.log(connection, event.event_id, now, steps)
    return [draft.recipient_id for draft in ordered]


class _Plan:
    """What becomes of one draft beside what its reader has not seen yet."""

    def __init__(self, draft: Draft, opened: Open) -> None:
        self.opened = opened
        self.draft = replace(draft, inbox=None) if opened.notification_id else draft

    def steps(self, deliveries: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
        """How each channel begins: delivered, queued, delayed (why), merged (into what)."""
        id_, workflow = self.draft.recipient_id, self.draft.workflow.name
        if self.draft.inbox is not None:
            yield Step(id_, Channel.IN_APP, "delivered", None, workflow)
        elif self.opened.notification_id is not None:
            into = str(self.opened.notification_id)
            yield Step(id_, Channel.IN_APP, "merged", into, workflow)
        for row in deliveries:
            reason = row["merged_into"] or row["last_error"]
            yield Step(id_, row["channel"], row["status"], reason and str(reason), workflow)


def _find_open(connection: Connection, draft: Draft, now: datetime) -> Open:
    if draft.digest_key is None:
        return Open()
    return digests.find_open(connection, draft.recipient_id, draft.digest_key, now - DIGEST)


def _omitted(omission: Omission) -> Step:
    return Step(
        omission.recipient_id,
        omission.channel,
        "skipped",
        omission.reason,
        omission.workflow.name,
    )


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
    visit = event if isinstance(event, AppointmentEvent) else None
    return {
        "id": new_id(),
        "event_id": event.event_id,
        "recipient_id": draft.recipient_id,
        "number": number,
        "workflow": draft.workflow.name,
        "template_version": draft.edition.version,
        "locale": draft.edition.locale,
        "title": draft.inbox.title if draft.inbox else None,
        "body": draft.inbox.body if draft.inbox else None,
        "data": dict(draft.data),
        "appointment_id": visit and visit.appointment_id,
        "appointment_version": visit and visit.version,
        "digest_key": draft.digest_key,
        "created_at": now,
    }


def _delivery_row(
    notification: Mapping[str, Any], plan: _Plan, outgoing: Outgoing, now: datetime
) -> dict[str, Any]:
    merged_into = plan.opened.waiting.get((outgoing.channel, outgoing.target))
    due_at, reason = _when(plan.draft, outgoing, now)
    row = {
        "id": new_id(),
        "notification_id": notification["id"],
        "event_id": notification["event_id"],
        "recipient_id": notification["recipient_id"],
        "channel": outgoing.channel,
        "target": outgoing.target,
        "priority": plan.draft.workflow.priority,
        "status": "delayed" if reason else "queued",
        "message": outgoing.order.model_dump(mode="json"),
        "attempts": 0,
        "round": 0,
        "due_at": due_at,
        "last_error": reason,
        "merged_into": merged_into,
        "created_at": now,
        "settled_at": None,
    }
    if merged_into is not None:
        row |= {"status": "merged", "message": null(), "last_error": None, "settled_at": now}
    return row


def _when(draft: Draft, outgoing: Outgoing, now: datetime) -> tuple[datetime, str | None]:
    """When it goes out, and why it waits."""
    due_at, reason = now, None
    if draft.workflow.delay:
        due_at, reason = now + draft.workflow.delay, "digest"
    if draft.workflow.essential or outgoing.channel is Channel.WEBHOOK:
        return due_at, reason
    end = rules.quiet_until(due_at, draft.quiet, draft.reader.time_zone)
    return (end, "quiet_hours") if end else (due_at, reason)
