"""What the safety check answers."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What must happen with a finding.

    Attributes:
        CONTRAINDICATED: the order is refused.
        SERIOUS: the order needs a coded reason to override.
        MINOR: the prescriber is told.
        NOT_CHECKED: the knowledge base cannot say; never to be read as "harmless".
    """

    CONTRAINDICATED = "contraindicated"
    SERIOUS = "serious"
    NOT_CHECKED = "not-checked"
    MINOR = "minor"


class FindingKind(StrEnum):
    """Which check spoke."""

    INTERACTION = "interaction"
    ALLERGY = "allergy"
    DUPLICATE = "duplicate"
    DOSE = "dose"
    PREGNANCY = "pregnancy"
    RENAL = "renal"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in the languages that the source has."""

    en: str
    vi: str | None = None
    fr: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the prescriber must know.

    Attributes:
        items: keys of the drugs concerned, as the caller named them; sorted.
        substances: RxNorm ingredient codes concerned (or the words of an allergy); sorted.
        code: stable id of the rule or pair, for override statistics.
        mechanism: what happens and why.
        advice: what to do.
        source: who says so.
        data_version: edition of the knowledge base.
    """

    kind: FindingKind
    severity: Severity
    items: tuple[str, ...]
    substances: tuple[str, ...]
    code: str
    mechanism: Text
    advice: Text
    source: str
    data_version: str
