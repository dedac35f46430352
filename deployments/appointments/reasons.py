"""Reasons for visits: everybody reads them, administrators write them."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.appointments import rules
from deployments.appointments.calendar_schemas import AppointmentReason, ReasonList, ReasonRequest
from deployments.appointments.desk import Desk
from deployments.appointments.errors import CodeInUse, ReasonNotFound
from deployments.appointments.recording import write_audit
from storage.appointments import reasons
from storage.columns import new_id
from storage.database import ConstraintViolated


class Reasons:
    """Operations on reasons. They are never deleted: visits of the past have them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_all(self, principal: Principal) -> ReasonList:
        """Every reason, by code."""
        principal.require(Permission.APPOINTMENTS_SEARCH, Permission.APPOINTMENTS_CONFIGURE)
        rows = await self._desk.database.read(reasons.list_all)
        return ReasonList(items=[AppointmentReason.model_validate(dict(row)) for row in rows])

    async def add(self, principal: Principal, request: ReasonRequest) -> AppointmentReason:
        """Adds a reason.

        Raises:
            CodeInUse: another reason has the code.
        """
        principal.require(Permission.APPOINTMENTS_CONFIGURE)

        def work(connection: Connection) -> AppointmentReason:
            values = {"id": new_id(), "updated_at": self._desk.clock(), **request.model_dump()}
            added = AppointmentReason.model_validate(dict(reasons.add(connection, values)))
            self._audit(connection, principal, "add_reason", added.id)
            return added

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated:
            raise CodeInUse from None

    async def replace(
        self,
        principal: Principal,
        reason_id: UUID,
        request: ReasonRequest,
        expected: int | None = None,
    ) -> AppointmentReason:
        """Replaces a reason; visits that are booked keep their length.

        Raises:
            ReasonNotFound: no such reason.
            CodeInUse: another reason has the code.
            ChangedMeanwhile: it is not in the expected version.
        """
        principal.require(Permission.APPOINTMENTS_CONFIGURE)

        def work(connection: Connection) -> AppointmentReason:
            row = reasons.find(connection, reason_id, lock=True)
            if row is None:
                raise ReasonNotFound
            rules.check_version(row["version"], expected)
            values = {"updated_at": self._desk.clock(), **request.model_dump()}
            changed = reasons.replace(connection, reason_id, values)
            self._audit(connection, principal, "replace_reason", reason_id)
            return AppointmentReason.model_validate(dict(changed))

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated:
            raise CodeInUse from None

    def _audit(
        self, connection: Connection, principal: Principal, action: str, reason_id: UUID
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type="AppointmentReason",
            object_id=reason_id,
            at=self._desk.clock(),
        )
