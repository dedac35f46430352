"""Codes as they cross the border: what a code means, in the caller's language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from deployments.schemas import Locale, Schema


class CodeSystem(StrEnum):
    """A terminology, by its short name in our paths."""

    ICD_10_CM = "icd-10-cm"
    LOINC = "loinc"
    CVX = "cvx"
    RXNORM = "rxnorm"
    UCUM = "ucum"

    @property
    def uri(self) -> str:
        """FHIR R4's name of the terminology."""
        return URIS[self]


URIS: Final[Mapping[CodeSystem, str]] = {
    CodeSystem.ICD_10_CM: "http://hl7.org/fhir/sid/icd-10-cm",
    CodeSystem.LOINC: "http://loinc.org",
    CodeSystem.CVX: "http://hl7.org/fhir/sid/cvx",
    CodeSystem.RXNORM: "http://www.nlm.nih.gov/research/umls/rxnorm",
    CodeSystem.UCUM: "http://unitsofmeasure.org",
}
SYSTEM_OF: Final[Mapping[str, CodeSystem]] = {uri: system for system, uri in URIS.items()}


class Concept(Schema):
    """A code that exists.

    Attributes:
        display: what it means, in the caller's language where we have it, else in English.
        leaf: nothing is finer; of ICD-10-CM only leaves are billable.
        parent: the code above it.
    """

    system: CodeSystem
    uri: str
    code: str
    display: str
    display_en: str
    display_vi: str | None
    leaf: bool
    parent: str | None

    @classmethod
    def of(cls, row: Mapping[Any, Any], locale: Locale = "en") -> "Concept":
        """The concept of a row, with its display in the language."""
        system = CodeSystem(row["system"])
        vietnamese = row["display_vi"] if locale == "vi" else None
        values = {**row, "system": system, "uri": system.uri}
        return cls(**values, display=vietnamese or row["display_en"])


class ConceptMatches(Schema):
    """What a search found, best first."""

    items: list[Concept]
