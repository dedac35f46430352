"""Making claims: from issued invoices, of what is planned, and in the place of others."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.adjudicating import ANSWERABLE, ensure_share
from deployments.billing.claim_content import service_day
from deployments.billing.claim_mapping import claim_schema
from deployments.billing.claim_moving import CLAIM, locked
from deployments.billing.claim_schemas import (
    Claim,
    ClaimRequest,
    Correction,
    PreauthorizationRequest,
)
from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.claim_states import REPLACEABLE
from deployments.billing.desk import Desk
from deployments.billing.errors import InvoiceNotFound, NotIssued
from deployments.billing.insurance_errors import (
    ClaimExists,
    ClaimMoveNotAllowed,
    ClaimPaid,
    CoverageNotFound,
)
from deployments.billing.recording import write_audit
from storage.billing import claims, insurance, invoices
from storage.billing.claims import Step
from storage.columns import new_id
from storage.database import ConstraintViolated

NOTHING_YET = dict.fromkeys(("paid", "patient", "written_off", "disputed", "covered_by_others"), 0)


class Making:
    """Makes drafts of claims.

    Args:
        desk: the tools of the replica.
        settings: who we are.
    """

    def __init__(self, desk: Desk, settings: ClaimSettings) -> None:
        self._desk = desk
        self._settings = settings

    async def create(self, principal: Principal, request: ClaimRequest) -> Claim:
        """Makes a draft from an issued invoice.

        Raises:
            InvoiceNotFound: no such invoice.
            NotIssued: it is a draft, or cancelled.
            CoverageNotFound: no such coverage of the patient.
            ClaimExists: there is a claim for both.
        """
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> Claim:
            invoice = invoices.lock(connection, request.invoice_id)
            if invoice is None:
                raise InvoiceNotFound
            if invoice["status"] not in ANSWERABLE:
                raise NotIssued
            coverage = _coverage(connection, request.coverage_id, invoice["patient_id"])
            ensure_share(connection, invoice, coverage)
            lines = [one for one in invoices.lines(connection, invoice["id"]) if one["total"]]
            values = {
                "use": "claim",
                "frequency": "1",
                "invoice_id": invoice["id"],
                "currency": invoice["currency"],
                "diagnoses": request.diagnoses,
                "preauthorization": request.preauthorization,
            }
            return self._add(connection, principal, coverage, values, _billed(lines))

        return await self._adding(work)

    async def ask_first(self, principal: Principal, request: PreauthorizationRequest) -> Claim:
        """Makes a draft of a preauthorization of what is planned.

        Raises:
            CoverageNotFound: no such coverage.
        """
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> Claim:
            coverage = _coverage(connection, request.coverage_id, None)
            values = {
                "use": "preauthorization",
                "frequency": "1",
                "currency": coverage["currency"],
                "diagnoses": request.diagnoses,
            }
            lines = [one.model_dump() for one in request.services]
            return self._add(connection, principal, coverage, values, lines)

        return await self._adding(work)

    async def void(self, principal: Principal, claim_id: UUID) -> Claim:
        """Asks the payer to forget a claim that it has not paid; the answer is the voiding claim.

        Raises:
            ClaimNotFound: no such claim.
            ClaimMoveNotAllowed: the payer does not have it, or has closed it.
            ClaimPaid: it is paid.
            ClaimExists: it is being voided or replaced already.
        """
        return await self._again(principal, claim_id, "8", None)

    async def replace(self, principal: Principal, claim_id: UUID, change: Correction) -> Claim:
        """Makes a draft that takes the place of a claim at the payer.

        Raises:
            ClaimNotFound: no such claim.
            ClaimMoveNotAllowed: the payer does not have it, or has closed it.
            ClaimPaid: it is paid.
            ClaimExists: it is being voided or replaced already.
        """
        return await self._again(principal, claim_id, "7", change)

    async def _again(
        self, principal: Principal, claim_id: UUID, frequency: str, change: Correction | None
    ) -> Claim:
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> Claim:
            row = locked(connection, claim_id)
            if row["status"] not in REPLACEABLE or row["use"] != "claim":
                raise ClaimMoveNotAllowed(f"not possible while the claim is {row['status']}")
            if row["paid"]:
                raise ClaimPaid
            coverage = _coverage(connection, row["coverage_id"], None)
            values = {
                name: row[name]
                for name in ("use", "invoice_id", "currency", "diagnoses", "preauthorization")
            }
            values |= {"frequency": frequency, "replaces_id": row["id"]}
            values |= change.model_dump() if change else {}
            copied = [_copied(line) for line in claims.lines(connection, row["id"])]
            return self._add(connection, principal, coverage, values, copied)

        return await self._adding(work)

    def _add(
        self,
        connection: Connection,
        principal: Principal,
        coverage: RowMapping,
        values: dict[str, Any],
        lines: Sequence[dict[str, Any]],
    ) -> Claim:
        at, claim_id = self._desk.clock(), new_id()
        number = f"{self._settings.sender[:8]}{claims.next_number(connection):010d}"
        row = claims.add(
            connection,
            {
                **NOTHING_YET,
                **values,
                "id": claim_id,
                "number": number,
                "status": "draft",
                "patient_id": coverage["patient_id"],
                "coverage_id": coverage["id"],
                "payer_id": coverage["payer_id"],
                "reasons": [],
                "charge": sum(line["charge"] for line in lines),
                "created_by": principal.user_id,
                "created_at": at,
                "updated_at": at,
            },
            [
                {**line, "claim_id": claim_id, "position": position}
                for position, line in enumerate(lines, 1)
            ],
            Step("create", principal.user_id, at),
        )
        self._audit(connection, principal, "claim.create", row)
        return claim_schema(connection, row)

    async def _adding(self, work: Any) -> Claim:
        try:
            made: Claim = await self._desk.database.transact(work)
        except ConstraintViolated as error:
            if error.constraint.startswith("uq_insurance_claims"):
                raise ClaimExists from None
            raise
        return made

    def _audit(
        self, connection: Connection, principal: Principal, action: str, row: RowMapping
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=CLAIM,
            object_id=row["id"],
            at=self._desk.clock(),
            patient_id=row["patient_id"],
        )


def _coverage(connection: Connection, coverage_id: UUID, patient_id: UUID | None) -> RowMapping:
    row = insurance.find_coverage(connection, coverage_id)
    if row is None or patient_id not in {None, row["patient_id"]}:
        raise CoverageNotFound
    return row


def _billed(lines: Sequence[RowMapping]) -> list[dict[str, Any]]:
    same = ("area", "code", "name_en", "name_vi", "quantity")
    return [
        {name: line[name] for name in same}
        | {
            "invoice_line_id": line["id"],
            "charge": line["total"],
            "service_day": service_day(line),
        }
        for line in lines
    ]


def _copied(line: RowMapping) -> dict[str, Any]:
    left = {"claim_id", "position", "paid", "adjustments"}
    return {name: value for name, value in line.items() if name not in left}
