"""What an import did: counts by resource type, and every resource that was not taken."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from deployments.errors import DomainError
from storage.database import ConstraintViolated


def reason_of(refusal: DomainError | ConstraintViolated) -> str:
    """Why a service refused, in codes and field names: its details may quote."""
    if isinstance(refusal, ConstraintViolated):
        return f"storage: breaks {refusal.args[0] or 'a rule without a name'}"
    fields = "; ".join(f"{one.pointer} {one.code}" for one in refusal.errors)
    return f"{refusal.code}: {refusal.title}" + (f" ({fields})" if fields else "")


class Outcome(StrEnum):
    """What became of one resource; `NOTED` ones are kept with the resources that refer to them."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOTED = "noted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Remark:
    """A line of the log: ids and reasons, never a name or another value of the resource.

    Attributes:
        refused: False when the resource was taken without the part that the reason names.
    """

    where: str
    resource: str
    reason: str
    refused: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.resource}: {self.reason}"


@dataclass
class Report:
    """Counts, while remarks are handed on one by one: a large file may cause many.

    Args:
        remark: told of each resource that was not, or not wholly, taken.
    """

    remark: Callable[[Remark], None]
    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)

    def count(self, kind: str, outcome: Outcome) -> None:
        """One resource more."""
        self.counts[kind, outcome] += 1

    def refuse(self, kind: str, where: str, resource: str, reason: str) -> None:
        """One resource was not taken."""
        self.count(kind, Outcome.REFUSED)
        self.remark(Remark(where, resource, reason))

    def left_out(self, where: str, resource: str, part: str) -> None:
        """A resource was taken without a part of it."""
        self.remark(Remark(where, resource, f"taken without {part}", refused=False))

    def of(self, outcome: Outcome) -> int:
        """How many resources had this outcome."""
        return sum(number for (_, reached), number in self.counts.items() if reached is outcome)

    @property
    def kinds(self) -> list[str]:
        """Resource types that were met, in order of the alphabet."""
        return sorted({kind for kind, _ in self.counts})
