"""Orders that values are imported for: which tests they have, and on which a value belongs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from deployments.laboratory import import_specimens
from deployments.laboratory.catalogue_shapes import Parameter, Snapshot, Test
from deployments.laboratory.import_schemas import ImportedValue
from deployments.laboratory.import_shapes import Batch
from deployments.laboratory.readings import Reading
from storage.columns import new_id
from storage.laboratory import imports, orders, results

ENDED = frozenset({"cancelled", "rejected"})


@dataclass(frozen=True)
class Placed:
    """A value that fits: where it stands in the batch, what was said, how it is read."""

    at: int
    said: ImportedValue
    reading: Reading


@dataclass
class Slot:
    """A test of an order, there or to be added, and what is known of its result.

    Attributes:
        row: None while the test is not there yet.
        head: the newest version of the result.
        stored: what it says, by parameter.
        fresh: what comes now, by parameter; of several the last counts.
    """

    id: UUID
    order: Row[Any]
    kind: Test
    specimen: Row[Any]
    row: Row[Any] | None = None
    head: Row[Any] | None = None
    stored: Mapping[UUID, Row[Any]] = field(default_factory=dict)
    fresh: dict[UUID, Placed] = field(default_factory=dict)
    later: list[Placed] = field(default_factory=list)

    def put(self, placed: Placed) -> None:
        """Notes what comes now."""
        self.later.append(placed)
        self.fresh[placed.reading.parameter.id] = placed


class Book:
    """Orders, locked, with their specimens and tests.

    Args:
        batch: the transaction.
        order_ids: which.
    """

    def __init__(self, batch: Batch, order_ids: Collection[UUID]) -> None:
        self._batch = batch
        connection = batch.connection
        self.orders = imports.lock_orders(connection, order_ids)
        self.specimens = orders.of_orders(connection, "specimens", order_ids)
        tests = orders.of_orders(connection, "tests", order_ids)
        every = [test for of_order in tests.values() for test in of_order]
        heads = results.heads(connection, [test.id for test in every])
        values = results.values_of(connection, [head.id for head in heads.values()])
        self.slots: dict[UUID, list[Slot]] = {one: [] for one in order_ids}
        for test in every:
            if test.status not in ENDED:
                self.slots[test.order_id].append(self._slot(test, heads.get(test.id), values))

    def _slot(
        self, test: Row[Any], head: Row[Any] | None, values: Mapping[UUID, list[Row[Any]]]
    ) -> Slot:
        tubes = self.specimens[test.order_id]
        specimen = next(one for one in tubes if one.id == test.specimen_id)
        kind = self._batch.snapshot.tests[test.test_type_id]
        stored = {one.parameter_id: one for one in values[head.id]} if head else {}
        return Slot(test.id, self.orders[test.order_id], kind, specimen, test, head, stored)

    def find_parameter(self, one: ImportedValue) -> Parameter | None:
        """What was measured; of several with the same code the one that was ordered."""
        ordered = {slot.kind.id for slot in self.slots[one.order_id]}
        for code in one.codes:
            own = self._batch.snapshot.find_parameter(code)
            candidates = [own] if own else self._by_loinc.get(code, [])
            if candidates:
                wanted = (item for item in candidates if item.test_type_id in ordered)
                return next(wanted, candidates[0])
        return None

    @cached_property
    def _by_loinc(self) -> dict[str, list[Parameter]]:
        return by_loinc(self._batch.snapshot)

    def slot_for(self, one: ImportedValue, parameter: Parameter) -> Slot | None:
        """The test that the value belongs to; None when its specimen is of another order."""
        tubes = self.specimens[one.order_id]
        given = next((tube for tube in tubes if tube.id == one.specimen_id), None)
        if one.specimen_id is not None and given is None:
            return None
        kind = self._batch.snapshot.tests[parameter.test_type_id]
        slots = [slot for slot in self.slots[one.order_id] if slot.kind.id == kind.id]
        same = (slot for slot in slots if _is_of(slot, one))
        waiting = (slot for slot in slots if slot.head is None and not slot.fresh)
        found = next(same, None) or next(waiting, None)
        if found is None:
            tube = given or self._tube(one, kind)
            found = Slot(new_id(), self.orders[one.order_id], kind, tube)
            self.slots[one.order_id].append(found)
        elif given is not None:
            found.specimen = given
        return found

    def _tube(self, one: ImportedValue, kind: Test) -> Row[Any]:
        """The specimen of a value whose source names none: one that was taken then, or a new one.

        Nothing of a new one is left; it has a number so that the result can be found by it.
        """
        tubes = self.specimens[one.order_id]
        for tube in tubes:
            fits = (tube.type, tube.container) == (kind.specimen, kind.container)
            if fits and tube.collected_at == one.observed_at:
                return tube
        columns = {
            "type": kind.specimen, "container": kind.container, "status": "disposed",
            "collected_at": one.observed_at,
        }  # fmt: skip
        added = import_specimens.add(self._batch, [(self.orders[one.order_id], columns)])
        tubes += added
        return added[0]


def _is_of(slot: Slot, one: ImportedValue) -> bool:
    """Whether a test that has a result is the one of which the value is a part."""
    if one.specimen_id is not None:
        return bool(slot.specimen.id == one.specimen_id)
    return bool(slot.specimen.collected_at == one.observed_at)


def by_loinc(snapshot: Snapshot) -> dict[str, list[Parameter]]:
    """Parameters by LOINC code; a few have the same."""
    found: dict[str, list[Parameter]] = {}
    for test in snapshot.tests.values():
        for parameter in test.parameters:
            if parameter.loinc:
                found.setdefault(parameter.loinc, []).append(parameter)
    return found
