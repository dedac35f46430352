"""Tests and panels: everybody reads them, the laboratory's physicians write them."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.journal import audit_row
from deployments.laboratory import catalogue_mapping as mapping
from deployments.laboratory.catalogue import snapshot_of
from deployments.laboratory.catalogue_rules import faults_of
from deployments.laboratory.catalogue_schemas import (
    TestType,
    TestTypeDetails,
    TestTypeQuery,
    TestTypeRequest,
)
from deployments.laboratory.catalogue_shapes import Snapshot, Test
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import (
    CatalogueInvalid,
    CodeInUse,
    TestTypeChanged,
    TestTypeNotFound,
)
from deployments.pagination import Page, decode_cursor, page_of
from storage import audit
from storage.columns import new_id
from storage.laboratory import catalogue as rows

OBJECT: Final = "TestType"
Edit = Callable[[Connection, Snapshot], UUID]


class TestTypes:
    """Operations on the catalogue; nothing of it is ever deleted, results point at it.

    Args:
        desk: the tools of the replica.
    """

    __test__ = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_page(self, principal: Principal, query: TestTypeQuery) -> Page[TestType]:
        """Tests and panels; what was typed must be found in each.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.LABORATORY_READ_CATALOGUE)
        after = decode_cursor(query.cursor, int, str, UUID) if query.cursor else None
        snapshot = await self._desk.catalogue.current()
        found = sorted(
            (mapping.place(test, query), test)
            for test in snapshot.tests.values()
            if mapping.fits(test, query)
        )
        rest = [one for one in found if after is None or one[0] > after][: query.limit + 1]
        places = {test.id: place for place, test in rest}
        shown = [mapping.shown(test, snapshot) for _, test in rest]
        return page_of(shown, query.limit, lambda one: places[one.id])

    async def get(self, principal: Principal, id_or_code: str) -> TestType:
        """A test or panel, in use or retired, as it stands now.

        Raises:
            TestTypeNotFound: nothing has the id or code.
        """
        principal.require(Permission.LABORATORY_READ_CATALOGUE)
        snapshot = await self._desk.catalogue.current(at_once=True)
        return mapping.shown(_find(snapshot, id_or_code), snapshot)

    async def add(self, principal: Principal, request: TestTypeRequest) -> TestType:
        """Adds a test or panel.

        Raises:
            CodeInUse: its code, or one of a parameter, is in use.
            CatalogueInvalid: it contradicts itself: limits with a gap or overlap, and more.
        """

        def edit(connection: Connection, snapshot: Snapshot) -> UUID:
            if snapshot.find(request.code):
                raise CodeInUse(f"{request.code} is in use")
            _check(request, snapshot, None)
            values = {"id": new_id(), "active": True, **mapping.test_values(request)}
            rows.put_test(connection, values | self._by(principal))
            self._put_parts(connection, snapshot, values["id"], request)
            return UUID(str(values["id"]))

        return await self._write(principal, "add_test_type", edit)

    async def change(
        self,
        principal: Principal,
        test_type_id: UUID,
        details: TestTypeDetails,
        expected: int | None = None,
    ) -> TestType:
        """Changes everything but code and kind; parameters stay, with their units.

        Raises:
            TestTypeNotFound: there is none.
            TestTypeChanged: it is not in the expected version.
            CodeInUse: a new parameter has the code of another.
            CatalogueInvalid: it contradicts itself: limits with a gap or overlap, and more.
        """

        def edit(connection: Connection, snapshot: Snapshot) -> UUID:
            old = _expected(snapshot, test_type_id, expected)
            whole = {**details.model_dump(), "code": old.code, "kind": old.kind}
            request = TestTypeRequest.model_validate(whole)
            _check(request, snapshot, old)
            values = mapping.test_values(details) | self._by(principal)
            rows.change_test(connection, old.id, values)
            self._put_parts(connection, snapshot, old.id, request)
            return old.id

        return await self._write(principal, "change_test_type", edit)

    async def set_active(
        self, principal: Principal, test_type_id: UUID, *, active: bool, expected: int | None = None
    ) -> TestType:
        """Retires a test, so that it cannot be ordered any more, or takes it back.

        Raises:
            TestTypeNotFound: there is none.
            TestTypeChanged: it is not in the expected version.
        """

        def edit(connection: Connection, snapshot: Snapshot) -> UUID:
            old = _expected(snapshot, test_type_id, expected)
            rows.change_test(connection, old.id, {"active": active, **self._by(principal)})
            return old.id

        action = "reinstate_test_type" if active else "retire_test_type"
        return await self._write(principal, action, edit)

    async def _write(self, principal: Principal, action: str, edit: Edit) -> TestType:
        """One change at a time, looked at again in the same transaction, then made known."""
        principal.require(Permission.LABORATORY_MANAGE)

        def work(connection: Connection) -> TestType:
            rows.lock(connection)
            test_type_id = edit(connection, snapshot_of(rows.read_all(connection)))
            rows.bump(connection)
            at = self._desk.clock()
            entry = audit_row(principal, f"laboratory.{action}", OBJECT, test_type_id, at)
            audit.write_rows(connection, [entry])
            changed = snapshot_of(rows.read_all(connection))
            return mapping.shown(changed.tests[test_type_id], changed)

        done = await self._desk.database.transact(work)
        await self._desk.catalogue.current(at_once=True)
        return done

    def _by(self, principal: Principal) -> dict[str, Any]:
        return {"updated_by": principal.user_id, "updated_at": self._desk.clock()}

    @staticmethod
    def _put_parts(
        connection: Connection, snapshot: Snapshot, test_type_id: UUID, request: TestTypeRequest
    ) -> None:
        parameters, limits = [], []
        for position, one in enumerate(request.parameters):
            known = snapshot.find_parameter(one.code)
            if known and known.test_type_id != test_type_id:
                raise CodeInUse(f"{one.code} is measured by another test")
            parameter_id = known.id if known else new_id()
            parameters.append(mapping.parameter_values(one, position, test_type_id, parameter_id))
            limits += mapping.limit_values(one, parameter_id)
        rows.put_parameters(connection, parameters)
        rows.replace_limits(connection, {row["id"] for row in parameters}, limits)
        members = [_find(snapshot, code).id for code in request.members]
        rows.replace_members(connection, test_type_id, members)


def _find(snapshot: Snapshot, id_or_code: str) -> Test:
    found = snapshot.find(id_or_code)
    if found is None:
        try:
            found = snapshot.tests.get(UUID(id_or_code))
        except ValueError:
            found = None
    if found is None:
        raise TestTypeNotFound
    return found


def _expected(snapshot: Snapshot, test_type_id: UUID, version: int | None) -> Test:
    old = _find(snapshot, str(test_type_id))
    if version is not None and version != old.version:
        raise TestTypeChanged(f"it is in version {old.version}")
    return old


def _check(request: TestTypeRequest, snapshot: Snapshot, old: Test | None) -> None:
    if faults := faults_of(request, snapshot, old):
        raise CatalogueInvalid(faults[0].message, faults)
