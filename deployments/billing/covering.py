"""Coverages of patients, what of them is used up, and whether they are in force."""

from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.insurance_errors import (
    CheckNotFound,
    CoverageInvalid,
    CoverageNotFound,
    PlanChanged,
    PlanNotFound,
)
from deployments.billing.insurance_mapping import (
    check_schema,
    coverage_schema,
    year_schema,
)
from deployments.billing.insurance_schemas import (
    CheckRequest,
    Coverage,
    CoverageEnd,
    CoverageRequest,
    Coverages,
    EligibilityCheck,
    PolicyYear,
)
from deployments.billing.insurance_writing import InsuranceWriting
from deployments.billing.plans import SOCIAL_CARD
from deployments.billing.sight import check_sight
from deployments.errors import FieldError
from storage.billing import insurance, policy_years
from storage.billing.jobs import PAYER_WORK
from storage.columns import new_id

T = TypeVar("T")
ORGANIZATION: Final = "Organization"
PLAN: Final = "InsurancePlan"
COVERAGE: Final = "Coverage"
CHECK: Final = "CoverageEligibilityRequest"


class Covering(InsuranceWriting):
    """Operations on coverages."""

    async def add_coverage(self, principal: Principal, request: CoverageRequest) -> Coverage:
        """Writes down a patient's insurance.

        Raises:
            PlanNotFound: no such plan.
            CoverageInvalid: it contradicts itself or its plan.
            CoverageOverlaps: another coverage pays at the position at the time.
        """
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> Coverage:
            plan = insurance.find_plan(connection, request.plan_id)
            if plan is None:
                raise PlanNotFound
            values = request.model_dump() | {"status": "active", "level": _level(request, plan)}
            row = insurance.add_coverage(connection, {**values, **self._new(principal)})
            patient_id = request.patient_id
            self._audit(connection, principal, "coverage.add", COVERAGE, row["id"], patient_id)
            return self._coverage(connection, row["id"])

        return await self._adding(work)

    async def list_coverages(self, principal: Principal, patient_id: UUID) -> Coverages:
        """Coverages of a patient; patients see their own.

        Raises:
            CoverageNotFound: the caller may not know of the patient's.
        """
        await check_sight(self._desk, principal, patient_id, COVERAGE, CoverageNotFound)

        def work(connection: Connection) -> Coverages:
            rows = insurance.list_coverages(connection, patient_id)
            self._audit(connection, principal, "coverage.search", COVERAGE, None, patient_id)
            return Coverages(items=[coverage_schema(row) for row in rows])

        return await self._desk.database.transact(work, keyed=False)

    async def end_coverage(
        self, principal: Principal, coverage_id: UUID, end: CoverageEnd
    ) -> Coverage:
        """Sets the last day of a coverage.

        Raises:
            CoverageNotFound: no such coverage.
            CoverageInvalid: it would end before it began.
            PlanChanged: it is not in the version that the caller read.
        """
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> Coverage:
            row = insurance.find_coverage(connection, coverage_id)
            if row is None:
                raise CoverageNotFound
            if end.ends_on < row["starts_on"]:
                raise _invalid("/ends_on", "ends_before_it_begins")
            stamp = {"updated_by": principal.user_id, "updated_at": self._desk.clock()}
            if not insurance.change_coverage(
                connection, coverage_id, end.version, ends_on=end.ends_on, **stamp
            ):
                raise PlanChanged
            patient_id = row["patient_id"]
            self._audit(connection, principal, "coverage.end", COVERAGE, coverage_id, patient_id)
            return self._coverage(connection, coverage_id)

        return await self._adding(work)

    async def get_year(self, principal: Principal, coverage_id: UUID, year: int) -> PolicyYear:
        """What a policy has used up in a year.

        Raises:
            CoverageNotFound: none that the caller may know of.
        """
        row = await self._desk.database.read(lambda c: insurance.find_coverage(c, coverage_id))
        patient_id = row["patient_id"] if row else None
        await check_sight(self._desk, principal, patient_id, COVERAGE, CoverageNotFound)

        def work(connection: Connection) -> PolicyYear:
            assert row is not None  # noqa: S101  # check_sight has refused
            used = policy_years.find(connection, coverage_id, year)
            self._audit(connection, principal, "coverage.read", COVERAGE, coverage_id, patient_id)
            return year_schema(row, year, used)

        return await self._desk.database.transact(work, keyed=False)

    async def ask(
        self, principal: Principal, coverage_id: UUID, request: CheckRequest
    ) -> EligibilityCheck:
        """Asks the payer whether a coverage is in force; a worker does it.

        Raises:
            CoverageNotFound: no such coverage.
        """
        principal.require(Permission.BILLING_CLAIM)

        def work(connection: Connection) -> EligibilityCheck:
            coverage = insurance.find_coverage(connection, coverage_id)
            if coverage is None:
                raise CoverageNotFound
            at = self._desk.clock()
            row = insurance.add_check(
                connection,
                {
                    "id": new_id(),
                    "coverage_id": coverage_id,
                    "service_day": request.service_day,
                    "outcome": "queued",
                    "asked_by": principal.user_id,
                    "asked_at": at,
                },
            )
            PAYER_WORK.enqueue(connection, "check", [row["id"]], at=at)
            patient_id = coverage["patient_id"]
            self._audit(connection, principal, "eligibility.ask", CHECK, row["id"], patient_id)
            return check_schema(row)

        return await self._desk.database.transact(work)

    async def get_check(self, principal: Principal, check_id: UUID) -> EligibilityCheck:
        """What the payer answered.

        Raises:
            CheckNotFound: none that the caller may know of.
        """
        row = await self._desk.database.read(lambda c: insurance.find_check(c, check_id))
        patient_id = row["patient_id"] if row else None
        await check_sight(self._desk, principal, patient_id, CHECK, CheckNotFound)

        def work(connection: Connection) -> EligibilityCheck:
            assert row is not None  # noqa: S101  # check_sight has refused
            self._audit(connection, principal, "eligibility.read", CHECK, check_id, patient_id)
            return check_schema(row)

        return await self._desk.database.transact(work, keyed=False)

    def _coverage(self, connection: Connection, coverage_id: UUID) -> Coverage:
        row = insurance.find_coverage(connection, coverage_id)
        assert row is not None  # noqa: S101  # just written
        return coverage_schema(row)


def _level(request: CoverageRequest, plan: RowMapping) -> str:
    """The benefit level: as given, else the one on a card of social insurance."""
    levels = plan["benefits"]["percent"]
    card = SOCIAL_CARD.match(request.member_id)
    level = request.level or (card[1] if card else "")
    if level not in levels and "*" not in levels:
        raise _invalid("/level", "unknown_level")
    if request.ends_on is not None and request.ends_on < request.starts_on:
        raise _invalid("/ends_on", "ends_before_it_begins")
    return level


def _invalid(pointer: str, code: str) -> CoverageInvalid:
    return CoverageInvalid("see errors", [FieldError(pointer, code, code.replace("_", " "))])
