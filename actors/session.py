"""One person who is connected: with which devices, since when idle, and what they have not read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID


class Arrival(NamedTuple):
    """A device that has connected.

    Attributes:
        person_id: whose it is.
        device_id: of this connection.
        sign_in: the sign-in behind it, which may have several devices.
        since: when it connected.
        active_at: the last sign of the person on it; None when there was none yet.
        idle_after: without a sign for so long, the sign-in is logged off; None never is.
    """

    person_id: UUID
    device_id: UUID
    sign_in: UUID
    since: datetime
    active_at: datetime | None
    idle_after: timedelta | None


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
class Sign:
    """The last sign of a person on one sign-in."""

    at: datetime
    idle_after: timedelta | None

    def is_idle(self, now: datetime) -> bool:
        """Whether the person has been away for longer than they may."""
        return self.idle_after is not None and now - self.at >= self.idle_after


@dataclass(slots=True)
class Device:
    """A live connection, and the replica that holds its socket."""

    replica: str
    arrival: Arrival


@dataclass(slots=True)
class Session:
    """The live devices of one person, and the signs they gave.

    A sign outlives its device until it is too old: who connects again was not active by that.
    """

    devices: dict[UUID, Device] = field(default_factory=dict)
    signs: dict[UUID, Sign] = field(default_factory=dict)
    unread: int | None = None

    def enter(self, replica: str, arrival: Arrival) -> None:
        """A device has connected; saying it again changes nothing."""
        self.devices[arrival.device_id] = Device(replica, arrival)
        known = self.signs.get(arrival.sign_in)
        if known is None:
            at = arrival.active_at or arrival.since
            self.signs[arrival.sign_in] = Sign(at, arrival.idle_after)
        elif arrival.active_at is not None:
            known.at = max(known.at, arrival.active_at)

    def touch(self, device_id: UUID, at: datetime) -> None:
        """The person gave a sign on a device."""
        sign = self.signs[self.devices[device_id].arrival.sign_in]
        sign.at = max(sign.at, at)

    def idle_devices(self, now: datetime) -> Sequence[tuple[UUID, str]]:
        """Devices whose person has been away too long, each with its replica."""
        return [
            (device_id, device.replica)
            for device_id, device in self.devices.items()
            if self.signs[device.arrival.sign_in].is_idle(now)
        ]

    def forget_signs(self, now: datetime, keep: timedelta) -> None:
        """Forgets old signs of sign-ins that are not connected."""
        connected = {device.arrival.sign_in for device in self.devices.values()}
        for sign_in, sign in list(self.signs.items()):
            if sign_in not in connected and now - sign.at >= (sign.idle_after or keep):
                del self.signs[sign_in]

    def replicas(self) -> set[str]:
        """Those that hold a socket of the person."""
        return {device.replica for device in self.devices.values()}

    def last_sign(self, device: Device) -> datetime:
        """When the person last gave a sign on the sign-in of a device."""
        return self.signs[device.arrival.sign_in].at

    def presence(self) -> Presence:
        """As others see it."""
        if not self.devices:
            return AWAY
        active_at = max(self.last_sign(device) for device in self.devices.values())
        return Presence(len(self.devices), active_at, self.unread)
