"""Who is told what about an event, and why somebody is not: plain values, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from deployments.access import Role
from deployments.events import Event
from deployments.notifications.errors import NobodyToTell, PersonUnknown
from deployments.notifications.rendering import InboxText, Reader, render_inbox
from deployments.notifications.workflows import Channel, Workflow
from deployments.users.schemas import Contact

PEOPLE: Final = ("patient_id", "practitioner_id", "user_id")
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
)
"""Fields of events that a client may follow from a notification."""


@dataclass(frozen=True)
class People:
    """Whom events name, and who is told of them.

    Attributes:
        contacts: how to reach each.
        members: everybody active of the roles that are told of something.
    """

    contacts: Mapping[UUID, Contact]
    members: Mapping[Role, Sequence[UUID]] = field(default_factory=dict)

    def readers(self, event: Event, workflow: Workflow) -> Sequence[UUID]:
        """Who reads what the workflow says of the event.

        Raises:
            NobodyToTell: nobody has the role that must be told.
        """
        if not isinstance(workflow.reader, Role):
            return [getattr(event, workflow.reader)]
        members = self.members[workflow.reader]
        if not members:
            raise NobodyToTell(workflow.reader)
        return members


class EmailOrder(BaseModel):
    """What is stored until the e-mail is sent: enough to write it, never a secret.

    Attributes:
        token_id: of the one-time link to ask users for at the moment of sending.
    """

    model_config = ConfigDict(frozen=True)

    to: str
    time_zone: str
    facts: dict[str, Any]
    token_id: UUID | None


@dataclass(frozen=True)
class Draft:
    """What one person is going to be told.

    Attributes:
        inbox: the inbox text, unless the workflow leaves the inbox alone.
        email: the order of an e-mail, if there is to be one.
    """

    recipient_id: UUID
    workflow: Workflow
    reader: Reader
    data: Mapping[str, str]
    inbox: InboxText | None
    email: EmailOrder | None


@dataclass(frozen=True)
class Omission:
    """A channel by which somebody is not told, and the code of the reason."""

    recipient_id: UUID
    channel: Channel
    reason: str


@dataclass
class Telling:
    """Everything that one event makes us tell."""

    drafts: list[Draft] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)

    def withheld(self, reason: str) -> "Telling":
        """The same with nothing told, for one reason."""
        withheld = [
            Omission(draft.recipient_id, channel, reason)
            for draft in self.drafts
            for channel in draft.workflow.channels
        ]
        return Telling([], [*self.omissions, *withheld])


def people_in(event: Event) -> list[UUID]:
    """Ids of everybody whom the event names, sorted, each once."""
    return sorted({value for name, value in event if name in PEOPLE})


def compose(event: Event, workflows: Sequence[Workflow], people: People) -> Telling:
    """Drafts for each reader; a person who is several readers is told once, as the first.

    Raises:
        PersonUnknown: a person of the event, or of a role, is not among the contacts.
        NobodyToTell: nobody has the role that must be told.
    """
    readers = _readers(event, workflows, people)
    if not people.contacts.keys() >= {*people_in(event), *readers}:
        raise PersonUnknown
    telling = Telling()
    for recipient_id, workflow in readers.items():
        _compose_one(telling, event, workflow, recipient_id, people.contacts)
    return telling


def _readers(
    event: Event, workflows: Sequence[Workflow], people: People
) -> Mapping[UUID, Workflow]:
    """Who is told, and as which reader."""
    readers: dict[UUID, Workflow] = {}
    for workflow in workflows:
        if workflow.applies(event):
            for recipient_id in people.readers(event, workflow):
                readers.setdefault(recipient_id, workflow)
    return readers


def _compose_one(
    telling: Telling,
    event: Event,
    workflow: Workflow,
    recipient_id: UUID,
    contacts: Mapping[UUID, Contact],
) -> None:
    contact = contacts[recipient_id]
    if not contact.active:
        telling.omissions += [Omission(recipient_id, it, "inactive") for it in workflow.channels]
        return
    if Channel.EMAIL in workflow.channels and contact.email is None:
        telling.omissions.append(Omission(recipient_id, Channel.EMAIL, "no_address"))
    facts = _facts(event, workflow, contact, contacts)
    reader = Reader(contact.locale, contact.time_zone)
    telling.drafts.append(
        Draft(
            recipient_id,
            workflow,
            reader,
            data={name: str(value) for name, value in event if name in ABOUT and value},
            inbox=_inbox(workflow, reader, facts),
            email=_email(event, workflow, contact, facts),
        )
    )


def _inbox(workflow: Workflow, reader: Reader, facts: Mapping[str, Any]) -> InboxText | None:
    if Channel.IN_APP not in workflow.channels:
        return None
    return render_inbox(workflow, workflow.version, reader, facts)


def _email(
    event: Event, workflow: Workflow, contact: Contact, facts: dict[str, Any]
) -> EmailOrder | None:
    if Channel.EMAIL not in workflow.channels or contact.email is None:
        return None
    return EmailOrder(
        to=contact.email,
        time_zone=contact.time_zone,
        facts=facts,
        token_id=getattr(event, "token_id", None),
    )


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
