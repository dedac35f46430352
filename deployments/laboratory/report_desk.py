"""Reading reports. A patient sees them from the time that the rule says."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Principal
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import PatientNotFound, ReportNotFound
from deployments.laboratory.recording import write_audit
from deployments.laboratory.report_schemas import LabReport, ReportQuery
from deployments.laboratory.reporting import print_version
from deployments.laboratory.result_reading import STAFF
from deployments.pagination import Page, decode_cursor, page_of
from deployments.schemas import Locale
from storage.laboratory import reports

OBJECT = "DiagnosticReport"


class ReportDesk:
    """Versions of reports and their documents.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: ReportQuery
    ) -> Page[LabReport]:
        """Reports of a patient, every version, newest first.

        Raises:
            PatientNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
            InvalidCursor: of another list.
        """
        await self._desk.sight.check(principal, patient_id, OBJECT, refusal=PatientNotFound)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None

        def work(connection: Connection) -> Page[LabReport]:
            now = self._desk.clock()
            visible_at = None if principal.has(*STAFF) else now
            rows = reports.list_page(
                connection, patient_id, query.order_id, visible_at, before, query.limit + 1
            )
            page = page_of(rows, query.limit, lambda row: (row.id,))
            write_audit(connection, principal, "report.list", OBJECT, None, now, patient_id)
            items = [_report(row) for row in page.items]
            return Page[LabReport](items=items, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def get(self, principal: Principal, report_id: UUID) -> LabReport:
        """One version of a report.

        Raises:
            ReportNotFound: none that the caller may see.
            CannotCheck: only medical records could say, and does not answer.
        """
        return _report(await self._seen(principal, report_id, "report.read"))

    async def document(self, principal: Principal, report_id: UUID, locale: Locale) -> bytes:
        """The PDF of a version; that of an imported one is made when it is first asked for.

        Raises:
            ReportNotFound: none that the caller may see.
            CannotCheck: only medical records could say, and does not answer.
        """
        row = await self._seen(principal, report_id, "report.print")
        found = await self._desk.database.read(lambda c: reports.document(c, report_id, locale))
        if found is not None:
            return found

        def work(connection: Connection) -> bytes:
            pdf = print_version(row._asdict(), self._desk.settings, locale)
            reports.keep_document(connection, report_id, locale, pdf)
            return pdf

        return await self._desk.database.transact(work, keyed=False)

    async def _seen(self, principal: Principal, report_id: UUID, action: str) -> Row[Any]:
        row = await self._desk.database.read(lambda c: reports.find(c, report_id))
        visible = row is not None and (
            principal.has(*STAFF)
            or (row.visible_at is not None and row.visible_at <= self._desk.clock())
        )
        patient_id = row.patient_id if row is not None and visible else None
        await self._desk.sight.check(principal, patient_id, OBJECT, refusal=ReportNotFound)
        assert row is not None  # noqa: S101  # refused above
        seen = row

        def work(connection: Connection) -> None:
            now = self._desk.clock()
            write_audit(connection, principal, action, OBJECT, report_id, now, seen.patient_id)

        await self._desk.database.transact(work, keyed=False)
        return seen


def _report(row: Row[Any]) -> LabReport:
    return LabReport.model_validate({name: getattr(row, name) for name in LabReport.model_fields})
