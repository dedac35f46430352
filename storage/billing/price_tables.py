"""Tables of prices: lists, their versions with the days on which they hold, and what costs what.

The published versions of a list never overlap (exclusion constraint), and what is in them never
changes (a trigger refuses it): a new price is a new version. Prices are minor units, without tax.
"""

from datetime import date
from typing import Final, cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from storage.billing.base import Base
from storage.columns import Instant, UuidKey

KINDS: Final = "'service', 'drug', 'test', 'panel', 'ward'"


class PriceList(Base):
    """What the hospital asks of the public, or of one payer."""

    __tablename__ = "price_lists"
    __table_args__ = (
        Index(
            "uq_price_lists_public",
            "currency",
            unique=True,
            postgresql_where=text("payer_id IS NULL"),
        ),
        UniqueConstraint("payer_id", "currency"),
        UniqueConstraint("code"),
    )

    id: Mapped[UuidKey]
    code: Mapped[str]
    name_en: Mapped[str]
    name_vi: Mapped[str]
    currency: Mapped[str]
    payer_id: Mapped[UUID | None]
    created_at: Mapped[Instant]


class PriceListVersion(Base):
    """The prices of a list for some days; a draft holds on none."""

    __tablename__ = "price_list_versions"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'published')", name="status"),
        CheckConstraint("(status = 'published') = (valid IS NOT NULL)", name="valid"),
        CheckConstraint("NOT isempty(valid)", name="some_days"),
        ExcludeConstraint(
            ("price_list_id", "="),
            ("valid", "&&"),
            name="ex_price_list_versions_overlap",
            using="gist",
        ),
        UniqueConstraint("price_list_id", "number"),
    )

    id: Mapped[UuidKey]
    price_list_id: Mapped[UUID] = mapped_column(ForeignKey("price_lists.id"))
    number: Mapped[int]
    status: Mapped[str]
    valid: Mapped[Range[date] | None] = mapped_column(DATERANGE)
    created_by: Mapped[UUID]
    created_at: Mapped[Instant]
    published_by: Mapped[UUID | None]
    published_at: Mapped[Instant | None]


class Price(Base):
    """What one thing costs; `code` is that of the formulary, the laboratory, or ours."""

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("price_list_versions.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_vi: Mapped[str]
    unit_price: Mapped[int] = mapped_column(BigInteger)


PRICE_LISTS: Final = cast("Table", PriceList.__table__)
PRICE_LIST_VERSIONS: Final = cast("Table", PriceListVersion.__table__)
PRICES: Final = cast("Table", Price.__table__)
