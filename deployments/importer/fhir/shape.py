"""Reads parts of JSON that may have any shape, and refuses with a reason instead of failing."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from pydantic import ValidationError

from deployments.importer.reading import Json
from deployments.importer.references import business_identifiers
from deployments.schemas import Schema

S = TypeVar("S", bound=Schema)


class NotTaken(Exception):
    """A resource that is not imported; the text says why and quotes nothing of it."""


def objects(value: Any) -> list[Json]:
    """The objects of a list; nothing when it is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A text with something in it."""
    return value.strip() or None if isinstance(value, str) else None


def texts(value: Any) -> list[str]:
    """The texts of a list."""
    return [found for one in value if (found := text(one))] if isinstance(value, list) else []


def codings(concept: Any) -> Iterator[tuple[str, str]]:
    """System and code of each coding of a CodeableConcept."""
    for coding in objects(concept.get("coding")) if isinstance(concept, dict) else []:
        yield str(coding.get("system", "")), str(coding.get("code", ""))


def code_in(system: str, *concepts: Any) -> str | None:
    """The first code of that system in the CodeableConcepts."""
    every = (coding for concept in concepts for coding in codings(concept))
    return next((code for found, code in every if found == system and code), None)


def extension(resource: Json, url: str, value: str) -> Any:
    """The value of an extension, such as `valueCode`."""
    found = (one.get(value) for one in objects(resource.get("extension")) if one.get("url") == url)
    return next(found, None)


def full_date(value: Any) -> date | None:
    """A date with year, month and day."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def identifiers(resource: Json) -> list[dict[str, str]]:
    """The business identifiers.

    Raises:
        NotTaken: there is none, so that a second import would double the resource.
    """
    found = business_identifiers(resource)
    if not found:
        raise NotTaken("no identifier with system and value: a second import would double it")
    return [{"system": system, "value": value} for system, value in dict.fromkeys(found)]


def built(schema: type[S], values: Mapping[str, Any]) -> S:
    """The schema of those values that are there.

    Raises:
        NotTaken: they break a rule of the schema; the text names fields, not values.
    """
    try:
        return schema.model_validate({k: v for k, v in values.items() if v is not None})
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise NotTaken("; ".join(map(_problem, problems))) from None


def _problem(problem: Any) -> str:
    """Where and which rule; messages of value errors may quote, so they are not given."""
    field = ".".join(str(part) for part in problem["loc"]) or "resource"
    quoting = problem["type"] == "value_error"
    return f"{field}: {'not valid' if quoting else problem['msg']}"
