"""What writing about insurance has in common: audit rows, stamps, refusals of the database."""

from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.billing.desk import Desk
from deployments.billing.insurance_errors import (
    CoverageOverlaps,
    InsuranceCodeInUse,
)
from deployments.billing.recording import write_audit
from storage.billing.insurance_tables import COVERAGE_OVERLAP
from storage.columns import new_id
from storage.database import ConstraintViolated

T = TypeVar("T")
ORGANIZATION: Final = "Organization"
PLAN: Final = "InsurancePlan"
COVERAGE: Final = "Coverage"
CHECK: Final = "CoverageEligibilityRequest"


class InsuranceWriting:
    """What operations on insurers and coverages share.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _new(self, principal: Principal) -> dict[str, Any]:
        now = self._desk.clock()
        return {"id": new_id(), "version": 1, "updated_by": principal.user_id, "updated_at": now}

    async def _adding(self, work: Callable[[Connection], T]) -> T:
        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated as error:
            if error.constraint == COVERAGE_OVERLAP:
                raise CoverageOverlaps from None
            if error.constraint.startswith("uq_insurance_"):
                raise InsuranceCodeInUse from None
            raise

    def _audit(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        kind: str,
        object_id: UUID | None,
        patient_id: UUID | None = None,
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type=kind,
            object_id=object_id,
            at=self._desk.clock(),
            patient_id=patient_id,
        )
