"""What the notifications service refuses."""

from deployments.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated, Unavailable


class NotificationNotFound(NotFound):
    """There is no such notification in the caller's inbox."""

    code = "notifications.not_found"
    title = "Notification not found"


class DeliveryNotFound(NotFound):
    """There is no such delivery."""

    code = "notifications.delivery_not_found"
    title = "Delivery not found"


class DeliveryNotDead(Conflict):
    """The delivery was not given up, so there is nothing to replay."""

    code = "notifications.delivery_not_dead"
    title = "Delivery not dead"


class TicketRefused(Unauthenticated):
    """The ticket is unknown, used or expired."""

    code = "notifications.ticket_refused"
    title = "Ticket refused"


class TooManySockets(TooMany):
    """The person, or this process, has as many live connections as it may have."""

    code = "notifications.too_many_sockets"
    title = "Too many live connections"


class PersonUnknown(NotFound):
    """An event names somebody whom users does not know; it is parked for an operator."""

    code = "notifications.person_unknown"
    title = "Person unknown"


class NobodyToTell(NotFound):
    """Nobody has the role that must be told; tried again, as somebody may get it."""

    code = "notifications.nobody_to_tell"
    title = "Nobody to tell"


class PresenceNotFound(NotFound):
    """Nobody whose presence the caller may know."""

    code = "notifications.presence_not_found"
    title = "Person not found"


class PresenceUnknown(Unavailable):
    """Nobody can say at the moment who is connected, or who treats the patient."""

    code = "notifications.presence_unknown"
    title = "Presence is not known now"


class SignatureRefused(Unauthenticated):
    """A call from outside is not signed by whom it should be, or was signed too long ago."""

    code = "notifications.signature_refused"
    title = "Signature refused"


class ProviderUnknown(NotFound):
    """No provider has this name."""

    code = "notifications.provider_unknown"
    title = "Provider unknown"


class WorkflowUnknown(NotFound):
    """There is no such workflow."""

    code = "notifications.workflow_unknown"
    title = "Workflow unknown"


class ChannelNotOffered(Invalid):
    """The workflow is not told by this channel."""

    code = "notifications.channel_not_offered"
    title = "Channel not offered"


class CannotBeMuted(Invalid):
    """A life, or the safety of an account, may hang on it."""

    code = "notifications.cannot_be_muted"
    title = "Cannot be switched off"


class NoAddress(Conflict):
    """There is no address to consent to."""

    code = "notifications.no_address"
    title = "No address"


class DeviceNotFound(NotFound):
    """The caller has no such device."""

    code = "notifications.device_not_found"
    title = "Device not found"


class TemplateRefused(Invalid):
    """The text does not render, or says what its channel must not say."""

    code = "notifications.template_refused"
    title = "Template refused"


class TemplateNotFound(NotFound):
    """There is no such published text."""

    code = "notifications.template_not_found"
    title = "Template not found"


class EndpointNotFound(NotFound):
    """There is no such endpoint."""

    code = "notifications.endpoint_not_found"
    title = "Endpoint not found"


class EndpointRefused(Invalid):
    """Web hooks may not go there."""

    code = "notifications.endpoint_refused"
    title = "Endpoint refused"


class TooManyEndpoints(Conflict):
    """The person has as many endpoints as there may be."""

    code = "notifications.too_many_endpoints"
    title = "Too many endpoints"


class AnnouncementNotFound(NotFound):
    """There is no such announcement."""

    code = "notifications.announcement_not_found"
    title = "Announcement not found"
