"""The safety check: facts are gathered before a transaction, decisions made inside it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.medical_records.schemas import SafetyFacts
from deployments.pharmacy import dosage_text, judging, mapping, rules
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import PrescriptionNotFound
from deployments.pharmacy.judging import NEEDS_REASON
from deployments.pharmacy.prescription_schemas import (
    CheckRequest,
    CheckResult,
    ItemRequest,
    Translated,
)
from deployments.pharmacy.rules import Planned
from deployments.pharmacy.safety.findings import Finding, Severity
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.rules import assess
from deployments.pharmacy.safety.subjects import Drug
from storage.pharmacy import formulary, prescriptions


@dataclass(frozen=True)
class Examined:
    """What a safety check saw and said.

    Attributes:
        planned: the items with what the server computes.
        own: what this pharmacy knows the patient takes.
        names: of every drug in the check, by key.
    """

    planned: list[Planned]
    own: list[Drug]
    findings: list[Finding]
    names: dict[str, str]


@dataclass(frozen=True)
class Recheck:
    """What a check before handing out says.

    Attributes:
        findings: everything.
        open: what nobody answered for at signing: contraindicated, serious or not checked.
        names: of every drug in the check, by key.
    """

    findings: list[Finding]
    open: list[Finding]
    names: dict[str, str]


class Checking:
    """Checks that write nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def check(self, principal: Principal, request: CheckRequest) -> CheckResult:
        """What would be said to these items.

        Raises:
            PatientNotFound: none that the caller treats.
            CannotCheck: medical records does not answer.
            MedicationNotFound: no such medication.
            MedicationRetired: it is no longer prescribed.
            NotPrescribable: a rule speaks against an item.
        """
        principal.require(Permission.PHARMACY_PRESCRIBE)
        facts = await self._desk.patients.get_facts(principal, request.patient_id)
        seen = await self._desk.database.read(
            lambda connection: examine(connection, self._desk, facts, request.items)
        )
        return CheckResult(
            patient_id=request.patient_id,
            findings=[judging.view(one, seen.names) for one in seen.findings],
            quantities=[item.quantity for item in seen.planned],
            dosages=[_worded(item) for item in seen.planned],
        )

    async def check_again(self, principal: Principal, prescription_id: UUID) -> Recheck:
        """The check before handing out, against what is known now.

        Raises:
            PrescriptionNotFound: no such prescription.
            PatientNotFound: medical records knows no such patient.
            CannotCheck: medical records does not answer.
        """
        database = self._desk.database
        row = await database.read(lambda c: prescriptions.find(c, prescription_id))
        if row is None or row["signed_at"] is None:
            raise PrescriptionNotFound
        facts = await self._desk.patients.get_facts(
            principal, row["patient_id"], order_id=prescription_id
        )
        return await database.read(
            lambda connection: examine_again(connection, self._desk, facts, prescription_id)
        )


def examine(
    connection: Connection,
    desk: Desk,
    facts: SafetyFacts,
    items: Sequence[ItemRequest],
    without: Collection[UUID] = (),
) -> Examined:
    """Plans the items and checks them against everything that the patient takes.

    Args:
        connection: in the transaction that writes, after the patient's lock.
        desk: clock and settings.
        facts: of the chart.
        items: what is to be ordered.
        without: prescriptions that end in the same transaction.

    Raises:
        DomainError: as `rules.plan`.
    """
    now = desk.clock()
    wanted = list({item.medication_id for item in items})
    products = {row["id"]: mapping.product(row) for row in formulary.list_by_id(connection, wanted)}
    planned = rules.plan(items, products, desk.settings)
    taken = prescriptions.list_taken(connection, facts.patient_id, now)
    own = [mapping.taken_drug(row) for row in taken if row["prescription_id"] not in without]
    new = [mapping.planned_drug(item) for item in planned]
    current = [*own, *_stated(facts)]
    found = assess(new, current, mapping.patient(facts, now), Knowledge.load())
    return Examined(planned, own, list(found), {drug.key: drug.name for drug in [*new, *current]})


def examine_again(
    connection: Connection, desk: Desk, facts: SafetyFacts, prescription_id: UUID
) -> Recheck:
    """Checks a signed prescription against what is known now."""
    now = desk.clock()
    taken = prescriptions.list_taken(connection, facts.patient_id, now)
    ordered = prescriptions.list_items(connection, prescription_id)
    new = [mapping.taken_drug(row) for row in ordered]
    others = [row for row in taken if row["prescription_id"] != prescription_id]
    current = [*(mapping.taken_drug(row) for row in others), *_stated(facts)]
    found = list(assess(new, current, mapping.patient(facts, now), Knowledge.load()))
    kept = prescriptions.list_findings(connection, prescription_id)
    answered = {(row["code"], tuple(row["substances"])) for row in kept if row["override_reason"]}
    unanswered = [
        one
        for one in found
        if one.severity is Severity.CONTRAINDICATED
        or (one.severity in NEEDS_REASON and (one.code, one.substances) not in answered)
    ]
    return Recheck(found, unanswered, {drug.key: drug.name for drug in [*new, *current]})


def _stated(facts: SafetyFacts) -> list[Drug]:
    """What the chart has beside this pharmacy's own items, which are read here."""
    knowledge = Knowledge.load()
    return [
        mapping.stated_drug(fact, knowledge)
        for fact in facts.medications
        if fact.prescription_item_id is None
    ]


def _worded(item: Planned) -> Translated:
    dosage = item.request.dosage
    return Translated(
        en=dosage_text.in_english(dosage, item.route),
        vi=dosage_text.in_vietnamese(dosage, item.route),
    )
