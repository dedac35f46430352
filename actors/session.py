"""One person who is connected: with which devices, since when idle, and what they have not read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID


class Arrival(NamedTuple):
    """A device that has connected.

    Attributes:
        person_id: whose it is.
        device_id: of this connection.
        session_id: the sign-in behind it; None for software.
        since: when it connected.
        idle_after: without a sign of its person for so long, it is logged off.
    """

    person_id: UUID
    device_id: UUID
    session_id: UUID | None
    since: datetime
    idle_after: timedelta


class Presence(NamedTuple):
    """What others may know of a person.

    Attributes:
        devices: how many are connected.
        active_at: the last sign of the person; None when they are away.
        unread: what waits in their inbox; None when nobody has counted yet.
    """

    devices: int
    active_at: datetime | None
    unread: int | None


AWAY = Presence(0, None, None)


@dataclass(slots=True)
class Device:
    """A live connection, and the replica that holds its socket."""

    replica: str
    arrival: Arrival
    active_at: datetime

    def is_idle(self, now: datetime) -> bool:
        """Whether its person has been away for longer than they may."""
        return now - self.active_at >= self.arrival.idle_after


@dataclass(slots=True)
class Session:
    """The live devices of one person."""

    devices: dict[UUID, Device] = field(default_factory=dict)
    unread: int | None = None

    def replicas(self) -> set[str]:
        """Those that hold a socket of the person."""
        return {device.replica for device in self.devices.values()}

    def presence(self) -> Presence:
        """As others see it."""
        active_at = max((device.active_at for device in self.devices.values()), default=None)
        return Presence(len(self.devices), active_at, self.unread)
