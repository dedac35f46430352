"""Breaking the glass: one chart, for an emergency, for an hour at most, and always reviewed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.errors import Forbidden
from deployments.journal import audit_row
from deployments.medical_records.access_schemas import (
    EmergencyAccess,
    EmergencyReason,
    ReviewQuery,
    Verdict,
)
from deployments.medical_records.desk import Desk
from deployments.medical_records.errors import AccessClosed, ChangedMeanwhile, RecordNotFound
from deployments.medical_records.events import BreakGlassUsed
from deployments.pagination import Page, decode_cursor, page_of
from deployments.publishing import publish
from storage import audit
from storage.columns import new_id
from storage.medical_records import emergencies

KIND = "BreakGlassAccess"


class BreakGlass:
    """Emergency accesses, and their reviews by the privacy officer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def start(
        self, principal: Principal, patient_id: UUID, reason: EmergencyReason
    ) -> EmergencyAccess:
        """Opens the chart to the caller at once, and tells the privacy officer.

        Raises:
            RecordNotFound: there is no such patient.
        """
        principal.require(Permission.RECORDS_BREAK_GLASS)
        own = patient_id == principal.user_id
        if own or not await self._desk.directory.is_patient(patient_id):
            await self._desk.gate.deny(principal, patient_id, KIND, "glass-broken")

        def work(connection: Connection) -> EmergencyAccess:
            now = self._desk.clock()
            values = {
                "id": new_id(),
                "patient_id": patient_id,
                "practitioner_id": principal.user_id,
                "practitioner_role": principal.role,
                "started_at": now,
                "expires_at": now + self._desk.settings.break_glass,
                "version": 1,
                **reason.model_dump(),
            }
            begun = _access(emergencies.start(connection, values))
            _write_audit(connection, principal, "glass-broken", begun, now)
            publish(connection, _told(begun))
            return begun

        begun = await self._desk.database.transact(work)
        await self._desk.changed(patient_id)
        return begun

    async def end(self, principal: Principal, patient_id: UUID) -> EmergencyAccess:
        """Gives the access back before its time.

        Raises:
            RecordNotFound: the caller has none to this chart.
        """
        principal.require(Permission.RECORDS_BREAK_GLASS)

        def work(connection: Connection) -> EmergencyAccess:
            now = self._desk.clock()
            row = emergencies.end_running(connection, patient_id, principal.user_id, now)
            if row is None:
                raise RecordNotFound
            ended = _access(row)
            _write_audit(connection, principal, "glass-mended", ended, now)
            return ended

        try:
            ended = await self._desk.database.transact(work)
        except RecordNotFound:
            await self._desk.gate.deny(principal, patient_id, KIND, "glass-mended")
        await self._desk.changed(patient_id)
        return ended

    async def list_reviews(self, principal: Principal, query: ReviewQuery) -> Page[EmergencyAccess]:
        """Emergency accesses to all charts, the latest first.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.RECORDS_REVIEW_ACCESS)
        after = decode_cursor(query.cursor, datetime.fromisoformat, UUID) if query.cursor else None
        reviewed = {None: None, "open": False, "closed": True}[query.state]

        def work(connection: Connection) -> Page[EmergencyAccess]:
            rows = emergencies.page(
                connection, reviewed=reviewed, after=after, limit=query.limit + 1
            )
            _write_audit(connection, principal, "reviews-listed", None, self._desk.clock())
            found = [_access(row) for row in rows]
            return page_of(found, query.limit, lambda one: (one.started_at.isoformat(), one.id))

        return await self._desk.database.transact(work, keyed=False)

    async def close_review(
        self, principal: Principal, access_id: UUID, found: Verdict, expected: int | None = None
    ) -> EmergencyAccess:
        """Writes the verdict; nobody judges their own access.

        Raises:
            RecordNotFound: there is no such access.
            ChangedMeanwhile: it is not in the expected version.
            AccessClosed: it was judged before.
            Forbidden: it is the caller's own.
        """
        principal.require(Permission.RECORDS_REVIEW_ACCESS)

        def work(connection: Connection) -> EmergencyAccess:
            now = self._desk.clock()
            row = emergencies.lock(connection, access_id)
            if row is None:
                raise RecordNotFound
            _check_reviewable(principal, _access(row), expected)
            values = {"reviewed_at": now, "reviewed_by": principal.user_id, **found.model_dump()}
            judged = _access(emergencies.review(connection, access_id, values))
            _write_audit(connection, principal, "review-closed", judged, now)
            return judged

        return await self._desk.database.transact(work)


def _check_reviewable(principal: Principal, access: EmergencyAccess, expected: int | None) -> None:
    if expected not in {None, access.version}:
        raise ChangedMeanwhile
    if access.reviewed_at is not None:
        raise AccessClosed("the review is closed")
    if access.practitioner_id == principal.user_id:
        raise Forbidden("somebody else judges this")


def _access(row: Mapping[Any, Any]) -> EmergencyAccess:
    return EmergencyAccess.model_validate(dict(row))


def _told(begun: EmergencyAccess) -> BreakGlassUsed:
    return BreakGlassUsed(
        access_id=begun.id,
        patient_id=begun.patient_id,
        practitioner_id=begun.practitioner_id,
        occurred_at=begun.started_at,
    )


def _write_audit(
    connection: Connection,
    principal: Principal,
    action: str,
    access: EmergencyAccess | None,
    at: datetime,
) -> None:
    row = audit_row(
        principal,
        f"medical_records.{action}",
        KIND,
        access.id if access else None,
        at,
        patient_id=access.patient_id if access else None,
    )
    audit.write_rows(connection, [row])
