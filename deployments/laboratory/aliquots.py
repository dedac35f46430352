"""Dividing a specimen: each part has a number of its own and knows where it came from."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.laboratory import mapping
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import NotEnoughLeft, SpecimenNotFound
from deployments.laboratory.recording import OBJECT, mover_of, refuse, write_audit
from deployments.laboratory.specimen_schemas import Aliquots, LabSpecimen
from deployments.laboratory.states import USABLE
from deployments.pagination import Page
from storage.columns import new_id
from storage.laboratory import moves, orders, specimens
from storage.laboratory.accession import next_accessions

INHERITED = (
    "order_id", "patient_id", "type", "container", "fasting", "condition",
    "collected_at", "collected_by", "received_at", "received_by", "stable_until",
)  # fmt: skip


class Dividing:
    """Takes aliquots of a specimen.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.settings.time_zone)

    async def divide(
        self, principal: Principal, specimen_id: UUID, request: Aliquots
    ) -> Page[LabSpecimen]:
        """Takes parts of an accepted specimen; its tests may be measured on any of them.

        Raises:
            SpecimenNotFound: no such specimen.
            MoveNotAllowed: it is not accepted.
            NotEnoughLeft: its volume is known, and less than what is taken.
        """
        principal.require(Permission.LABORATORY_WORK)

        def work(connection: Connection) -> Page[LabSpecimen]:
            at = self._desk.clock()
            parent = orders.lock_specimen(connection, specimen_id)
            if parent is None:
                raise SpecimenNotFound
            if parent.status not in USABLE:
                refuse("specimen", "dividing", parent, None)
            self._take(connection, parent, sum(request.volumes_ul))
            day = at.astimezone(self._zone).date()
            numbers = next_accessions(connection, day, len(request.volumes_ul))
            rows = [
                {name: getattr(parent, name) for name in INHERITED}
                | {"id": new_id(), "accession": number, "volume_ul": volume, "status": "accepted"}
                | {"parent_id": parent.id, "updated_by": principal.user_id, "updated_at": at}
                for number, volume in zip(numbers, request.volumes_ul, strict=True)
            ]
            made = orders.add_specimens(connection, rows)
            mover = mover_of(principal)
            moves.write(connection, "specimen", made, name="aliquot", mover=mover, at=at)
            kind = OBJECT["specimen"]
            action = "specimen.divide"
            write_audit(connection, principal, action, kind, parent.id, at, parent.patient_id)
            return Page[LabSpecimen](items=[mapping.specimen(row) for row in made])

        return await self._desk.database.transact(work)

    def _take(self, connection: Connection, parent: Row[Any], volume: int) -> None:
        if parent.volume_ul is None:
            return
        if parent.volume_ul < volume:
            raise NotEnoughLeft(f"{parent.volume_ul} microlitres are left, {volume} were asked for")
        specimens.set_volume(connection, parent.id, parent.volume_ul - volume)
