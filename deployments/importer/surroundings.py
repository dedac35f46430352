"""Whom and what a clinical resource is about, and how a batch is taken or refused."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TypeVar
from uuid import UUID

from deployments.clock import Clock, utc_now
from deployments.errors import DomainError
from deployments.importer.fhir import clinical
from deployments.importer.fhir.clinical import About
from deployments.importer.identities import Identities
from deployments.importer.ports import Received
from deployments.importer.reading import Entry
from deployments.importer.references import References
from deployments.importer.report import Outcome, reason_of
from storage.database import ConstraintViolated

T = TypeVar("T")


@dataclass(frozen=True)
class Charted:
    """What became of a resource, or why nothing did, and the parts that were left out."""

    outcome: Outcome | str
    left_out: Sequence[str]


@dataclass(frozen=True)
class Surroundings:
    """What clinical resources refer to.

    Attributes:
        identities: whom references mean.
        time_zone: whose day a date without a time is.
        clock: the time.
        encounters: those that were taken in this run.
    """

    identities: Identities
    time_zone: tzinfo
    clock: Clock = utc_now
    encounters: References[UUID] = field(default_factory=References)

    async def about(self, entry: Entry, *, replaced: bool = False) -> About:
        """Whom and what the resource is about.

        Raises:
            NotTaken: its patient is not known.
        """
        resource = entry.resource
        subject = "subject" if "subject" in resource else "patient"
        patient_id = await self.identities.patient_among([resource.get(subject)], subject)
        within = resource.get("partOf" if entry.kind == "Encounter" else "encounter")
        find = self.identities.find_practitioner
        return About(
            patient_id=patient_id,
            encounter_id=self.encounters.find(within, "Encounter"),
            staff=[await find(one) for one in clinical.people_in(resource)],
            time_zone=self.time_zone,
            now=self.clock(),
            replaced=replaced,
        )


async def take_halving(
    take: Callable[[Sequence[T]], Awaitable[Sequence[Received]]], entries: Sequence[T]
) -> list[Received]:
    """Takes all at once; when some are refused, finds out which, half by half."""
    if not entries:
        return []
    try:
        return list(await take(entries))
    except (DomainError, ConstraintViolated) as refusal:
        if len(entries) == 1:
            return [reason_of(refusal)]
    middle = len(entries) // 2
    return [
        *await take_halving(take, entries[:middle]),
        *await take_halving(take, entries[middle:]),
    ]
