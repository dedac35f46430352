"""What the laboratory can measure: tests, panels, what each measures, and its limits."""

from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import INT4RANGE, JSONB, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base

SPECIMEN_TYPES: Final = (
    "'whole-blood', 'serum', 'plasma', 'urine', 'csf', 'stool', 'swab', 'sputum', 'fluid'"
)


class TestType(Base):
    """A test or a panel of tests that can be ordered.

    Attributes:
        code: short name in this hospital, `K`, `CBC`; also what analyzers send, if not mapped.
        loinc: LOINC code of the order.
        minimum_ul: least volume, microlitres.
        stability_minutes: how long a specimen can be tested after collection.
        turnaround_minutes: by priority, from order to release.
        sensitive: the patient sees it only after a delay, so that a doctor can speak first.
    """

    __test__ = False
    __tablename__ = "test_types"
    __table_args__ = (
        CheckConstraint("kind IN ('test', 'panel')", name="kind"),
        CheckConstraint(f"specimen IN ({SPECIMEN_TYPES})", name="specimen"),
        CheckConstraint("stability_minutes > 0", name="stability_minutes"),
        CheckConstraint("release_delay_hours >= 0", name="release_delay_hours"),
    )

    id: Mapped[UuidKey]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    loinc: Mapped[str | None]
    name_en: Mapped[str]
    name_vi: Mapped[str]
    department: Mapped[str]
    specimen: Mapped[str]
    container: Mapped[str]
    minimum_ul: Mapped[int]
    stability_minutes: Mapped[int]
    turnaround_minutes: Mapped[dict[str, int]] = mapped_column(JSONB)
    sensitive: Mapped[bool]
    release_delay_hours: Mapped[int]
    active: Mapped[bool]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class PanelMember(Base):
    """A test of a panel; panels hold tests only, never panels."""

    __tablename__ = "panel_members"

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("test_types.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    test_type_id: Mapped[UUID] = mapped_column(ForeignKey("test_types.id"))


class TestParameter(Base):
    """One thing that a test measures (FHIR ObservationDefinition).

    Attributes:
        code: unique in the hospital, `WBC`; what analyzers send in OBX-3.
        kind: `numeric`, `coded`, `text` or `calculated`.
        unit: UCUM code; None for coded and text.
        decimals: shown and stored, after the point.
        choices: of a coded one: code, English, Vietnamese, whether abnormal.
        plausible_low, plausible_high: outside, it is a mistake.
        reporting_low, reporting_high: outside, it is reported as `<low` or `>high`.
        delta_absolute, delta_percent, delta_hours: see `deltas`.
        formula: name of the calculation of a calculated one.
    """

    __test__ = False
    __tablename__ = "test_parameters"
    __table_args__ = (
        CheckConstraint("kind IN ('numeric', 'coded', 'text', 'calculated')", name="kind"),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals"),
        CheckConstraint("plausible_low < plausible_high", name="plausible"),
        CheckConstraint("reporting_low < reporting_high", name="reporting"),
        CheckConstraint("(formula IS NOT NULL) = (kind = 'calculated')", name="formula"),
        Index(None, "test_type_id", "position", unique=True),
    )

    id: Mapped[UuidKey]
    test_type_id: Mapped[UUID] = mapped_column(ForeignKey("test_types.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    loinc: Mapped[str | None] = mapped_column(index=True)
    name_en: Mapped[str]
    name_vi: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str | None]
    decimals: Mapped[int]
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    plausible_low: Mapped[Decimal | None]
    plausible_high: Mapped[Decimal | None]
    reporting_low: Mapped[Decimal | None]
    reporting_high: Mapped[Decimal | None]
    delta_absolute: Mapped[Decimal | None]
    delta_percent: Mapped[Decimal | None]
    delta_hours: Mapped[int | None]
    formula: Mapped[str | None]


class ReferenceLimit(Base):
    """Limits of a parameter for one sex and one span of ages; spans never overlap.

    Attributes:
        sex: `male` or `female`; what holds for all is stored for both.
        age_days: half-open span of days of life; no upper end for the last one.
        critical_low, critical_high: beyond these somebody must be called.
        source: where the limits come from.
    """

    __tablename__ = "reference_limits"
    __table_args__ = (
        CheckConstraint("sex IN ('male', 'female')", name="sex"),
        CheckConstraint("normal_low < normal_high", name="normal"),
        CheckConstraint("critical_low < critical_high", name="critical"),
        ExcludeConstraint(
            ("parameter_id", "="),
            ("sex", "="),
            ("age_days", "&&"),
            name="ex_reference_limits_age_days",
            using="gist",
        ),
    )

    id: Mapped[UuidKey]
    parameter_id: Mapped[UUID] = mapped_column(ForeignKey("test_parameters.id"))
    sex: Mapped[str]
    age_days: Mapped[Range[int]] = mapped_column(INT4RANGE)
    normal_low: Mapped[Decimal | None]
    normal_high: Mapped[Decimal | None]
    critical_low: Mapped[Decimal | None]
    critical_high: Mapped[Decimal | None]
    source: Mapped[str]


class CatalogueState(Base):
    """One row: the revision rises with every change, the digest tells which files were loaded."""

    __tablename__ = "catalogue_releases"
    __table_args__ = (CheckConstraint("id = 1", name="id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int]
    digest: Mapped[str]


TEST_TYPES: Final = cast("Table", TestType.__table__)
PANEL_MEMBERS: Final = cast("Table", PanelMember.__table__)
PARAMETERS: Final = cast("Table", TestParameter.__table__)
LIMITS: Final = cast("Table", ReferenceLimit.__table__)
CATALOGUE_STATE: Final = cast("Table", CatalogueState.__table__)
