"""What tells one kind of entry from another, and what all have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from deployments.access import Permission
from deployments.medical_records.entry_schemas import Entry, Identifier, Voided
from storage.medical_records.base import Base

E = TypeVar("E", bound=Entry)
Row = Mapping[Any, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind(Generic[E]):
    """One kind of entry.

    Attributes:
        resource: its FHIR resource type.
        model: its table.
        shape: makes the schema from a row; `entry_values` helps.
        voided: columns to set when it turns out to be an error: its status.
        writers: permissions, one of which is needed to write it.
        order: the column by which it is listed, newest first; never null.
        moment: makes a value of that column from its text in a cursor.
    """

    resource: str
    model: type[Base]
    shape: Callable[[Row], E]
    voided: Values
    writers: tuple[Permission, ...] = (Permission.RECORDS_WRITE,)
    order: str = "recorded_at"
    moment: Callable[[str], Any] = datetime.fromisoformat


def entry_values(row: Row) -> dict[str, Any]:
    """The columns of a row, as schemas that extend `Entry` take them."""
    values = dict(row)
    del values["source_digest"]
    at, by = values.pop("voided_at"), values.pop("voided_by")
    reason = values.pop("void_reason")
    values["voided"] = Voided(at=at, by=by, reason=reason) if at is not None else None
    system, value = values.pop("identifier_system"), values.pop("identifier_value")
    values["identifier"] = Identifier(system=system, value=value) if value is not None else None
    return values
