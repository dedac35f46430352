"""Tables of what people want to be told, when, and where."""

from datetime import time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text, Time

from storage.columns import Instant, UuidKey
from storage.notifications.base import Base


class Preference(Base):
    """A person's wish: a channel on or off, for one workflow, or for all (empty name)."""

    __tablename__ = "preferences"

    user_id: Mapped[UuidKey]
    workflow: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[Instant]


class QuietHours(Base):
    """When a person is left in peace, by the clock on their wall; may go past midnight."""

    __tablename__ = "quiet_hours"
    __table_args__ = (CheckConstraint("begins <> ends", name="some_time"),)

    user_id: Mapped[UuidKey]
    begins: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)
    changed_at: Mapped[Instant]


class Address(Base):
    """A person's consent, given or withdrawn, for one address of one channel.

    Attributes:
        address: a number in E.164, or the token of a device.
        platform: of the device.
        source: who said so: the person, a reply (STOP), or the provider (the device is gone).
    """

    __tablename__ = "addresses"
    __table_args__ = (
        CheckConstraint("status IN ('granted', 'withdrawn')", name="status"),
        CheckConstraint("source IN ('person', 'reply', 'provider')", name="source"),
        Index("uq_addresses_owner", "user_id", "channel", "address", unique=True),
        Index("ix_addresses_address", "channel", "address"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    channel: Mapped[str]
    address: Mapped[str]
    platform: Mapped[str | None]
    status: Mapped[str]
    source: Mapped[str]
    changed_at: Mapped[Instant]


class Endpoint(Base):
    """Where web hooks about what one person is told go to.

    Attributes:
        workflows: names; empty means all.
        level: how much it says: none, id or full.
        secret_version: raised to get another signing secret.
        failures: given up one after the other.
        disabled: why nothing is sent any more.
    """

    __tablename__ = "endpoints"
    __table_args__ = (
        CheckConstraint("level IN ('none', 'id', 'full')", name="level"),
        Index("ix_endpoints_owner_id", "owner_id"),
    )

    id: Mapped[UuidKey]
    owner_id: Mapped[UUID]
    url: Mapped[str]
    workflows: Mapped[list[str]] = mapped_column(ARRAY(Text))
    level: Mapped[str]
    secret_version: Mapped[int]
    failures: Mapped[int]
    disabled: Mapped[str | None]
    created_by: Mapped[UUID]
    created_at: Mapped[Instant]
    version: Mapped[int]
