"""Reading results. A patient sees what is released, from the time that the rule says."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.laboratory import result_mapping
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import (
    PatientNotFound,
    ResultNotFound,
    TestNotFound,
    TestTypeNotFound,
)
from deployments.laboratory.recording import OBJECT, write_audit
from deployments.laboratory.result_schemas import LabResult, ResultVersions, Series, SeriesQuery
from storage.laboratory import orders, results

STAFF = (Permission.LABORATORY_READ, Permission.LABORATORY_READ_ANY)


class ResultReading:
    """What may be seen of results.

    Clinicians see results from release on; the laboratory sees every version.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, result_id: UUID) -> LabResult:
        """One version of a result.

        Raises:
            ResultNotFound: none that the caller may see.
            CannotCheck: only medical records could say, and does not answer.
        """
        row = await self._desk.database.read(lambda c: results.find(c, result_id))
        await self._desk.sight.check(
            principal, row.patient_id if row else None, OBJECT["test"], refusal=ResultNotFound
        )
        assert row is not None  # noqa: S101  # refused above
        found = (await self._versions(principal, row.test_id)).items
        for one in found:
            if one.id == result_id:
                return one
        raise ResultNotFound

    async def list_versions(self, principal: Principal, test_id: UUID) -> ResultVersions:
        """Every version of the result of a test that the caller may see, newest first.

        Raises:
            TestNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
        """
        test = await self._desk.database.read(lambda c: orders.find_test(c, test_id))
        await self._desk.sight.check(
            principal, test.patient_id if test else None, OBJECT["test"], refusal=TestNotFound
        )
        return await self._versions(principal, test_id)

    async def _versions(self, principal: Principal, test_id: UUID) -> ResultVersions:
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> ResultVersions:
            now = self._desk.clock()
            test = orders.find_test(connection, test_id)
            if test is None:
                raise TestNotFound
            rows = results.versions(connection, test_id)
            if not principal.has(Permission.LABORATORY_READ_ANY):
                rows = [row for row in rows if row.released_at is not None]
            if not principal.has(*STAFF) and not (test.visible_at and test.visible_at <= now):
                rows = []
            values = results.values_of(connection, [row.id for row in rows])
            kind = OBJECT["test"]
            write_audit(connection, principal, "result.read", kind, test_id, now, test.patient_id)
            return ResultVersions(
                items=[result_mapping.result(row, test, values[row.id], snapshot) for row in rows]
            )

        return await self._desk.database.transact(work, keyed=False)

    async def series(self, principal: Principal, patient_id: UUID, query: SeriesQuery) -> Series:
        """Released values of a patient, newest first.

        Raises:
            PatientNotFound: none that the caller may know of.
            TestTypeNotFound: no such parameter.
            CannotCheck: only medical records could say, and does not answer.
        """
        snapshot = await self._desk.catalogue.current()
        chosen = [snapshot.find_parameter(code) for code in query.parameter]
        ids = [one.id for one in chosen if one is not None]
        if len(ids) < len(chosen):
            raise TestTypeNotFound("one of the parameters is not in the catalogue")
        kind = OBJECT["test"]
        await self._desk.sight.check(principal, patient_id, kind, refusal=PatientNotFound)

        def work(connection: Connection) -> Series:
            now = self._desk.clock()
            visible_at = None if principal.has(*STAFF) else now
            write_audit(connection, principal, "result.list", kind, None, now, patient_id)
            rows = results.series(
                connection, patient_id, ids,
                limit=query.limit, before=query.before, visible_at=visible_at,
            )  # fmt: skip
            return Series(items=[result_mapping.point(row, snapshot) for row in rows])

        return await self._desk.database.transact(work, keyed=False)
