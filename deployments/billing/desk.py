"""What the operations of this service work with."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from deployments.billing.settings import BillingSettings
from deployments.clock import Clock
from deployments.journal import Journal
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of one replica."""

    database: Database
    journal: Journal
    clock: Clock
    settings: BillingSettings

    def day_of(self, instant: datetime) -> date:
        """The date in the hospital at an instant."""
        return instant.astimezone(ZoneInfo(self.settings.time_zone)).date()

    def begin_of(self, day: date) -> datetime:
        """The moment at which a date begins in the hospital."""
        return datetime.combine(day, time(0), ZoneInfo(self.settings.time_zone))
