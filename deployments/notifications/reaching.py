"""Whether somebody is told by a channel, and if not, why: asked when it is heard and when it goes.

Plain values; the codes of the reasons stand in the log that the person may read.
"""

from dataclasses import dataclass
from typing import Final

from deployments.notifications import rules
from deployments.notifications.codes import Channel
from deployments.notifications.numbers import e164
from deployments.notifications.workflow import Workflow
from deployments.users.schemas import Contact
from storage.notifications.standing import Standing

ALL: Final = frozenset(Channel)


@dataclass(frozen=True)
class Means:
    """What the house can reach people by.

    Attributes:
        served: channels that somebody carries.
        region: country of telephone numbers without a prefix.
    """

    served: frozenset[Channel] = ALL
    region: str = "VN"

    def address(self, channel: Channel, contact: Contact) -> str | None:
        """Where the person is reached; devices and endpoints are looked up when it goes out."""
        if channel is Channel.EMAIL:
            return contact.email
        if channel is Channel.SMS:
            return e164(contact.phone, self.region)
        return ""


def why_not(
    workflow: Workflow, channel: Channel, address: str | None, standing: Standing
) -> str | None:
    """Why somebody is not told by the channel, or None.

    Args:
        workflow: of what is told.
        channel: by which.
        address: where; None when there is none.
        standing: what the person has said.
    """
    if address is None:
        return "no_address"
    default = channel not in workflow.on_request
    wanted = rules.is_wanted(standing.wishes, workflow.name, channel, default=default)
    if not (wanted or workflow.essential):
        return "muted"
    if channel is Channel.PUSH and not standing.granted(channel):
        return "no_device"
    return _why_no_consent(workflow, channel, address, standing)


def _why_no_consent(
    workflow: Workflow, channel: Channel, address: str, standing: Standing
) -> str | None:
    """A number needs the person's consent, and STOP is final; an e-mail address needs none."""
    status, _ = standing.addresses.get((channel, address), (None, None))
    if status == "withdrawn" and (channel is Channel.SMS or not workflow.essential):
        return "consent_withdrawn"
    return "no_consent" if channel is Channel.SMS and status is None else None
