"""Imported values: placed on tests, put together to results, flagged as they were reported.

A result that only the source has written takes more values; a value that the source has changed
makes a new version. What this laboratory has measured itself is never touched.
"""

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from deployments.laboratory.catalogue_shapes import Limit, Parameter, Span
from deployments.laboratory.errors import WrongUnit
from deployments.laboratory.flags import interpret
from deployments.laboratory.import_book import Book, Placed, Slot
from deployments.laboratory.import_results import write_results
from deployments.laboratory.import_schemas import UNKNOWN_CODE, ImportedValue
from deployments.laboratory.import_shapes import Batch, Done
from deployments.laboratory.readings import (
    Fault,
    Interpreted,
    Reading,
    Whose,
    meaning,
    read_history,
)
from deployments.laboratory.units import to_catalogue
from deployments.laboratory.versions import whose_is

CRITICAL: Final = frozenset({"LL", "HH"})


def write(batch: Batch, imported: Sequence[tuple[ImportedValue, UUID | None]]) -> list[Done]:
    """Writes values; each with the test that it was part of before.

    Returns:
        What became of each; `UNKNOWN_CODE` where nothing in the catalogue is measured by it.
    """
    book = Book(batch, {one.order_id for one, _ in imported})
    done: dict[int, Done] = {}
    touched: dict[UUID, Slot] = {}
    for at, (one, _) in enumerate(imported):
        found = _place(book, at, one)
        if isinstance(found, str):
            done[at] = Done(None, found)
        else:
            touched[found.id] = found
    done |= write_results(batch, list(touched.values()), partial(interpreted, zone=batch.zone))
    return [done[at] for at in range(len(imported))]


def _place(book: Book, at: int, one: ImportedValue) -> Slot | str:
    """The test that the value belongs to; or why it cannot be taken."""
    order = book.orders.get(one.order_id)
    if order is None or order.patient_id != one.patient_id:
        return "basedOn: an order of another patient, or none"
    parameter = book.find_parameter(one)
    if parameter is None:
        return UNKNOWN_CODE
    reading = read_history(parameter, one.value, one.unit)
    if isinstance(reading, Fault):
        return f"value: {reading.reason}{_wanted(parameter, reading)}"
    slot = book.slot_for(one, parameter)
    if slot is None:
        return "specimen: of another order"
    if slot.head is not None and slot.head.source != "import":
        return "result: the laboratory has measured it itself"
    slot.put(Placed(at, one, reading))
    return slot


def _wanted(parameter: Parameter, fault: Fault) -> str:
    return f", {parameter.code} is in {parameter.unit}" if fault.reason == "wrong_unit" else ""


def interpreted(slot: Slot, placed: Placed, *, zone: tzinfo) -> Interpreted:
    """What was reported beside the value; by the catalogue where nothing was.

    Limits that were reported without a flag give the flag; a flag without limits stands alone.

    Args:
        slot: the test.
        placed: the value.
        zone: of the hospital, whose days the patient's age counts.
    """
    one, reading = placed.said, placed.reading
    taken = slot.specimen.collected_at or one.observed_at
    whose = whose_is(slot.order, taken.astimezone(zone))
    normal = _normal(one, reading)
    if one.flag is None and normal == Span():
        return meaning(reading, whose)
    limit = Limit("male", 0, None, normal, Span(), "the source") if normal != Span() else None
    flag = one.flag or _flag(reading, limit, whose)
    choice = reading.parameter.choice(reading.choice) if reading.choice else None
    return Interpreted(flag, flag in CRITICAL or bool(choice and choice.critical), limit)


def _flag(reading: Reading, limit: Limit | None, whose: Whose) -> Any:
    if reading.value is None:
        return meaning(reading, whose).flag
    return interpret(reading.value, limit, reading.comparator).flag


def _normal(one: ImportedValue, reading: Reading) -> Span:
    """Reported limits in the unit of the catalogue; none when they are in another."""
    if reading.value is None:
        return Span()
    ends = (one.normal_low, one.normal_high)
    return Span(*(_converted(end, one.unit, reading.parameter) for end in ends))


def _converted(end: Decimal | None, unit: str | None, parameter: Parameter) -> Decimal | None:
    try:
        return None if end is None else to_catalogue(end, unit, parameter)
    except WrongUnit:
        return None
