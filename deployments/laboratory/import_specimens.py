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
    new: list[tuple[Row[Any], dict[str, Any]]] = []
    done = []
    for one, known in imported:
        order = locked.get(one.order_id)
        if order is None or order.patient_id != one.patient_id:
            done.append(Done(None, "request: an order of another patient, or none"))
        elif known is not None:
            done.append(_again(batch, one, known))
        elif (asked := _asked_for(one, there[order.id])) is not None:
            done.append(_fill(batch, one, asked))
        else:
            columns = _new(batch.snapshot, one)
            new.append((order, columns))
            done.append(Done(columns["id"]))
    add(batch, new)
    return done


def add(batch: Batch, new: Sequence[tuple[Row[Any], dict[str, Any]]]) -> Sequence[Row[Any]]:
    """Adds specimens to orders, each with a number of the day on which it was taken or ordered."""
    days = [
        (columns.get("collected_at") or order.ordered_at).astimezone(batch.zone).date()
        for order, columns in new
    ]
    numbers = {
        day: iter(next_accessions(batch.connection, day, days.count(day)))
        for day in sorted(set(days))
    }
    values = [
        {
            "id": new_id(), "order_id": order.id, "patient_id": order.patient_id,
            "accession": next(numbers[day]), "condition": [],
            "updated_by": batch.mover.actor_id, "updated_at": batch.at, **columns,
        }
        for (order, columns), day in zip(new, days, strict=True)
    ]  # fmt: skip
    rows = orders.add_specimens(batch.connection, values)
    moves.write(batch.connection, "specimen", rows, name="import", mover=batch.mover, at=batch.at)
    return rows


def _asked_for(one: ImportedSpecimen, there: list[Row[Any]]) -> Row[Any] | None:
    """The tube that the order asks for and this one is; each is filled once."""
    if one.status not in MOVABLE:
        return None
    fits = (row for row in there if row.status == "requested" and row.type == one.type)
    asked = next(fits, None)
    if asked is not None:
        there.remove(asked)
    return asked


def _fill(batch: Batch, one: ImportedSpecimen, asked: Row[Any]) -> Done:
    tests = orders.tests_on(batch.connection, asked.id)
    kinds = [batch.snapshot.tests[test.test_type_id] for test in tests]
    until = stable_until(kinds, one.collected_at) if kinds and one.collected_at else None
    _move(batch, asked, one, stable_until=until)
    return Done(asked.id)


def _new(snapshot: Snapshot, one: ImportedSpecimen) -> dict[str, Any]:
    container = one.container or _usual_container(snapshot, one.type)
    return {"id": new_id(), "type": one.type, "container": container, **_columns(one)}


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
