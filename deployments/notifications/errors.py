"""What the notifications service refuses."""

from deployments.errors import Conflict, NotFound, TooMany, Unauthenticated


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
