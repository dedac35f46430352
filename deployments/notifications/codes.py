"""Words of the notifications service that others may use."""

from enum import IntEnum, StrEnum


class Channel(StrEnum):
    """A way to reach somebody."""

    IN_APP = "in_app"
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    WEBHOOK = "webhook"


class Priority(IntEnum):
    """Who goes first; each priority has senders of its own."""

    URGENT = 0
    NORMAL = 1
    BULK = 2


class Level(StrEnum):
    """How much a web hook says: that something happened, to what, or all that was told."""

    NONE = "none"
    ID = "id"
    FULL = "full"
