"""Codes of the terminologies that the chart is written in, and which release is loaded."""

from typing import Any, Final, cast

from sqlalchemy import Index, String, Table
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant
from storage.medical_records.base import Base


class Concept(Base):
    """One code of one terminology.

    Attributes:
        system: short name: icd-10-cm, loinc, cvx, rxnorm, ucum.
        leaf: nothing is finer; of ICD-10-CM only leaves are billable.
        parent: the code above in the same terminology.
        code_key: the code as it is typed: lower case, letters and digits only.
        words: display in both languages and inclusion terms, without accents.
        weight: where it stands among equal matches; small comes first.
    """

    __tablename__ = "concepts"
    __table_args__ = (
        Index("ix_concepts_words", "words", postgresql_using="gin"),
        Index("ix_concepts_code_key", "system", "code_key"),
        Index("ix_concepts_weight", "system", "weight", "code"),
    )

    system: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    display_en: Mapped[str]
    display_vi: Mapped[str | None]
    leaf: Mapped[bool]
    parent: Mapped[str | None]
    code_key: Mapped[str] = mapped_column(String(collation="C"))  # its index serves LIKE 'x%'
    words: Mapped[Any] = mapped_column(TSVECTOR, nullable=False)
    weight: Mapped[int]


class TerminologyRelease(Base):
    """The release of our terminology files that `concepts` holds; one row."""

    __tablename__ = "terminology_releases"

    release: Mapped[str] = mapped_column(primary_key=True)
    loaded_at: Mapped[Instant]


CONCEPTS: Final = cast("Table", Concept.__table__)
RELEASES: Final = cast("Table", TerminologyRelease.__table__)
