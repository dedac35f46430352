"""Reading specimens and what stands on them; each read is one audit row."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.laboratory import mapping
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import SpecimenNotFound
from deployments.laboratory.label import Label
from deployments.laboratory.recording import OBJECT, write_audit
from deployments.laboratory.specimen_schemas import LabSpecimen
from storage.laboratory import orders

KIND = OBJECT["specimen"]


class SpecimenReading:
    """What may be seen of specimens.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, specimen_id: UUID) -> LabSpecimen:
        """One specimen.

        Raises:
            SpecimenNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
        """
        row = await self._desk.database.read(lambda c: orders.find_specimen(c, specimen_id))
        patient_id = row.patient_id if row else None
        await self._desk.sight.check(principal, patient_id, KIND, refusal=SpecimenNotFound)
        if row is None:
            raise SpecimenNotFound

        def work(connection: Connection) -> LabSpecimen:
            now = self._desk.clock()
            write_audit(connection, principal, "specimen.read", KIND, row.id, now, row.patient_id)
            return mapping.specimen(row)

        return await self._desk.database.transact(work, keyed=False)

    async def find(self, principal: Principal, accession: str) -> LabSpecimen:
        """The specimen with that number, as a scanner asks for it.

        Raises:
            DomainError: as `get`.
        """
        row = await self._desk.database.read(lambda c: orders.find_by_accession(c, accession))
        if row is None:
            await self._desk.sight.check(principal, None, KIND, refusal=SpecimenNotFound)
            raise SpecimenNotFound
        return await self.get(principal, row.id)

    async def label(self, principal: Principal, specimen_id: UUID) -> Label:
        """What stands on the tube.

        Raises:
            DomainError: as `get`.
        """
        specimen = await self.get(principal, specimen_id)
        snapshot = await self._desk.catalogue.current()
        tests = await self._desk.database.read(lambda c: orders.tests_on(c, specimen_id))
        codes = sorted(snapshot.tests[one.test_type_id].code for one in tests)
        stat = any(one.priority == "stat" for one in tests)
        patient = specimen.patient_id.hex[-8:].upper()
        return Label(specimen.accession, patient, specimen.container, tuple(codes), stat)
