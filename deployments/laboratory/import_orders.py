"""Imported orders: those of one requisition are one order; what is still to do waits here."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from deployments.laboratory.adding import Hand, add_tests, told, tube_of
from deployments.laboratory.catalogue_shapes import Snapshot, Test
from deployments.laboratory.events import LabOrderImported
from deployments.laboratory.import_schemas import ImportedOrder, ImportIdentifier
from deployments.laboratory.import_shapes import Batch, Done
from deployments.laboratory.order_rules import Wanted, expand
from deployments.laboratory.recording import step
from deployments.publishing import publish
from storage.columns import new_id
from storage.laboratory import imports, moves, orders
from storage.laboratory.imports import Name

TO_DO: Final = frozenset({"active", "on-hold"})
STEPS: Final = {"on-hold": "hold", "active": "resume", "revoked": "revoke"}


def write(batch: Batch, imported: Sequence[tuple[ImportedOrder, UUID | None]]) -> list[Done]:
    """Writes orders; of an order that is over, tests come with their results.

    Args:
        batch: the transaction.
        imported: each with the order that it became before.

    Returns:
        What became of each.
    """
    names = {_name(one.requisition) for one, _ in imported}
    present = imports.orders_named(batch.connection, names)
    return [_write(batch, one, known is not None, present) for one, known in imported]


def _write(
    batch: Batch,
    one: ImportedOrder,
    again: bool,
    present: dict[Name, Row[Any]],
) -> Done:
    wanted = _wanted(batch.snapshot, one)
    if isinstance(wanted, str):
        return Done(None, wanted)
    name = _name(one.requisition)
    row = present.get(name)
    if row is not None and row.patient_id != one.patient_id:
        return Done(None, "requisition: of another patient's order")
    if row is None:
        row = _add(batch, one)
    elif again:
        if row.updated_by != batch.mover.actor_id:
            return Done(row.id, changed=False)
        row = _follow(batch, row, one)
    present[name] = row
    if one.status in TO_DO and not again:
        _ask_for(batch, row, wanted)
    return Done(row.id)


def _wanted(snapshot: Snapshot, one: ImportedOrder) -> list[Wanted] | str:
    """What is still to be measured; or why nobody could know."""
    if one.status not in TO_DO:
        return []
    found = find_test(snapshot, one.codes)
    if found is None:
        return "code: nothing that the laboratory offers, and the order is still open"
    wanted, faults = expand(snapshot, [found.code])
    return f"code: {found.code} is no longer offered" if faults else wanted


def find_test(snapshot: Snapshot, codes: Sequence[str]) -> Test | None:
    """The test or panel of the first code that is one, of this hospital or of LOINC."""
    by_loinc = {one.loinc: one for one in snapshot.tests.values() if one.loinc}
    found = (snapshot.find(code) or by_loinc.get(code) for code in codes)
    return next((one for one in found if one is not None), None)


def _add(batch: Batch, one: ImportedOrder) -> Row[Any]:
    row = orders.add(
        batch.connection,
        {
            "id": new_id(), "patient_id": one.patient_id,
            "practitioner_id": one.practitioner_id, "encounter_id": one.encounter_id,
            "status": one.status, "priority": one.priority, "reason": one.reason,
            "note": one.note, "patient_sex": one.patient_sex,
            "patient_birth_date": one.patient_birth_date, "ordered_at": one.ordered_at,
            "identifier_system": one.requisition.system,
            "identifier_value": one.requisition.value,
            "updated_by": batch.mover.actor_id, "updated_at": batch.at,
        },
    )  # fmt: skip
    moves.write(batch.connection, "order", [row], name="import", mover=batch.mover, at=batch.at)
    tell(batch, row)
    return row


def _follow(batch: Batch, row: Row[Any], one: ImportedOrder) -> Row[Any]:
    """The order rests, goes on or is taken back; tests that nobody began go with it."""
    name = STEPS.get(one.status)
    if name is None or row.status == one.status:
        return row
    if name == "revoke":
        ids = [test.id for test in orders.tests_of(batch.connection, row.id)]
        tubes = [tube.id for tube in orders.specimens_of(batch.connection, row.id)]
        step(batch.connection, "test", ids, "cancel", batch.mover, batch.at)
        step(batch.connection, "specimen", tubes, "cancel", batch.mover, batch.at)
    rows = step(batch.connection, "order", [row.id], name, batch.mover, batch.at)
    for moved in rows:
        tell(batch, moved)
    return rows[0] if rows else row


def _ask_for(batch: Batch, row: Row[Any], wanted: Sequence[Wanted]) -> None:
    """Tests and specimens as if they had been ordered here, at the time that they were."""
    present = {test.test_type_id for test in orders.tests_of(batch.connection, row.id)}
    new = [one for one in wanted if one.test.id not in present]
    tubes = [tube_of(one) for one in orders.specimens_of(batch.connection, row.id)]
    hand = Hand(batch.mover, row.ordered_at, batch.zone)
    add_tests(batch.connection, row, new, hand, origin="ordered", tubes=tubes)


def tell(batch: Batch, row: Row[Any]) -> None:
    """Charts hear who ordered, and how it stands; no person is told."""
    event = LabOrderImported(**told(row), occurred_at=row.ordered_at, status=row.status)
    publish(batch.connection, event)


def _name(identifier: ImportIdentifier) -> Name:
    return identifier.system, identifier.value
