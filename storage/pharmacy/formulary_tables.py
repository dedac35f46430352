"""The formulary: what the hospital prescribes and stocks."""

from decimal import Decimal
from typing import Any, Final, cast

from sqlalchemy import ARRAY, CheckConstraint, Index, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.pharmacy.base import Base

SCHEDULES: Final = "'none', 'narcotic', 'psychotropic', 'precursor'"


class Medication(Base):
    """One product of the formulary; packs and stock are counted in its `unit`.

    What it consists of (ingredients, units, form) never changes: prescriptions and stock
    refer to it. A product that was entered wrongly is retired, and another one added.

    Attributes:
        ingredients: list of {rxnorm, name, amount, unit}: the amount in one `dose_unit`.
        dose_unit: what doses are counted in: tablet, mL, puff, ...
        unit: what is handed out and never divided: tablet, ampoule, bottle, inhaler, ...
        units_each: how many dose units one unit holds.
        pack_size: how many units one pack holds.
        search_text: names and brands, lower case and without accents.
    """

    __tablename__ = "medications"
    __table_args__ = (
        CheckConstraint(f"schedule IN ({SCHEDULES})", name="schedule"),
        CheckConstraint("pack_size > 0 AND units_each > 0", name="sizes"),
        Index(
            "ix_medications_search_text",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    id: Mapped[UuidKey]
    code: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_vi: Mapped[str]
    brand_names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    ingredients: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    form: Mapped[str]
    route: Mapped[str]
    rxnorm: Mapped[str | None]
    schedule: Mapped[str]
    dose_unit: Mapped[str]
    unit: Mapped[str]
    units_each: Mapped[Decimal]
    pack_size: Mapped[Decimal]
    active: Mapped[bool]
    search_text: Mapped[str]
    version: Mapped[int]
    updated_at: Mapped[Instant]


MEDICATIONS: Final = cast("Table", Medication.__table__)
