"""Imported specimens: they fill the tubes that their order asks for, or come beside them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.import_schemas import ImportedSpecimen
from deployments.laboratory.import_shapes import Batch, Done
from deployments.laboratory.order_rules import stable_until
from deployments.laboratory.recording import step
from deployments.laboratory.states import OPEN_TEST, USABLE
from storage.columns import new_id
from storage.laboratory import imports, moves, orders
from storage.laboratory.accession import next_accessions

MOVABLE: Final = ("collected", "accepted")
"""Statuses in which the source may still move a specimen that only it has touched."""


def write(batch: Batch, imported: Sequence[tuple[ImportedSpecimen, UUID | None]]) -> list[Done]:
    """Writes specimens; each with the specimen that it became before."""
    ids = {one.order_id for one, _ in imported}
    locked = imports.lock_orders(batch.connection, ids)
    there = orders.of_orders(batch.connection, "specimens", ids)
    done = []
    for one, known in imported:
        order = locked.get(one.order_id)
        if order is None or order.patient_id != one.patient_id:
            done.append(Done(None, "request: an order of another patient, or none"))
        elif known is not None:
            done.append(_again(batch, one, known))
        else:
            done.append(_first(batch, one, order, there[order.id]))
    return done


def add(batch: Batch, order: Row[Any], columns: dict[str, Any]) -> Row[Any]:
    """Adds a specimen with a number of ours, of the day on which it was taken or ordered."""
    day = (columns.get("collected_at") or order.ordered_at).astimezone(batch.zone).date()
    values = {
        "id": new_id(), "order_id": order.id, "patient_id": order.patient_id,
        "accession": next_accessions(batch.connection, day, 1)[0],
        "condition": [], "updated_by": batch.mover.actor_id, "updated_at": batch.at, **columns,
    }  # fmt: skip
    row = orders.add_specimens(batch.connection, [values])[0]
    moves.write(batch.connection, "specimen", [row], name="import", mover=batch.mover, at=batch.at)
    return row


def _first(batch: Batch, one: ImportedSpecimen, order: Row[Any], there: list[Row[Any]]) -> Done:
    asked = next((row for row in there if row.status == "requested" and row.type == one.type), None)
    if asked is None or one.status not in MOVABLE:
        container = one.container or _usual_container(batch.snapshot, one.type)
        added = add(batch, order, {"type": one.type, "container": container, **_columns(one)})
        return Done(added.id)
    tests = orders.tests_on(batch.connection, asked.id)
    kinds = [batch.snapshot.tests[test.test_type_id] for test in tests]
    until = stable_until(kinds, one.collected_at) if kinds and one.collected_at else None
    there.remove(asked)
    moved = _move(batch, asked, one, stable_until=until)
    return Done((moved or asked).id)


def _again(batch: Batch, one: ImportedSpecimen, specimen_id: UUID) -> Done:
    row = orders.find_specimen(batch.connection, specimen_id)
    assert row is not None  # noqa: S101  # never deleted
    if row.updated_by != batch.mover.actor_id or row.status not in ("requested", *MOVABLE):
        return Done(row.id, changed=False)
    return Done(row.id, changed=_move(batch, row, one) is not None)


def _move(batch: Batch, row: Row[Any], one: ImportedSpecimen, **more: Any) -> Row[Any] | None:
    """The specimen is now where the source says; tests begin on one that is in the laboratory."""
    columns = {name: value for name, value in _columns(one).items() if name != "status"}
    rows = moves.move(
        batch.connection, "specimen", [row.id], to=one.status,
        allowed_from={"requested", *MOVABLE}, name="import", mover=batch.mover, at=batch.at,
        **columns, **more,
    )  # fmt: skip
    if rows and one.status in USABLE:
        ids = [test.id for test in orders.tests_on(batch.connection, row.id)
               if test.status in OPEN_TEST]  # fmt: skip
        step(batch.connection, "test", ids, "start", batch.mover, batch.at)
    return rows[0] if rows else None


def _columns(one: ImportedSpecimen) -> dict[str, Any]:
    return {
        "status": one.status,
        "collected_at": one.collected_at,
        "collected_by": one.collected_by,
        "received_at": one.received_at,
        "fasting": one.fasting,
        "volume_ul": one.volume_ul,
        "condition": list(dict.fromkeys(one.condition)),
        "reject_note": one.note if one.status == "rejected" else None,
    }


def _usual_container(snapshot: Snapshot, specimen_type: str) -> str:
    """The container of most tests on such a specimen."""
    used = [one.container for one in snapshot.tests.values()
            if one.kind == "test" and one.specimen == specimen_type]  # fmt: skip
    return max(sorted(set(used)), key=used.count) if used else "other"
