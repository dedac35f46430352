"""Who is meant: patients and staff, taken in this run or known from an earlier one."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from deployments.importer.fhir.shape import NotTaken
from deployments.importer.ports import People
from deployments.importer.reading import Entry, Json
from deployments.importer.references import References, named_identifier

STAFF: Final = ("Practitioner", "PractitionerRole")


class Identities:
    """People, by every way in which a reference can name them.

    Args:
        people: who knows those of earlier imports.
    """

    def __init__(self, people: People) -> None:
        self._people = people
        self._patients: References[UUID] = References()
        self._staff: References[UUID] = References()

    def learn_patient(self, entry: Entry, patient_id: UUID) -> None:
        """From now on references to the entry mean this patient."""
        self._patients.learn(entry, patient_id)

    def learn_staff(self, entry: Entry, practitioner_id: UUID) -> None:
        """From now on references to the entry mean this member of the staff."""
        self._staff.learn(entry, practitioner_id)

    async def find_patient(self, reference: Any) -> UUID | None:
        """The patient that is meant."""
        return self._patients.find(reference, "Patient") or await self._asked(reference, "Patient")

    async def find_practitioner(self, reference: Any) -> UUID | None:
        """The member of the staff that is meant."""
        for kind in STAFF:
            if known := self._staff.find(reference, kind) or await self._asked(reference, kind):
                return known
        return None

    async def patient_among(self, references: Sequence[Any], where: str) -> UUID:
        """The first patient among the references; `where` names the field that holds them.

        Raises:
            NotTaken: none is known.
        """
        for reference in references:
            if known := await self.find_patient(reference):
                return known
        raise NotTaken(f"{where}: its Patient is neither in the files nor known by identifier")

    async def practitioner_among(self, references: Sequence[Json], where: str) -> UUID:
        """The first member of the staff among the references.

        Raises:
            NotTaken: none is known.
        """
        for reference in references:
            if known := await self.find_practitioner(reference):
                return known
        raise NotTaken(f"{where}: its Practitioner is neither in the files nor known by identifier")

    async def _asked(self, reference: Any, kind: str) -> UUID | None:
        """Somebody of an earlier import, whom the reference names by identifier."""
        if not isinstance(reference, dict) or (named := named_identifier(reference)) is None:
            return None
        text = str(reference.get("reference", ""))
        if kind not in {reference.get("type"), text.partition("?")[0]}:
            return None
        return await self._people.find_by_identifier(*named)
