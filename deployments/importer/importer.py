"""Imports FHIR files: types in the order in which they need each other, whatever the files' order.

Files are read once to see what is in them, and again for each type that they hold, so that a large
import needs little memory and writes no copy of anybody's data.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from deployments.errors import DomainError
from deployments.importer.charting import MAPPERS, Charting
from deployments.importer.fhir.shape import NotTaken, objects
from deployments.importer.ports import Progress
from deployments.importer.reading import Entry, Json, Unreadable, read
from deployments.importer.references import keys_named, keys_of
from deployments.importer.report import Outcome, Report, reason_of
from deployments.importer.surroundings import Charted
from deployments.importer.taking import Taking
from deployments.importer.testing import KINDS, Testing
from storage.database import ConstraintViolated

ORDER: Final = (
    "Location",
    "PractitionerRole",
    "Practitioner",
    "Patient",
    "Schedule",
    "Appointment",
    *(kind for kind in MAPPERS if kind != "Observation"),
    *KINDS,
)
"""Types that are taken. A PractitionerRole comes before the person: it says what the person is.
Observations come after the laboratory's orders and specimens, whose results some of them are.
"""

AT_ONCE: Final = 12
TOGETHER: Final = 100
"""So many resources of charts or the laboratory go in one transaction."""
UNREADABLE: Final = "(unreadable)"

Change = Callable[[Json], Json]
Take = Callable[[Entry], Awaitable[Outcome]]
TakeTogether = Callable[[str, Sequence[Entry]], Awaitable[list[Charted]]]


class Importer:
    """One import.

    Args:
        taking: where people and visits go.
        charting: where charts go.
        testing: where the laboratory's resources go.
        report: what became of them.
        progress: who is told how far it is.
        change: applied to each resource before it is taken.
    """

    def __init__(
        self,
        taking: Taking,
        charting: Charting,
        testing: Testing,
        report: Report,
        progress: Progress,
        change: Change = lambda resource: resource,
    ) -> None:
        self._taking = taking
        self._charting = charting
        self._testing = testing
        self._report = report
        self._progress = progress
        self._change = change
        self._totals: Counter[str] = Counter()
        self._holding: dict[str, list[Path]] = defaultdict(list)

    async def run(self, paths: Sequence[Path]) -> None:
        """Takes everything that can be taken; the report says what could not."""
        for path in dict.fromkeys(paths):
            self._survey(path)
        takes: dict[str, Take] = {
            "Location": self._taking.location,
            "PractitionerRole": self._taking.practitioner_role,
            "Practitioner": self._taking.practitioner,
            "Patient": self._taking.patient,
            "Schedule": self._taking.schedule,
            "Appointment": self._taking.appointment,
        }
        together: dict[str, TakeTogether] = {
            **dict.fromkeys(KINDS, self._testing.take),
            "Observation": self._testing.take_observations,
        }
        for kind in ORDER:
            if kind in takes and kind in self._totals:
                await self._pass(kind, takes[kind])
            elif kind in self._totals:
                await self._chart(kind, together.get(kind, self._charting.take))
            if kind == "Practitioner":
                self._refuse_roles_of_nobody()

    def _survey(self, path: Path) -> None:
        """Counts what is in the file, and refuses what cannot be read or has no service."""
        for item in read(path):
            if isinstance(item, Unreadable):
                self._report.refuse(UNREADABLE, item.where, "-", item.reason)
            elif item.kind not in ORDER:
                self._report.refuse(item.kind, item.where, item.name, "not yet taken")
            else:
                self._charting.foresee(item)
                self._testing.foresee(item)
                self._totals[item.kind] += 1
                if path not in self._holding[item.kind]:
                    self._holding[item.kind].append(path)

    async def _pass(self, kind: str, take: Take) -> None:
        self._progress.begin(kind, self._totals[kind])
        for batch in _batches(self._entries(kind)):
            outcomes = await asyncio.gather(*(_attempt(entry, take) for entry in batch))
            for entry, outcome in zip(batch, outcomes, strict=True):
                self._account(entry, outcome, self._taking.left_out(entry))
                self._progress.advance(kind)

    async def _chart(self, kind: str, take: TakeTogether) -> None:
        self._progress.begin(kind, self._totals[kind])
        entries = self._entries(kind)
        while batch := list(islice(entries, TOGETHER)):
            charted = await take(kind, batch)
            for entry, one in zip(batch, charted, strict=True):
                self._account(entry, one.outcome, one.left_out)
                self._progress.advance(kind)

    def _entries(self, kind: str) -> Iterator[Entry]:
        for path in self._holding[kind]:
            for item in read(path):
                if isinstance(item, Entry) and item.kind == kind:
                    yield replace(item, resource=self._change(item.resource))

    def _account(self, entry: Entry, outcome: Outcome | str, left_out: Iterable[str]) -> None:
        if isinstance(outcome, Outcome):
            self._report.count(entry.kind, outcome)
            for part in left_out:
                self._report.left_out(entry.where, entry.name, part)
        else:
            self._report.refuse(entry.kind, entry.where, entry.name, outcome)

    def _refuse_roles_of_nobody(self) -> None:
        for role in self._taking.roles_of_nobody():
            self._report.counts[role.kind, Outcome.NOTED] -= 1
            reason = "practitioner: not in the files, or not taken"
            self._report.refuse(role.kind, role.where, role.name, reason)


async def _attempt(entry: Entry, take: Take) -> Outcome | str:
    """What became of the entry, or why it was refused: codes and field names, no values."""
    try:
        return await take(entry)
    except NotTaken as refusal:
        return str(refusal)
    except (DomainError, ConstraintViolated) as refusal:
        return reason_of(refusal)


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries that may be taken at once: no two speak of the same person or thing.

    So of two visits at the same time it is always the first in the file that is taken.
    """
    batch: list[Entry] = []
    spoken_of: set[str] = set()
    for entry in entries:
        keys = set(_keys(entry))
        if len(batch) == AT_ONCE or not spoken_of.isdisjoint(keys):
            yield batch
            batch, spoken_of = [], set()
        batch.append(entry)
        spoken_of |= keys
    if batch:
        yield batch


def _keys(entry: Entry) -> Iterator[str]:
    yield from keys_of(entry)
    for participant in objects(entry.resource.get("participant")):
        yield from keys_named(participant.get("actor"), entry.kind)
