"""Allergies: record, revise, confirm, refute, resolve; and that none is known.

"No known allergies" is a fact of its own: somebody asked. It cannot stand beside an active
allergy, and ends when one is recorded; an empty list says only that nobody wrote anything.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import Connection

from deployments.access import Principal
from deployments.errors import FieldError
from deployments.medical_records import entry_rules
from deployments.medical_records.allergy_schemas import (
    Allergy,
    AllergyContent,
    AllergyQuery,
    AllergyRequest,
    ImportedAllergy,
    NoKnownAllergies,
)
from deployments.medical_records.codes import RXNORM, check_code, code_columns, take_code
from deployments.medical_records.desk import Desk
from deployments.medical_records.entries import Chart, Kind, Row, Values, entry_values, line
from deployments.medical_records.entry_imports import content_of, import_many
from deployments.medical_records.entry_schemas import Coding, ImportReceipts
from deployments.medical_records.errors import AllergiesKnown, MoveNotAllowed
from deployments.pagination import Page
from storage.database import ConstraintViolated
from storage.medical_records import allergies, chart_tables, entries, entry_imports
from storage.medical_records.chart_tables import NO_KNOWN_OR_SOME, ONE_NO_KNOWN

OWN_SYSTEM: Final = "https://medray.example/fhir/CodeSystem/allergy"
NO_KNOWN: Final = "no-known-allergies"
NO_KNOWN_CODE: Final = Coding(system=OWN_SYSTEM, code=NO_KNOWN, display="No known allergies")
ENDED: Final = {"clinical_status": "resolved"}


def allergy(row: Row) -> Allergy:
    """An allergy as callers see it."""
    values = entry_values(row)
    return Allergy(code=take_code(values), **values)


ALLERGIES: Final = Kind(
    resource="AllergyIntolerance",
    model=chart_tables.Allergy,
    shape=allergy,
    voided={"verification_status": "entered-in-error", "clinical_status": None},
)


class Allergies:
    """Operations on allergies; reading, history and voiding are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self.chart = Chart(desk.gate, ALLERGIES)
        self._gate = desk.gate

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: AllergyQuery
    ) -> Page[Allergy]:
        """A page of a patient's entries, newest first.

        Raises:
            DomainError: as `Chart.list_page`.
        """
        matching = {"clinical_status": list(query.clinical_status)}
        return await self.chart.list_page(principal, patient_id, query, matching)

    async def record(
        self, principal: Principal, patient_id: UUID, request: AllergyRequest
    ) -> Allergy:
        """Writes down an allergy; that none is known ends with it.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EntryInconsistent: it contradicts itself.
            UnknownCode: not a code of RxNorm.
        """

        def prepare(connection: Connection, now: datetime) -> Values:
            columns = _columns(connection, request, now)
            if request.clinical_status == "active":
                _end_no_known(connection, principal, patient_id, now)
            return columns

        return await _winning(lambda: self.chart.add(principal, patient_id, prepare))

    async def record_no_known(
        self, principal: Principal, patient_id: UUID, request: NoKnownAllergies
    ) -> Allergy:
        """Writes down that the patient was asked and none is known, or that it still is so.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            AllergiesKnown: the patient has an active allergy.
        """

        def work(connection: Connection, now: datetime) -> Allergy:
            active = allergies.list_active(connection, [patient_id], lock=True)
            if any(not row["no_known"] for row in active):
                raise AllergiesKnown
            by = line(principal, "record", now)
            said = request.model_dump()
            if active:
                known = active[0]["id"]
                return allergy(entries.change(connection, ALLERGIES.model, known, said, by))
            values = {"patient_id": patient_id, **_no_known_columns(), **said}
            return allergy(entries.add(connection, ALLERGIES.model, values, by))

        try:
            return await self._gate.write(
                principal, patient_id, ALLERGIES.resource, "record", work, *ALLERGIES.writers
            )
        except ConstraintViolated as violated:
            raise _contradiction(violated) from None

    async def revise(
        self,
        principal: Principal,
        patient_id: UUID,
        allergy_id: UUID,
        request: AllergyRequest,
        expected: int | None = None,
    ) -> Allergy:
        """Replaces what is said of an allergy.

        Raises:
            MoveNotAllowed: it says that none is known.
            DomainError: as `record` and `Chart.change`.
        """

        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            _check_some(row)
            columns = _columns(connection, request, now)
            if request.clinical_status == "active":
                _end_no_known(connection, principal, patient_id, now)
            return columns

        return await _winning(
            lambda: self.chart.change(principal, patient_id, allergy_id, "revise", decide, expected)
        )

    async def confirm(
        self, principal: Principal, patient_id: UUID, allergy_id: UUID, expected: int | None = None
    ) -> Allergy:
        """What was suspected is certain.

        Raises:
            MoveNotAllowed: it is not unconfirmed.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            unconfirmed = frozenset({"unconfirmed"})
            entry_rules.check_from("confirm", row["verification_status"], unconfirmed)
            return {"verification_status": "confirmed"}

        return await self.chart.change(
            principal, patient_id, allergy_id, "confirm", decide, expected
        )

    async def refute(
        self, principal: Principal, patient_id: UUID, allergy_id: UUID, expected: int | None = None
    ) -> Allergy:
        """The patient is not allergic to it; it stays in the chart, inactive.

        Raises:
            MoveNotAllowed: it is refuted already, or says that none is known.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            _check_some(row)
            held = frozenset({"unconfirmed", "confirmed"})
            entry_rules.check_from("refute", row["verification_status"], held)
            return {"verification_status": "refuted", "clinical_status": "inactive"}

        return await self.chart.change(
            principal, patient_id, allergy_id, "refute", decide, expected
        )

    async def resolve(
        self, principal: Principal, patient_id: UUID, allergy_id: UUID, expected: int | None = None
    ) -> Allergy:
        """The patient reacts no more, or what nobody knew of is not known to be so any more.

        Raises:
            MoveNotAllowed: it is refuted, or has ended already.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            unresolved = frozenset({"active", "inactive"})
            entry_rules.check_from("resolve", row["clinical_status"], unresolved)
            return {"clinical_status": "resolved"}

        return await self.chart.change(
            principal, patient_id, allergy_id, "resolve", decide, expected
        )


def take_imported(
    connection: Connection,
    principal: Principal,
    imported: Sequence[ImportedAllergy],
    now: datetime,
) -> ImportReceipts:
    """Takes in what another system knows of allergies.

    That none is known counts as resolved beside an active allergy, theirs or ours; not beside
    one that they repeat and that was refuted, resolved or voided here.
    """
    by = line(principal, "resolve", now)
    active = allergies.list_active(connection, {one.patient_id for one in imported}, lock=True)
    allergic = {row["patient_id"] for row in active if not row["no_known"]}
    said = {_key(one): one for one in imported if _is_active(one) and not _no_known(one)}
    settled = entry_imports.find_settled(connection, ALLERGIES.model, said, by)
    allergic |= {one.patient_id for key, one in said.items() if key not in settled}
    for row in active:
        if row["no_known"] and row["patient_id"] in allergic:
            entries.change(connection, ALLERGIES.model, row["id"], ENDED, by)

    def columns_of(one: ImportedAllergy) -> dict[str, Any]:
        no_known = _no_known(one)
        columns = _content(content_of(one), no_known=no_known)
        ends = no_known and _is_active(one) and one.patient_id in allergic
        coded = code_columns(one.code.coding, one.code.text)
        return columns | coded | (ENDED if ends else {})

    return import_many(connection, principal, ALLERGIES, imported, columns_of, now)


def _key(imported: ImportedAllergy) -> tuple[str, str]:
    return imported.identifier.system, imported.identifier.value


def _is_active(imported: ImportedAllergy) -> bool:
    return imported.clinical_status == "active"


def _no_known(said: ImportedAllergy | AllergyRequest) -> bool:
    coding = said.code.coding
    return coding is not None and (coding.system, coding.code) == (OWN_SYSTEM, NO_KNOWN)


def _columns(connection: Connection, request: AllergyRequest, now: datetime) -> Values:
    found = entry_rules.day_errors(now, onset_on=request.onset_on)
    if request.verification_status == "refuted" and request.clinical_status == "active":
        found.append(FieldError("/clinical_status", "refuted", "what is refuted is not active"))
    if _no_known(request):
        found.append(FieldError("/code", "no_known", "use the path for no known allergies"))
    entry_rules.refuse(found)
    coded = check_code(connection, request.code, {RXNORM, OWN_SYSTEM})
    return _content(request.model_dump(exclude={"code"})) | coded


def _content(said: dict[str, Any], *, no_known: bool = False) -> dict[str, Any]:
    """Columns of an allergy; reactions as the JSON that they are kept as."""
    return said | {"no_known": no_known, "reactions": to_jsonable_python(said["reactions"])}


def _no_known_columns() -> dict[str, Any]:
    content = AllergyContent().model_dump()
    return _content(content, no_known=True) | code_columns(NO_KNOWN_CODE, "No known allergies")


def _end_no_known(
    connection: Connection, principal: Principal, patient_id: UUID, now: datetime
) -> None:
    for row in allergies.list_active(connection, [patient_id], lock=True):
        if row["no_known"]:
            by = line(principal, "resolve", now)
            entries.change(connection, ALLERGIES.model, row["id"], ENDED, by)


def _check_some(row: Row) -> None:
    if row["no_known"]:
        raise MoveNotAllowed("that none is known can be resolved or voided only")


async def _winning(write: Callable[[], Awaitable[Allergy]]) -> Allergy:
    """Writes an allergy; when somebody says at the same moment that none is known, it wins."""
    try:
        return await write()
    except ConstraintViolated as violated:
        if violated.constraint != NO_KNOWN_OR_SOME:
            raise
    return await write()


def _contradiction(violated: ConstraintViolated) -> Exception:
    """What a race looks like to the one who said that none is known."""
    known = violated.constraint in {NO_KNOWN_OR_SOME, ONE_NO_KNOWN}
    return AllergiesKnown("somebody wrote the opposite at the same moment") if known else violated
