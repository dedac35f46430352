"""Codes of entries: checked against the terminologies, with their words filled in."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection

from deployments.errors import FieldError
from deployments.medical_records import terminology
from deployments.medical_records.entry_schemas import Code, CodeRequest, Coding
from deployments.medical_records.errors import UnknownCode
from deployments.medical_records.terminology_schemas import SYSTEM_OF, CodeSystem

ICD_10_CM: Final = CodeSystem.ICD_10_CM.uri
RXNORM: Final = CodeSystem.RXNORM.uri
LOINC: Final = CodeSystem.LOINC.uri


def check_code(
    connection: Connection, request: CodeRequest, systems: Collection[str], pointer: str = "/code"
) -> dict[str, Any]:
    """The columns of a code that a request names.

    Args:
        connection: for looking it up.
        request: what something is.
        systems: code systems that are allowed; those that are no terminology of ours are the
            hospital's own and take any code.
        pointer: where in the request it stands.

    Raises:
        UnknownCode: of a system that is not allowed, or not in its terminology.
    """
    coding = request.coding
    if coding is None:
        return code_columns(None, request.text or "")
    if coding.system not in systems:
        place = f"{pointer}/coding/system"
        allowed = f"one of {', '.join(sorted(systems))}"
        raise UnknownCode("see errors", [FieldError(place, "unknown_system", allowed)])
    display = coding.display
    if coding.system in SYSTEM_OF:
        place = f"{pointer}/coding/code"
        found = terminology.check(connection, SYSTEM_OF[coding.system], coding.code, pointer=place)
        display = found.display
    named = Coding(system=coding.system, code=coding.code, display=display)
    return code_columns(named, request.text or display or coding.code)


def code_columns(coding: Coding | None, text: str) -> dict[str, Any]:
    """The columns of a code that needs no check."""
    return {
        "code_system": coding.system if coding else None,
        "code": coding.code if coding else None,
        "code_display": coding.display if coding else None,
        "code_text": text,
    }


def take_code(values: dict[str, Any]) -> Code:
    """The code of an entry, taken out of its columns."""
    system, code = values.pop("code_system"), values.pop("code")
    display, text = values.pop("code_display"), values.pop("code_text")
    coding = Coding.model_construct(system=system, code=code, display=display) if code else None
    return Code.model_construct(text=text, coding=coding)
