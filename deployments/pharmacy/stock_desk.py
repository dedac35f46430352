"""What the operations of stock and dispensing work with."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.clock import Clock
from deployments.journal import Journal
from storage.database import Database


class StockSettings(BaseSettings):
    """How this hospital keeps stock; every field is a `MEDRAY_PHARMACY_...` variable."""

    model_config = SettingsConfigDict(env_prefix="MEDRAY_PHARMACY_", frozen=True, extra="ignore")

    refill_tolerance: Decimal = Field(
        Decimal("0.8"), gt=0, le=1, description="share of a fill's days that passes before a refill"
    )
    as_needed_days: int = Field(
        90, ge=1, le=365, description="how long what is taken as needed lasts, at most, days"
    )
    expiry_alert_days: tuple[int, ...] = Field(
        (30, 90), description="days before its last one at which a batch is reported"
    )
    watch_every_s: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="pause of the watch over expiry and reorder points, seconds",
    )


@dataclass(frozen=True)
class StockDesk:
    """The tools of one replica.

    Attributes:
        zone: the hospital's; a batch may be used until midnight of its last day there.
    """

    database: Database
    journal: Journal
    clock: Clock
    settings: StockSettings
    zone: ZoneInfo

    def day_of(self, instant: datetime) -> date:
        """The date in the hospital at an instant."""
        return instant.astimezone(self.zone).date()


def to_sequence(text: str) -> int:
    """A position in a ledger or register, as PostgreSQL can hold it; for cursors.

    Raises:
        ValueError: it is none.
    """
    value = int(text)
    if not 0 <= value < 2**31:
        raise ValueError("not a position")
    return value
