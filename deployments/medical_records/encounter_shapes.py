"""Encounters between table and schema."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from deployments.errors import FieldError
from deployments.medical_records.encounter_rules import EncounterStatus
from deployments.medical_records.encounter_schemas import Encounter, Participant
from deployments.medical_records.entries import Kind, entry_values
from deployments.medical_records.entry_schemas import Code, CodeRequest, Coding
from deployments.medical_records.errors import UnknownCode
from deployments.medical_records.terminology import Coded, check_all
from deployments.medical_records.terminology_schemas import SYSTEM_OF
from storage.medical_records.encounter_tables import Encounter as EncounterTable


def shape(row: Mapping[Any, Any]) -> Encounter:
    """The encounter of a row."""
    values = entry_values(row)
    values["encounter_class"] = values.pop("class_code")
    return Encounter.model_validate(values)


ENCOUNTER: Final = Kind(
    resource="Encounter",
    model=EncounterTable,
    shape=shape,
    voided={"status": EncounterStatus.ENTERED_IN_ERROR.value},
    order="start",
)


def dumped(items: Iterable[Participant | Code]) -> list[dict[str, Any]]:
    """Participants or reasons as the column keeps them."""
    return [one.model_dump(mode="json") for one in items]


def reasons(connection: Connection, asked: Sequence[CodeRequest]) -> list[Code]:
    """Reasons with the words of their codes.

    Raises:
        UnknownCode: a terminology does not have a code, or we do not have the terminology.
    """
    coded = [(index, one.coding) for index, one in enumerate(asked) if one.coding is not None]
    strange = [index for index, coding in coded if coding.system not in SYSTEM_OF]
    if strange:
        raise UnknownCode("see errors", [_no_system(index) for index in strange])
    named = [
        Coded(SYSTEM_OF[coding.system], coding.code, f"/reasons/{index}/coding/code")
        for index, coding in coded
    ]
    known = iter(check_all(connection, named))
    return [_reason(one, next(known).display_en if one.coding else None) for one in asked]


def _reason(asked: CodeRequest, display: str | None) -> Code:
    if asked.coding is None:
        return Code(text=asked.text or "", coding=None)
    coding = Coding(system=asked.coding.system, code=asked.coding.code, display=display)
    return Code(text=asked.text or display or "", coding=coding)


def _no_system(index: int) -> FieldError:
    pointer = f"/reasons/{index}/coding/system"
    return FieldError(pointer, "unknown_system", f"one of {', '.join(SYSTEM_OF)}")
