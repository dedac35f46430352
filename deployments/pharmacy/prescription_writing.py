"""What writing a prescription is made of, whichever operation writes it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.medical_records.schemas import SafetyFacts
from deployments.pharmacy import judging, mapping, rules, signing
from deployments.pharmacy.access import find_known
from deployments.pharmacy.checking import Examined, examine
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import PatientNotFound, PrescriptionNotFound
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.prescription_schemas import (
    ItemRequest,
    Override,
    Prescription,
)
from deployments.pharmacy.recording import attempt, step
from deployments.pharmacy.transitions import (
    Move,
)
from storage.columns import new_id
from storage.pharmacy import prescriptions


class Writing:
    """Operations of prescribers that need the safety check; subclasses have the verbs.

    Facts of the chart are gathered before the transaction. In it the patient's lock is taken
    first, so that of two prescriptions signed at once the second sees the first.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def _attempt(
        self,
        principal: Principal,
        kind: Move,
        work: Callable[[Connection], Prescription],
        facts: SafetyFacts,
        prescription_id: UUID | None = None,
    ) -> Prescription:
        """Does the work in a transaction; nobody prescribes to themselves."""

        def for_another(connection: Connection) -> Prescription:
            rules.check_not_patient(facts.patient_id, principal.user_id)
            return work(connection)

        return await attempt(
            self._desk,
            principal,
            kind.value,
            self._desk.database.transact(for_another),
            object_id=prescription_id,
            patient_id=facts.patient_id,
        )

    async def _facts_of(
        self,
        principal: Principal,
        prescription_id: UUID,
        kind: Move,
        encounter_id: UUID | None = None,
    ) -> tuple[Row, SafetyFacts]:
        principal.require(Permission.PHARMACY_PRESCRIBE)
        row, _ = await find_known(self._desk, principal, prescription_id, kind.value)
        try:
            return row, await self._desk.patients.get_facts(
                principal, row["patient_id"], encounter_id=encounter_id
            )
        except PatientNotFound:
            raise PrescriptionNotFound from None

    def _add(
        self,
        connection: Connection,
        principal: Principal,
        facts: SafetyFacts,
        items: Sequence[ItemRequest],
        values: dict[str, Any],
        overrides: Sequence[Override] | None,
        without: Collection[UUID] = (),
    ) -> Prescription:
        """Adds a prescription under the patient's lock: signed with overrides, else a draft."""
        now = self._desk.clock()
        seen = examine(connection, self._desk, facts, items, without)
        judged = None if overrides is None else signing.judge(seen, overrides)
        kind = Move.DRAFT if judged is None else Move.SIGN
        order_id = new_id()
        columns = items_of(seen, order_id)
        values |= signing.draft(seen) if judged is None else signing.signed(seen, now, self._desk)
        values |= {
            "id": order_id,
            "patient_id": facts.patient_id,
            "practitioner_id": principal.user_id,
        }
        row = prescriptions.add(connection, values, columns, step(principal, kind, now))
        listed = shown(columns, seen)
        if judged is None:
            views = [judging.view(one, seen.names) for one in seen.findings]
        else:
            signing.keep(connection, principal, order_id, judged, seen, now)
            views = signing.told(judged, seen)
        return signing.issue(connection, principal, kind, row, listed, views)


def check_author(principal: Principal, draft: Row) -> None:
    """Passes when the caller wrote the draft.

    Raises:
        PrescriptionNotFound: others know of no draft.
    """
    if draft["practitioner_id"] != principal.user_id:
        raise PrescriptionNotFound


def items_of(seen: Examined, prescription_id: UUID) -> list[dict[str, Any]]:
    """The columns of the items that were examined."""
    return [
        mapping.item_values(item, prescription_id, place) for place, item in enumerate(seen.planned)
    ]


def shown(items: Sequence[Row], seen: Examined) -> list[dict[str, Any]]:
    """The same beside the columns of their medications."""
    return [
        mapping.with_product(columns, item.product)
        for columns, item in zip(items, seen.planned, strict=True)
    ]


def lock(connection: Connection, known: Row, expected: int | None) -> Row:
    """The prescription under the patient's lock, in the version that the caller read."""
    prescriptions.lock_patient(connection, known["patient_id"])
    row = prescriptions.lock(connection, known["id"])
    if row is None:
        raise PrescriptionNotFound
    rules.check_version(row["version"], expected)
    return row
