"""What an order asks for: panels taken apart, tubes counted, clocks set. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from deployments.laboratory.catalogue_shapes import Snapshot, Test
from deployments.laboratory.states import OPEN_TEST, OUT, UNDER_WAY, USABLE


@dataclass(frozen=True)
class Wanted:
    """One test that is wanted.

    Attributes:
        panel_id: the panel that it was ordered through.
        caused_by_id: the ordered test that asked for it, or that it replaces.
    """

    test: Test
    panel_id: UUID | None = None
    caused_by_id: UUID | None = None


@dataclass(frozen=True)
class Tube:
    """A specimen that is there or asked for, as far as it matters for another test."""

    id: UUID
    type: str
    container: str
    status: str
    collected_at: datetime | None


def expand(
    snapshot: Snapshot, codes: Iterable[str]
) -> tuple[list[Wanted], list[tuple[int, str, str]]]:
    """The tests behind codes or ids of tests and panels, each once.

    Returns:
        What is wanted, and what is wrong: position, code of the fault, words.
    """
    wanted: dict[UUID, Wanted] = {}
    faults = []
    for position, code in enumerate(codes):
        found = find(snapshot, code)
        if found is None:
            faults.append((position, "unknown", f"no test or panel {code!r}"))
        elif not found.active:
            faults.append((position, "retired", f"{found.code} is no longer offered"))
        elif found.kind == "test":
            wanted.setdefault(found.id, Wanted(found))
        else:
            for member in found.members:
                wanted.setdefault(member, Wanted(snapshot.tests[member], found.id))
    return list(wanted.values()), faults


def find(snapshot: Snapshot, code_or_id: str) -> Test | None:
    """A test or panel by code or id."""
    try:
        return snapshot.tests.get(UUID(code_or_id))
    except ValueError:
        return snapshot.find(code_or_id.upper()) or snapshot.find(code_or_id)


def repeated(wanted: Iterable[Wanted], statuses: Mapping[UUID, Collection[str]]) -> list[Test]:
    """Tests that the order has already, open or out; `statuses` are by test type."""
    taken = OPEN_TEST | OUT
    return [one.test for one in wanted if not taken.isdisjoint(statuses.get(one.test.id, ()))]


def share(
    wanted: Sequence[Wanted], tubes: Sequence[Tube], at: datetime, make: Callable[[Test], Tube]
) -> list[tuple[Wanted, Tube]]:
    """Gives every test a tube: one that fits, or a new one, shared by all that it fits.

    A tube fits when type and container do and, once collected, the test's stability limit has
    not passed.
    """
    known = list(tubes)
    shared = []
    for one in wanted:
        tube = next((tube for tube in known if fits(one.test, tube, at)), None)
        if tube is None:
            tube = make(one.test)
            known.append(tube)
        shared.append((one, tube))
    return shared


def fits(test: Test, tube: Tube, at: datetime) -> bool:
    """Whether the test can be done on the tube."""
    if (tube.type, tube.container) != (test.specimen, test.container):
        return False
    if tube.status not in UNDER_WAY | USABLE:
        return False
    return tube.collected_at is None or tube.collected_at + test.stability > at


def stable_until(tests: Iterable[Test], collected_at: datetime) -> datetime:
    """When the first of the tests can no longer be done."""
    return collected_at + min(test.stability for test in tests)


def due(test: Test, priority: str, ordered_at: datetime) -> datetime:
    """The end of the turnaround time."""
    return ordered_at + test.turnaround[priority]


def ending(statuses: Collection[str]) -> str | None:
    """What an order comes to when its tests stand so: `complete`, `revoke`, or nothing yet."""
    if not OPEN_TEST.isdisjoint(statuses):
        return None
    return "complete" if not OUT.isdisjoint(statuses) else "revoke"


def age_days(birth_date: date | None, at: datetime) -> int | None:
    """Days of life; None when the day of birth is not known."""
    return None if birth_date is None else max(0, (at.date() - birth_date).days)


def age_years(birth_date: date | None, at: datetime) -> int | None:
    """Whole years of life; None when the day of birth is not known."""
    if birth_date is None:
        return None
    day = at.date()
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
