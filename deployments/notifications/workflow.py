"""How one kind of reader is told of one kind of event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from deployments.access import Role
from deployments.events import Event
from deployments.notifications.codes import Channel, Priority
from deployments.notifications.variables import AccountVariables, PatientVariables

EVERYWHERE: Final = (Channel.IN_APP, Channel.EMAIL, Channel.SMS, Channel.PUSH)
SILENT: Final = (Channel.IN_APP, Channel.EMAIL, Channel.PUSH)
INBOX: Final = (Channel.IN_APP,)
DESK: Final = (Channel.IN_APP, Channel.PUSH)
LETTER: Final = (Channel.EMAIL,)
SMS_ON_REQUEST: Final = frozenset({Channel.SMS})


def _always(_event: Event) -> bool:
    return True


def _at_once(_event: Event) -> None:
    return None


@dataclass(frozen=True)
class Workflow:
    """How one kind of reader is told of one kind of event.

    Attributes:
        name: also the name of the folder of its templates.
        event: what it tells.
        reader: the event's field that holds the reader's id, or the role of everybody who reads.
        variables: what its templates may use.
        channels: where it can be told; web hooks go wherever the inbox does.
        on_request: channels of these that are off until the reader switches them on.
        priority: whose senders take it.
        essential: it passes opt-outs and quiet hours: a life, or an account, may hang on it. Only
            a number that answered STOP is left alone.
        digest: the event's field whose value makes several messages one while the first is
            unread, or has not gone out.
        delay: how long it waits before it goes out, so that more can join it.
        reminds: whether it only makes sense before the visit begins.
        applies: whether an event of the kind is told at all.
        not_before: from when it may be told, where that is later than it is heard.
        version: of the shipped templates; raised with every change of wording, old ones are kept.
    """

    name: str
    event: type[Event]
    reader: str | Role
    variables: type[AccountVariables] = AccountVariables
    channels: Sequence[Channel] = SILENT
    on_request: frozenset[Channel] = frozenset()
    priority: Priority = Priority.NORMAL
    essential: bool = False
    digest: str | None = None
    delay: timedelta = timedelta()
    reminds: bool = False
    applies: Callable[[Any], bool] = _always
    not_before: Callable[[Any], datetime | None] = _at_once
    version: int = 1

    def digest_key(self, event: Event) -> str | None:
        """What several messages to one person must share to be one."""
        return None if self.digest is None else f"{self.name}:{getattr(event, self.digest)}"


def to_patient(name: str, event: type[Event], **more: Any) -> Workflow:
    """Tells a patient, by every channel unless said otherwise; SMS only on request."""
    channels = more.pop("channels", EVERYWHERE)
    more.setdefault("on_request", SMS_ON_REQUEST)
    return Workflow(f"{name}.patient", event, "patient_id", channels=channels, **more)


def to_practitioner(name: str, event: type[Event], **more: Any) -> Workflow:
    """Tells the practitioner, with the patient's name in the inbox."""
    more.setdefault("variables", PatientVariables)
    return Workflow(f"{name}.practitioner", event, "practitioner_id", **more)
