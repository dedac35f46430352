"""Who is told what about an event, and why somebody is not: plain values, no database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from deployments.access import Role
from deployments.events import Event
from deployments.notifications.codes import Channel
from deployments.notifications.drafts import Draft, Omission, Order, Outgoing, Telling
from deployments.notifications.editions import Editions
from deployments.notifications.errors import NobodyToTell, PersonUnknown
from deployments.notifications.reaching import Means, why_not
from deployments.notifications.rendering import Reader, render_inbox
from deployments.notifications.variables import usable
from deployments.notifications.workflow import Workflow
from deployments.users.schemas import Contact
from storage.notifications.standing import Standing

PEOPLE: Final = ("patient_id", "practitioner_id", "user_id", "clinician_id")
"""Fields of events that name people."""
ABOUT: Final = (
    "appointment_id",
    "leave_id",
    "access_id",
    "prescription_id",
    "dispensing_id",
    "medication_id",
    "location_id",
    "batch_id",
    "recall_id",
    "order_id",
    "report_id",
    "alert_id",
    "announcement_id",
    "invoice_id",
    "payment_id",
    "refund_id",
    "claim_id",
    "conversation_id",
)
"""Fields of events that a client may follow from a notification."""
UNSAID: Final = Standing()
ANYTHING: Final = Means()
SHIPPED: Final = Editions({})


@dataclass(frozen=True)
class People:
    """Whom events name, and who is told of them.

    Attributes:
        contacts: how to reach each.
        members: everybody active of the roles that are told of something.
        standings: what they have said about being told.
        editions: the texts of today.
        means: what the house can reach people by.
    """

    contacts: Mapping[UUID, Contact]
    members: Mapping[Role, Sequence[UUID]] = field(default_factory=dict)
    standings: Mapping[UUID, Standing] = field(default_factory=dict)
    editions: Editions = SHIPPED
    means: Means = ANYTHING

    def readers(self, event: Event, workflow: Workflow) -> Sequence[UUID]:
        """Who reads what the workflow says of the event."""
        if isinstance(workflow.reader, Role):
            return self.members[workflow.reader]
        return [getattr(event, workflow.reader)]


def people_in(event: Event) -> list[UUID]:
    """Ids of everybody whom the event names, sorted, each once."""
    return sorted({value for name, value in event if name in PEOPLE})


def compose(event: Event, workflows: Sequence[Workflow], people: People) -> Telling:
    """Drafts for each reader; a person who is several readers is told once, as the first.

    Raises:
        PersonUnknown: a person of the event, or of a role, is not among the contacts.
        NobodyToTell: nobody has a role that it could be told to.
    """
    readers = _readers(event, workflows, people)
    if not people.contacts.keys() >= {*people_in(event), *readers}:
        raise PersonUnknown
    telling = Telling()
    for recipient_id, workflow in readers.items():
        _compose_one(telling, event, workflow, recipient_id, people)
    return telling


def _readers(
    event: Event, workflows: Sequence[Workflow], people: People
) -> Mapping[UUID, Workflow]:
    """Who is told, and as which reader.

    Raises:
        NobodyToTell: it must be told, and nobody has a role that it could be told to.
    """
    readers: dict[UUID, Workflow] = {}
    told = [workflow for workflow in workflows if workflow.applies(event)]
    for workflow in told:
        for recipient_id in people.readers(event, workflow):
            readers.setdefault(recipient_id, workflow)
    if told and not readers:
        raise NobodyToTell(", ".join(str(workflow.reader) for workflow in told))
    return readers


def _compose_one(
    telling: Telling, event: Event, workflow: Workflow, recipient_id: UUID, people: People
) -> None:
    contact = people.contacts[recipient_id]
    standing = people.standings.get(recipient_id, UNSAID)
    chosen: list[Channel] = []
    for channel in workflow.channels:
        reason = _why_not(workflow, channel, contact, standing, people.means)
        if reason is None:
            chosen.append(channel)
        else:
            telling.omissions.append(Omission(recipient_id, workflow, channel, reason))
    if not contact.active:
        return
    reader = Reader(contact.locale, contact.time_zone)
    facts = _facts(event, workflow, contact, people.contacts)
    edition = people.editions.choose(workflow, Channel.IN_APP, contact.locale)
    inbox = None
    if Channel.IN_APP in chosen:
        inbox = render_inbox(workflow, edition, reader, facts)
    draft = Draft(
        recipient_id,
        workflow,
        reader,
        data={name: str(value) for name, value in event if name in ABOUT and value},
        edition=edition,
        inbox=inbox,
        outgoing=[
            *(
                Outgoing(channel, _order(event, workflow, channel, contact, people, facts))
                for channel in chosen
                if channel is not Channel.IN_APP
            ),
            *(_hooked(workflow, contact, standing) if inbox else ()),
        ],
        digest_key=workflow.digest_key(event),
        quiet=standing.quiet,
    )
    if draft.inbox or draft.outgoing:
        telling.drafts.append(draft)


def _why_not(
    workflow: Workflow, channel: Channel, contact: Contact, standing: Standing, means: Means
) -> str | None:
    if not contact.active:
        return "inactive"
    if channel not in means.served:
        return "no_provider"
    return why_not(workflow, channel, means.address(channel, contact), standing)


def _order(
    event: Event,
    workflow: Workflow,
    channel: Channel,
    contact: Contact,
    people: People,
    facts: Mapping[str, Any],
) -> Order:
    edition = people.editions.choose(workflow, channel, contact.locale)
    said = usable(workflow.variables, channel)
    return Order(
        to=people.means.address(channel, contact) or "",
        time_zone=contact.time_zone,
        facts={name: value for name, value in facts.items() if name in said},
        token_id=getattr(event, "token_id", None),
        version=edition.version,
        locale=edition.locale,
    )


def _hooked(workflow: Workflow, contact: Contact, standing: Standing) -> Iterator[Outgoing]:
    """One for each of the person's endpoints: they get what the person gets, never more."""
    for hook in standing.hooks:
        if not hook.workflows or workflow.name in hook.workflows:
            order = Order(to="", time_zone=contact.time_zone, facts={})
            yield Outgoing(Channel.WEBHOOK, order, str(hook.id))


def _facts(
    event: Event, workflow: Workflow, reader: Contact, contacts: Mapping[UUID, Contact]
) -> dict[str, Any]:
    """What the workflow's templates may use and is known now, as JSON values."""
    names = {
        name.removesuffix("_id"): contacts[value].display_name
        for name, value in event
        if name in PEOPLE
    }
    known = event.model_dump(mode="json") | names | {"reader": reader.display_name}
    return {name: known[name] for name in workflow.variables.model_fields if name in known}
