"""Who looked: what the patient may know of everybody who opened their chart, or tried to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal, Role
from deployments.medical_records import rules
from deployments.medical_records.access_schemas import ChartAccess
from deployments.medical_records.desk import Desk
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from storage.medical_records import accesses

KIND = "AuditEvent"


class Accesses:
    """Reads the audit log of one chart."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_page(
        self, principal: Principal, patient_id: UUID, page: PageRequest
    ) -> Page[ChartAccess]:
        """Every access, the latest first; for the patient and the privacy officer.

        Raises:
            RecordNotFound: the chart is somebody else's.
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.RECORDS_READ_OWN, Permission.RECORDS_REVIEW_ACCESS)
        reviews = principal.has(Permission.RECORDS_REVIEW_ACCESS)
        if not reviews and principal.user_id != patient_id:
            await self._desk.gate.deny(principal, patient_id, KIND, "read")
        after = decode_cursor(page.cursor, datetime.fromisoformat, int) if page.cursor else None

        def work(connection: Connection) -> Page[Mapping[Any, Any]]:
            rows = accesses.page(connection, patient_id, after, page.limit + 1)
            return page_of(rows, page.limit, lambda row: (row["at"].isoformat(), row["sequence"]))

        found = await self._desk.gate.read(
            principal, patient_id, KIND, work, vouched=rules.REVIEW if reviews else None
        )
        names = await self._desk.directory.names(
            {row["actor_id"] for row in found.items if row["actor_role"] != Role.PATIENT} - {None}
        )
        return Page(
            items=[_access(row, names, principal) for row in found.items],
            next_cursor=found.next_cursor,
        )


def _access(row: Mapping[Any, Any], names: Mapping[UUID, str], reader: Principal) -> ChartAccess:
    actor_id = row["actor_id"]
    another = row["actor_role"] == Role.PATIENT and actor_id != row["patient_id"]
    hidden = another and not reader.has(Permission.RECORDS_REVIEW_ACCESS)
    return ChartAccess(
        at=row["at"],
        actor_id=None if hidden else actor_id,
        actor_name=names.get(actor_id),
        actor_role=row["actor_role"],
        action=row["action"].partition(".")[2],
        kind=row["object_type"],
        entry_id=row["object_id"],
        basis=row["basis"],
        outcome=row["outcome"],
    )
