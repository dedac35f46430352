"""Encounters between table and schema."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from deployments.medical_records.codes import check_code, take_code
from deployments.medical_records.encounter_rules import EncounterStatus
from deployments.medical_records.encounter_schemas import Encounter, Participant
from deployments.medical_records.entries import Kind, entry_values
from deployments.medical_records.entry_schemas import Code, CodeRequest
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
    return [
        take_code(check_code(connection, one, SYSTEM_OF, f"/reasons/{index}"))
        for index, one in enumerate(asked)
    ]
