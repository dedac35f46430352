"""What the operations of this service work with."""

from dataclasses import dataclass

from deployments.appointments.directory import Directory
from deployments.appointments.settings import AppointmentSettings
from deployments.clock import Clock
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of one replica.

    Attributes:
        time_zone: the hospital's, for dates that come without one.
    """

    database: Database
    directory: Directory
    clock: Clock
    settings: AppointmentSettings
    time_zone: str
