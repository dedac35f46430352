"""Who may read a chart, on plain values.

A chart is read by its patient, by those who treat them, by those whom the patient lets in, and
in an emergency by breaking the glass. What the patient has said of it goes by FHIR's Consent:
the provision that names the reader most closely holds (the person before the role, the role
before everybody), and of two that name them alike the one that denies. Breaking the glass
overrides a denial; it is told to the privacy officer and reviewed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from deployments.access import Permission, Principal


@dataclass(frozen=True, slots=True)
class Basis:
    """Why somebody may read; `str()` of it stands in the audit row.

    Attributes:
        why: own, encounter, appointment, order, consent, break-glass, admission, review, import.
        source_id: the encounter, the consent, ...
    """

    why: str
    source_id: UUID | None = None

    def __str__(self) -> str:
        """`encounter:<id>`, or the bare word."""
        return f"{self.why}:{self.source_id}" if self.source_id else self.why


OWN = Basis("own")
ADMISSION = Basis("admission")
REVIEW = Basis("review")
IMPORT = Basis("import")


@dataclass(frozen=True, slots=True)
class Provision:
    """What a patient has said, in force now.

    Attributes:
        permits: False denies.
        practitioner_id: whom it names; None names a role or everybody.
        role: which role it names.
        kinds: FHIR resource types that it speaks of; empty means all.
    """

    id: UUID
    permits: bool
    practitioner_id: UUID | None = None
    role: str | None = None
    kinds: frozenset[str] = frozenset()

    def closeness(self, reader: Principal, kind: str) -> int:
        """How closely it names the reader: 3 in person, 2 by role, 1 with everybody, 0 not."""
        if self.kinds and kind not in self.kinds:
            return 0
        if self.practitioner_id is not None:
            return 3 if self.practitioner_id == reader.user_id else 0
        if self.role is not None:
            return 2 if self.role in reader.roles else 0
        return 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a reader and a chart at one moment.

    Attributes:
        relation: a treatment relation that holds now.
        grant_id: a broken glass that has not run out.
        provisions: what the patient has said and is in force, about anybody.
    """

    relation: Basis | None = None
    grant_id: UUID | None = None
    provisions: Sequence[Provision] = ()


def decide(reader: Principal, kind: str, facts: Facts) -> Basis | None:
    """Why a member of the staff may read data of this kind; None when they may not."""
    if not reader.has(Permission.RECORDS_READ_TREATED):
        return None
    word = governing(reader, kind, facts.provisions)
    if word is None or word.permits:
        if facts.relation is not None:
            return facts.relation
        if word is not None:
            return Basis("consent", word.id)
    return Basis("break-glass", facts.grant_id) if facts.grant_id else None


def governing(reader: Principal, kind: str, provisions: Iterable[Provision]) -> Provision | None:
    """The provision that holds for the reader: the closest one, denial before permission."""
    ranked = [
        (closeness, not provision.permits, provision.id, provision)
        for provision in provisions
        if (closeness := provision.closeness(reader, kind))
    ]
    return max(ranked)[-1] if ranked else None
