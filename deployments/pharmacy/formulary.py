"""The formulary: everybody reads it, pharmacists write it."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy import mapping, rules
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import CodeInUse, MedicationNotFound
from deployments.pharmacy.formulary_schemas import (
    ImportReceipt,
    Medication,
    MedicationDetails,
    MedicationQuery,
    MedicationRequest,
)
from deployments.pharmacy.recording import write_audit
from deployments.pharmacy.safety.ingredients import fold
from storage.columns import new_id
from storage.database import ConstraintViolated
from storage.pharmacy import formulary

OBJECT: Final = "Medication"


class Formulary:
    """Operations on medications. They are never deleted: prescriptions and stock have them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_page(self, principal: Principal, query: MedicationQuery) -> Page[Medication]:
        """Medications by English name; with `q` those that have each of its words.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_READ_FORMULARY)
        after = decode_cursor(query.cursor, str, UUID) if query.cursor else None
        read = partial(
            formulary.list_page,
            words=fold(query.q).split(),
            after=after,
            limit=query.limit + 1,
            include_retired=query.include_retired,
        )
        rows = await self._desk.database.read(read)
        found = [mapping.medication(row) for row in rows]
        return page_of(found, query.limit, lambda one: (one.name_en, one.id))

    async def get(self, principal: Principal, medication_id: UUID) -> Medication:
        """One medication, prescribed or retired.

        Raises:
            MedicationNotFound: no such medication.
        """
        principal.require(Permission.PHARMACY_READ_FORMULARY)
        row = await self._desk.database.read(lambda c: formulary.find(c, medication_id))
        if row is None:
            raise MedicationNotFound
        return mapping.medication(row)

    async def add(self, principal: Principal, request: MedicationRequest) -> Medication:
        """Adds a medication.

        Raises:
            CodeInUse: another one has the code.
        """
        principal.require(Permission.PHARMACY_MANAGE_FORMULARY)

        def work(connection: Connection) -> Medication:
            row = formulary.add(connection, self._new(request))
            return self._written(connection, principal, "add_medication", row)

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated:
            raise CodeInUse from None

    async def change(
        self,
        principal: Principal,
        medication_id: UUID,
        request: MedicationDetails,
        expected: int | None = None,
    ) -> Medication:
        """Corrects names, brands, schedule or pack size; what it consists of stays.

        Raises:
            MedicationNotFound: no such medication.
            ChangedMeanwhile: it is not in the expected version.
        """
        details = _columns(request)
        return await self._changed(principal, "change", medication_id, details, expected)

    async def retire(
        self, principal: Principal, medication_id: UUID, expected: int | None = None
    ) -> Medication:
        """Takes a medication off the formulary: it is not prescribed any more.

        Raises:
            DomainError: as `change`.
        """
        return await self._changed(principal, "retire", medication_id, {"active": False}, expected)

    async def reinstate(
        self, principal: Principal, medication_id: UUID, expected: int | None = None
    ) -> Medication:
        """Puts a retired medication back.

        Raises:
            DomainError: as `change`.
        """
        return await self._changed(
            principal, "reinstate", medication_id, {"active": True}, expected
        )

    async def import_medications(
        self, principal: Principal, requests: Iterable[MedicationRequest]
    ) -> ImportReceipt:
        """Brings the formulary up to date by code; what it has beyond stays. Idempotent.

        Of a known medication only what may be corrected is taken over.
        """
        principal.require(Permission.PHARMACY_MANAGE_FORMULARY)

        def work(connection: Connection) -> ImportReceipt:
            known = {row["code"]: row for row in formulary.list_all_locked(connection)}
            counts = {"added": 0, "changed": 0, "unchanged": 0}
            for request in requests:
                counts[self._imported(connection, request, known.get(request.code))] += 1
            receipt = ImportReceipt(**counts)
            if receipt.added or receipt.changed:
                self._audit(connection, principal, "import_formulary", None)
            return receipt

        return await self._desk.database.transact(work)

    def _imported(
        self, connection: Connection, request: MedicationRequest, known: mapping.Row | None
    ) -> str:
        if known is None:
            formulary.add(connection, self._new(request))
            return "added"
        details = {name: getattr(request, name) for name in MedicationDetails.model_fields}
        if all(known[name] == value for name, value in details.items()):
            return "unchanged"
        text = _search_text(request, known["ingredients"])
        changes = {**details, "search_text": text, "updated_at": self._desk.clock()}
        formulary.change(connection, known["id"], changes)
        return "changed"

    async def _changed(
        self,
        principal: Principal,
        action: str,
        medication_id: UUID,
        changes: dict[str, Any],
        expected: int | None,
    ) -> Medication:
        principal.require(Permission.PHARMACY_MANAGE_FORMULARY)

        def work(connection: Connection) -> Medication:
            row = formulary.find(connection, medication_id, lock=True)
            if row is None:
                raise MedicationNotFound
            rules.check_version(row["version"], expected)
            details = {
                name: changes.get(name, row[name]) for name in MedicationDetails.model_fields
            }
            text = _search_text(MedicationDetails(**details), row["ingredients"])
            values = {**changes, "search_text": text, "updated_at": self._desk.clock()}
            changed = formulary.change(connection, medication_id, values)
            return self._written(connection, principal, f"{action}_medication", changed)

        return await self._desk.database.transact(work)

    def _new(self, request: MedicationRequest) -> dict[str, Any]:
        ingredients = [one.model_dump(mode="json") for one in request.ingredients]
        return {
            "id": new_id(),
            **_columns(request),
            "ingredients": ingredients,
            "active": True,
            "search_text": _search_text(request, ingredients),
            "updated_at": self._desk.clock(),
        }

    def _written(
        self, connection: Connection, principal: Principal, action: str, row: mapping.Row
    ) -> Medication:
        self._audit(connection, principal, action, row["id"])
        return mapping.medication(row)

    def _audit(
        self, connection: Connection, principal: Principal, action: str, medication_id: UUID | None
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=OBJECT,
            object_id=medication_id,
            at=self._desk.clock(),
        )


def _columns(request: MedicationDetails) -> dict[str, Any]:
    return request.model_dump(exclude={"ingredients"})


def _search_text(details: MedicationDetails, ingredients: Iterable[Mapping[str, Any]]) -> str:
    """Everything that the medication is found by."""
    names = [details.name_en, details.name_vi, *details.brand_names]
    return fold(" ".join([*names, *(one["name"] for one in ingredients)]))
