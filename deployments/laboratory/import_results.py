"""Imported results: versions written in bulk, tests and orders brought to where they stand."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from deployments.laboratory.import_book import Placed, Slot
from deployments.laboratory.import_orders import TO_DO, tell
from deployments.laboratory.import_shapes import Batch, Done
from deployments.laboratory.order_rules import due, ending
from deployments.laboratory.readings import Interpreted, Reading
from deployments.laboratory.recording import step
from deployments.laboratory.states import OPEN_TEST
from deployments.laboratory.versions import value_row
from storage.columns import new_id
from storage.laboratory import imports, moves, orders, results

Interpret = Callable[[Slot, Placed], Interpreted]
REASON: Final = "corrected by the source"
PRELIMINARY: Final = "preliminary"
WORST_FIRST: Final = ("corrected", "amended", "final")


class Standing(NamedTuple):
    """How far a result is.

    Attributes:
        status: FHIR observation-status.
        out: since when it is out; None while it is preliminary.
    """

    status: str
    out: datetime | None


def write_results(batch: Batch, slots: Sequence[Slot], interpret: Interpret) -> dict[int, Done]:
    """Writes what is fresh on the slots.

    Returns:
        What became of each value, by its place in the batch.
    """
    rows: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    standings: dict[UUID, Standing] = {}
    for slot in slots:
        changed = _changed(slot)
        standings[slot.id] = standing = _standing(slot, changed=changed)
        if slot.head is None or changed:
            row = _version(batch, slot, standing)
            rows.append(row)
            values += _values(slot, row, interpret)
        else:
            values += _more(batch, slot, slot.head, standing, interpret)
    old = [slot.head.id for slot in slots if slot.head and slot.head.test_id in _ids(rows)]
    results.retire(batch.connection, old)
    _write_tests(batch, slots, standings)
    results.add(batch.connection, rows, values)
    _settle(batch, {slot.order.id: slot.order for slot in slots if slot.order.status in TO_DO})
    return {placed.at: Done(slot.id) for slot in slots for placed in slot.later}


def _ids(rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    return {row["test_id"] for row in rows}


def _changed(slot: Slot) -> bool:
    """Whether the source says otherwise than before."""
    return any(
        parameter_id in slot.stored and not _same(placed.reading, slot.stored[parameter_id])
        for parameter_id, placed in slot.fresh.items()
    )


def _same(reading: Reading, row: Row[Any]) -> bool:
    said = (reading.value, reading.comparator, reading.choice, reading.text)
    return said == (row.value, row.comparator, row.choice, row.text)


def _standing(slot: Slot, *, changed: bool) -> Standing:
    """Final when every value is; what is out does not become preliminary again."""
    head = slot.head
    said = [placed.said for placed in slot.fresh.values()]
    rest = [row for parameter_id, row in slot.stored.items() if parameter_id not in slot.fresh]
    was_out = head is not None and head.released_at is not None
    final = all(one.status != PRELIMINARY for one in said) and all(row.released for row in rest)
    if not final and not was_out:
        return Standing(PRELIMINARY, None)
    issued = max((one.issued_at for one in said if one.status != PRELIMINARY), default=None)
    if head is not None and was_out and not changed:
        return Standing(head.status, head.released_at)
    if was_out and changed:
        return Standing("corrected", issued or max(one.issued_at for one in said))
    statuses = {one.status for one in said}
    return Standing(next(one for one in WORST_FIRST if one in statuses), issued)


def _version(batch: Batch, slot: Slot, standing: Standing) -> dict[str, Any]:
    said = [placed.said for placed in slot.fresh.values()]
    person = next((one.performer_id for one in said if one.performer_id), None)
    out = standing.out is not None
    corrected = standing.status in ("corrected", "amended")
    return {
        "id": new_id(), "test_id": slot.id, "patient_id": slot.order.patient_id,
        "version": slot.head.version + 1 if slot.head else 1, "status": standing.status,
        "current": True, "source": "import",
        "instrument": next((one.instrument for one in said if one.instrument), None),
        "observed_at": max(one.observed_at for one in said),
        "entered_by": batch.mover.actor_id, "entered_at": batch.at,
        "accepted_by": batch.mover.actor_id, "accepted_at": batch.at,
        "verified_by": person if out else None,
        "verified_at": standing.out if person else None,
        "verified_how": "person" if person and out else None,
        "released_by": person if out else None, "released_at": standing.out,
        "reason": REASON if corrected else None,
        "comment": next((one.note for one in said if one.note), None),
    }  # fmt: skip


def _values(slot: Slot, result: Mapping[str, Any], interpret: Interpret) -> list[dict[str, Any]]:
    """All values of a new version: those that come, and those before that stay."""
    kept = [
        {**row._asdict(), "id": new_id(), "result_id": result["id"], "current": True}
        for parameter_id, row in slot.stored.items()
        if parameter_id not in slot.fresh
    ]
    return [*kept, *(_value(slot, result, placed, interpret) for placed in slot.fresh.values())]


def _value(
    slot: Slot, result: Mapping[str, Any], placed: Placed, interpret: Interpret
) -> dict[str, Any]:
    taken = slot.specimen.collected_at or placed.said.observed_at
    row = value_row(result, placed.reading, interpret(slot, placed), taken)
    return row | {"released": placed.said.status != PRELIMINARY}


def _more(
    batch: Batch, slot: Slot, head: Row[Any], standing: Standing, interpret: Interpret
) -> Iterator[dict[str, Any]]:
    """Values that a result had not yet, and what was preliminary and is final now."""
    final = [
        slot.stored[parameter_id].id
        for parameter_id, placed in slot.fresh.items()
        if parameter_id in slot.stored and placed.said.status != PRELIMINARY
    ]
    imports.release_values(batch.connection, final)
    if (head.status, head.released_at) != standing:
        imports.change_result(
            batch.connection, head.id, status=standing.status, released_at=standing.out
        )
    for parameter_id, placed in slot.fresh.items():
        if parameter_id not in slot.stored:
            yield _value(slot, head._asdict(), placed, interpret)


def _write_tests(batch: Batch, slots: Sequence[Slot], standings: Mapping[UUID, Standing]) -> None:
    new = []
    for slot in slots:
        columns = _stand(batch, slot, standings[slot.id])
        if slot.row is None:
            new.append({**_test(slot), **columns})
        elif any(getattr(slot.row, name) != columns[name] for name in ("status", "specimen_id")):
            imports.change_test(batch.connection, slot.id, **columns)
    rows = orders.add_tests(batch.connection, new)
    moves.write(batch.connection, "test", rows, name="import", mover=batch.mover, at=batch.at)


def _stand(batch: Batch, slot: Slot, standing: Standing) -> dict[str, Any]:
    """Where the test stands with its result."""
    status = "corrected" if standing.status == "corrected" else "released"
    delay = slot.kind.release_delay if slot.kind.sensitive else None
    visible_at = standing.out + delay if standing.out and delay else standing.out
    return {
        "status": status if standing.out else "technically-accepted",
        "specimen_id": slot.specimen.id,
        "released_at": standing.out,
        "visible_at": visible_at,
        "updated_by": batch.mover.actor_id,
        "updated_at": batch.at,
    }


def _test(slot: Slot) -> dict[str, Any]:
    order = slot.order
    return {
        "id": slot.id, "order_id": order.id, "patient_id": order.patient_id,
        "test_type_id": slot.kind.id, "priority": order.priority, "origin": "ordered",
        "ordered_at": order.ordered_at,
        "due_at": due(slot.kind, order.priority, order.ordered_at),
    }  # fmt: skip


def _settle(batch: Batch, waiting: Mapping[UUID, Row[Any]]) -> None:
    """An order whose tests are all out is over; a tube that no test waits for is not taken."""
    tests = orders.of_orders(batch.connection, "tests", waiting.keys())
    for order_id, order in waiting.items():
        needed = {one.specimen_id for one in tests[order_id] if one.status in OPEN_TEST}
        _cancel_tubes(batch, order_id, needed)
        if ending([one.status for one in tests[order_id]]) == "complete":
            for row in step(
                batch.connection, "order", [order.id], "complete", batch.mover, batch.at,
                ended_at=batch.at,
            ):  # fmt: skip
                tell(batch, row)


def _cancel_tubes(batch: Batch, order_id: UUID, needed: Collection[UUID]) -> None:
    tubes = orders.specimens_of(batch.connection, order_id)
    ids = [one.id for one in tubes if one.status == "requested" and one.id not in needed]
    step(batch.connection, "specimen", ids, "cancel", batch.mover, batch.at)
