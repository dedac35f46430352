"""Specimens: taken, carried, received, judged, kept, thrown away."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.laboratory import mapping
from deployments.laboratory.adding import Hand
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import SpecimenNotFound, WrongTime
from deployments.laboratory.order_rules import stable_until
from deployments.laboratory.recording import OBJECT, mover_of, refuse, step, write_audit
from deployments.laboratory.specimen_effects import ask_again, ordered_at, tell_received
from deployments.laboratory.specimen_schemas import (
    Collection,
    LabSpecimen,
    Receipt,
    Rejection,
    StoragePlace,
)
from deployments.laboratory.states import OPEN_TEST
from storage.laboratory import orders
from storage.laboratory.moves import NO_REASON, Why

Work = Callable[[Connection, Row[Any], datetime], Row[Any]]


class Specimens:
    """Moves of a specimen. Of two hands on one specimen one wins, the other is refused.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.settings.time_zone)

    async def collect(
        self,
        principal: Principal,
        specimen_id: UUID,
        request: Collection,
        expected: int | None = None,
    ) -> LabSpecimen:
        """The specimen was taken from the patient; its stability clock starts.

        Raises:
            SpecimenNotFound: none that the caller may know of.
            MoveNotAllowed: somebody was faster, or it was cancelled.
            ChangedMeanwhile: it is not in the expected version.
            WrongTime: in the future, or before the order.
        """
        principal.require(Permission.LABORATORY_COLLECT)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection, row: Row[Any], at: datetime) -> Row[Any]:
            taken = request.collected_at or at
            if not ordered_at(connection, row) <= taken <= at:
                raise WrongTime("collected_at: after the order, and not in the future")
            tests = [
                snapshot.tests[one.test_type_id] for one in orders.tests_on(connection, row.id)
            ]
            return self._moved(
                connection, principal, row, "collect", at, expected,
                collected_at=taken,
                collected_by=principal.user_id,
                volume_ul=request.volume_ul,
                fasting=request.fasting,
                stable_until=stable_until(tests, taken) if tests else None,
            )  # fmt: skip

        return await self._do(principal, specimen_id, "collect", work)

    async def transport(
        self, principal: Principal, specimen_id: UUID, expected: int | None = None
    ) -> LabSpecimen:
        """The specimen is on its way to the laboratory.

        Raises:
            DomainError: as `collect`.
        """
        principal.require(Permission.LABORATORY_COLLECT)
        return await self._simply(principal, specimen_id, "transport", expected)

    async def receive(
        self,
        principal: Principal,
        specimen_id: UUID,
        request: Receipt,
        expected: int | None = None,
    ) -> LabSpecimen:
        """The specimen has arrived; what it looks like is kept for the checks of its results.

        Raises:
            DomainError: as `collect`.
        """
        principal.require(Permission.LABORATORY_WORK)
        columns: dict[str, Any] = {
            "received_at": self._desk.clock(),
            "received_by": principal.user_id,
            "condition": list(dict.fromkeys(request.condition)),
        }
        if request.volume_ul is not None:
            columns["volume_ul"] = request.volume_ul
        return await self._simply(principal, specimen_id, "receive", expected, **columns)

    async def accept(
        self, principal: Principal, specimen_id: UUID, expected: int | None = None
    ) -> LabSpecimen:
        """The specimen is fit: its tests begin, and are charged for.

        Raises:
            DomainError: as `collect`.
        """
        principal.require(Permission.LABORATORY_WORK)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection, row: Row[Any], at: datetime) -> Row[Any]:
            changed = self._moved(connection, principal, row, "accept", at, expected)
            ids = [one.id for one in orders.tests_on(connection, row.id)]
            begun = step(connection, "test", ids, "start", mover_of(principal), at)
            tell_received(connection, changed, begun, snapshot, at)
            return changed

        return await self._do(principal, specimen_id, "accept", work)

    async def reject(
        self,
        principal: Principal,
        specimen_id: UUID,
        request: Rejection,
        expected: int | None = None,
    ) -> LabSpecimen:
        """The specimen cannot be used: its open tests are asked for again on a new one.

        Raises:
            DomainError: as `collect`.
        """
        principal.require(Permission.LABORATORY_WORK)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection, row: Row[Any], at: datetime) -> Row[Any]:
            order = orders.find(connection, row.order_id)
            assert order is not None  # noqa: S101  # a specimen points at its order
            why = Why(request.reason, request.note)
            changed = self._moved(
                connection, principal, row, "reject", at, expected, why,
                reject_reason=request.reason,
                reject_note=request.note,
            )  # fmt: skip
            hand = Hand(mover_of(principal), at, self._zone)
            ask_again(connection, hand, order, changed, snapshot, why)
            return changed

        return await self._do(principal, specimen_id, "reject", work)

    async def store(
        self,
        principal: Principal,
        specimen_id: UUID,
        request: StoragePlace,
        expected: int | None = None,
    ) -> LabSpecimen:
        """The specimen is put somewhere, or somewhere else.

        Raises:
            DomainError: as `collect`.
        """
        principal.require(Permission.LABORATORY_WORK)
        place = {"storage_position": request.position}
        return await self._simply(principal, specimen_id, "store", expected, **place)

    async def dispose(
        self, principal: Principal, specimen_id: UUID, expected: int | None = None
    ) -> LabSpecimen:
        """The specimen is thrown away; nothing open may wait for it.

        Raises:
            DomainError: as `collect`.
        """
        principal.require(Permission.LABORATORY_WORK)

        def work(connection: Connection, row: Row[Any], at: datetime) -> Row[Any]:
            waiting = [one for one in orders.tests_on(connection, row.id)
                       if one.status in OPEN_TEST]  # fmt: skip
            if waiting:
                refuse("test", "disposal of its specimen", waiting[0], None)
            return self._moved(
                connection, principal, row, "dispose", at, expected, storage_position=None
            )

        return await self._do(principal, specimen_id, "dispose", work)

    async def _simply(
        self,
        principal: Principal,
        specimen_id: UUID,
        name: str,
        expected: int | None,
        **columns: Any,
    ) -> LabSpecimen:
        """A move that nothing else follows from."""

        def work(connection: Connection, row: Row[Any], at: datetime) -> Row[Any]:
            return self._moved(connection, principal, row, name, at, expected, **columns)

        return await self._do(principal, specimen_id, name, work)

    def _moved(
        self,
        connection: Connection,
        principal: Principal,
        row: Row[Any],
        name: str,
        at: datetime,
        expected: int | None,
        why: Why = NO_REASON,
        **columns: Any,
    ) -> Row[Any]:
        rows = step(
            connection, "specimen", [row.id], name, mover_of(principal), at,
            why=why, version=expected, **columns,
        )  # fmt: skip
        if rows:
            return rows[0]
        now = orders.find_specimen(connection, row.id)
        return refuse("specimen", name, now or row, expected)

    async def _do(
        self,
        principal: Principal,
        specimen_id: UUID,
        action: str,
        work: Work,
    ) -> LabSpecimen:
        """Runs `work` under the lock of the order, so that no test comes or goes meanwhile.

        Else one that is added at the same moment could be left on a specimen that has moved on.
        """
        row = await self._desk.database.read(lambda c: orders.find_specimen(c, specimen_id))
        kind = OBJECT["specimen"]
        patient_id = row.patient_id if row else None
        await self._desk.sight.check(principal, patient_id, kind, refusal=SpecimenNotFound)
        if row is None:
            raise SpecimenNotFound

        def attempt(connection: Connection) -> LabSpecimen:
            at = self._desk.clock()
            orders.lock(connection, row.order_id)
            changed = work(connection, row, at)
            write_audit(
                connection, principal, f"specimen.{action}", kind, row.id, at, row.patient_id
            )
            return mapping.specimen(changed)

        return await self._desk.database.transact(attempt)
