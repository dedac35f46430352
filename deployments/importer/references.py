"""Finds what a FHIR Reference points at among the resources read so far."""

from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar

from deployments.importer.reading import Entry, Json

T = TypeVar("T")
_AMBIGUOUS: Final = object()


def business_identifiers(resource: Json) -> list[tuple[str, str]]:
    """System and value of each identifier that has both."""
    listed = resource.get("identifier")
    listed = listed if isinstance(listed, list) else []
    pairs = [(one.get("system"), one.get("value")) for one in listed if isinstance(one, dict)]
    return [(str(system), str(value)) for system, value in pairs if system and value]


def named_identifier(reference: Json) -> tuple[str, str] | None:
    """System and value that a logical or conditional reference names, if it is one."""
    identifier = reference.get("identifier")
    if isinstance(identifier, dict) and identifier.get("system") and identifier.get("value"):
        return str(identifier["system"]), str(identifier["value"])
    _, found, query = str(reference.get("reference", "")).partition("?identifier=")
    system, piped, value = query.partition("|")
    return (system, value) if found and piped else None


def keys_named(reference: Any, kind: str) -> Iterator[str]:
    """Keys under which the reference's target may be known; `kind` is the type it should have."""
    if isinstance(reference, dict):
        if isinstance(reference.get("reference"), str):
            yield reference["reference"]
        if named := named_identifier(reference):
            yield _identifier_key(kind, *named)


class References(Generic[T]):
    """What was read, by every way in which a reference can name it.

    A relative `Type/id` that two different resources have is nobody's: two systems may both count
    their patients from 1.
    """

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def learn(self, entry: Entry, meant: T) -> None:
        """From now on this is what references to the entry's resource mean."""
        for key in keys_of(entry):
            self._known[key] = meant if self._known.get(key, meant) == meant else _AMBIGUOUS

    def find(self, reference: Any, kind: str) -> T | None:
        """What the reference means; None when it is unknown or unclear."""
        keys = keys_named(reference, kind)
        found = next((self._known[key] for key in keys if key in self._known), None)
        return None if found is _AMBIGUOUS else found


def keys_of(entry: Entry) -> Iterator[str]:
    """Every way in which a reference can name the entry's resource."""
    if entry.full_url:
        yield entry.full_url
    if "id" in entry.resource:
        yield entry.name
    for system, value in business_identifiers(entry.resource):
        yield _identifier_key(entry.kind, system, value)


def _identifier_key(kind: str, system: str, value: str) -> str:
    return f"{kind}?{system}|{value}"
