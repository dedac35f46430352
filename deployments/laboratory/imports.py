"""Taking over the history of another system: many resources of a type in one transaction.

What is imported is history: it raises no alert, tells nobody and asks for no work. It stands in
series, reports and delta checks like what was measured here. Charts hear who ordered.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.journal import audit_row
from deployments.laboratory import import_orders, import_reports, import_specimens, import_values
from deployments.laboratory.desk import Desk
from deployments.laboratory.import_schemas import (
    Imported,
    ImportedOrder,
    ImportedReport,
    ImportedSpecimen,
    ImportedValue,
    ImportReceipt,
    ImportReceipts,
)
from deployments.laboratory.import_shapes import Batch, Done
from deployments.laboratory.recording import mover_of
from storage import audit
from storage.laboratory import imports

Kind = Literal["ServiceRequest", "Specimen", "Observation", "DiagnosticReport"]
I = TypeVar("I", bound=Imported)  # noqa: E741
Write = Callable[[Batch, Sequence[tuple[I, UUID | None]]], list[Done]]
UNSAID = frozenset({"identifier", "patient_sex", "patient_birth_date"})
"""No part of what the source says of the resource."""


class Imports:
    """Operations of the importer; each is idempotent by identifier and needs LABORATORY_IMPORT.

    What was changed here since it was imported stays as it is. Of resources with the same
    identifier the last one counts.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.settings.time_zone)

    async def import_orders(
        self, principal: Principal, imported: Sequence[ImportedOrder]
    ) -> ImportReceipts:
        """Takes in orders; active ones wait for their specimens like those placed here.

        Raises:
            Forbidden: not the importer.
        """
        return await self._take(principal, "ServiceRequest", imported, import_orders.write)

    async def import_specimens(
        self, principal: Principal, imported: Sequence[ImportedSpecimen]
    ) -> ImportReceipts:
        """Takes in specimens of orders that were taken in.

        Raises:
            Forbidden: not the importer.
        """
        return await self._take(principal, "Specimen", imported, import_specimens.write)

    async def import_values(
        self, principal: Principal, imported: Sequence[ImportedValue]
    ) -> ImportReceipts:
        """Takes in values of orders that were taken in, converted to the catalogue's units.

        Raises:
            Forbidden: not the importer.
        """
        return await self._take(principal, "Observation", imported, import_values.write)

    async def import_reports(
        self, principal: Principal, imported: Sequence[ImportedReport]
    ) -> ImportReceipts:
        """Takes in reports; what they say is what was taken in of their results.

        Raises:
            Forbidden: not the importer.
        """
        return await self._take(principal, "DiagnosticReport", imported, import_reports.write)

    async def find(self, principal: Principal, kind: Kind, system: str, value: str) -> UUID | None:
        """What was taken in with this identifier, in this run or an earlier one.

        Raises:
            Forbidden: not the importer.
        """
        principal.require(Permission.LABORATORY_IMPORT)
        name = (system, value)
        found = await self._desk.database.read(lambda c: imports.find(c, kind, [name]))
        return found[name].object_id if found else None

    async def _take(
        self, principal: Principal, kind: Kind, imported: Sequence[I], write: Write[I]
    ) -> ImportReceipts:
        principal.require(Permission.LABORATORY_IMPORT)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> ImportReceipts:
            imports.lock(connection)
            at = self._desk.clock()
            batch = Batch(connection, snapshot, mover_of(principal), at, self._zone)
            last = {_name(one): one for one in imported}
            known = imports.find(connection, kind, last.keys())
            receipts = {
                name: receipt
                for name, one in last.items()
                if (receipt := _settled(one, known.get(name))) is not None
            }
            fresh = [(name, one) for name, one in last.items() if name not in receipts]
            ids = [(one, known[name].object_id if name in known else None) for name, one in fresh]
            done = write(batch, ids)
            for (name, _), became in zip(fresh, done, strict=True):
                receipts[name] = _receipt(became, known=name in known)
            self._remember(connection, principal, kind, fresh, receipts)
            return ImportReceipts(receipts=[receipts[_name(one)] for one in imported])

        return await self._desk.database.transact(work)

    def _remember(
        self,
        connection: Connection,
        principal: Principal,
        kind: Kind,
        fresh: Sequence[tuple[imports.Name, I]],
        receipts: Mapping[imports.Name, ImportReceipt],
    ) -> None:
        """Names of what was taken, and an audit row for each thing that was written."""
        at = self._desk.clock()
        taken = [(name, one, receipts[name].id) for name, one in fresh]
        imports.put(
            connection,
            [
                {
                    "kind": kind, "identifier_system": name[0], "identifier_value": name[1],
                    "object_id": object_id, "patient_id": one.patient_id,
                    "digest": _digest(one), "imported_at": at,
                }
                for name, one, object_id in taken if object_id is not None
            ],
        )  # fmt: skip
        written = {
            object_id: one.patient_id
            for name, one, object_id in taken
            if object_id is not None and receipts[name].outcome != "unchanged"
        }
        rows = [
            audit_row(principal, "laboratory.import", kind, object_id, at, patient_id=patient_id)
            for object_id, patient_id in written.items()
        ]
        if rows:
            audit.write_rows(connection, rows)


def _name(one: Imported) -> imports.Name:
    return one.identifier.system, one.identifier.value


def _digest(one: Imported) -> bytes:
    return hashlib.sha256(one.model_dump_json(exclude=set(UNSAID)).encode()).digest()


def _settled(one: Imported, known: Row[Any] | None) -> ImportReceipt | None:
    """The receipt of what needs no work."""
    if known is None:
        return None
    if known.patient_id != one.patient_id:
        reason = "identifier: of another patient's resource"
        return ImportReceipt(id=None, outcome="refused", reason=reason)
    if bytes(known.digest) == _digest(one):
        return ImportReceipt(id=known.object_id, outcome="unchanged")
    return None


def _receipt(became: Done, *, known: bool) -> ImportReceipt:
    if became.object_id is None:
        return ImportReceipt(id=None, outcome="refused", reason=became.reason)
    if not became.changed:
        return ImportReceipt(id=became.object_id, outcome="unchanged")
    return ImportReceipt(id=became.object_id, outcome="updated" if known else "created")
