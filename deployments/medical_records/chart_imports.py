"""Taking over charts that another system kept; a batch is one transaction."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records import (
    allergies,
    conditions,
    histories,
    medications,
    treatments,
)
from deployments.medical_records.allergy_schemas import ImportedAllergy
from deployments.medical_records.condition_schemas import ImportedCondition
from deployments.medical_records.desk import Desk
from deployments.medical_records.entry_imports import import_many
from deployments.medical_records.entry_schemas import ImportReceipts
from deployments.medical_records.errors import EntryInconsistent
from deployments.medical_records.history_schemas import ImportedHistory
from deployments.medical_records.medication_schemas import ImportedMedication
from deployments.medical_records.procedure_schemas import ImportedProcedure
from storage.database import ConstraintViolated


class ChartImports:
    """Operations of the importer; each is idempotent by identifier.

    Codes are taken as the other system gives them. All need RECORDS_IMPORT.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def import_conditions(
        self, principal: Principal, imported: Sequence[ImportedCondition]
    ) -> ImportReceipts:
        """Takes in problems and diagnoses.

        Raises:
            Forbidden: not the importer.
            EntryInconsistent: one contradicts itself; none is taken in.
        """

        def work(connection: Connection, now: datetime) -> ImportReceipts:
            columns = conditions.imported_columns
            return import_many(connection, principal, conditions.CONDITIONS, imported, columns, now)

        return await self.take(work, {one.patient_id for one in imported})

    async def import_allergies(
        self, principal: Principal, imported: Sequence[ImportedAllergy]
    ) -> ImportReceipts:
        """Takes in allergies, and that none is known.

        Raises:
            DomainError: as `import_conditions`.
        """

        def work(connection: Connection, now: datetime) -> ImportReceipts:
            return allergies.take_imported(connection, principal, imported, now)

        return await self.take(work, {one.patient_id for one in imported})

    async def import_medications(
        self, principal: Principal, imported: Sequence[ImportedMedication]
    ) -> ImportReceipts:
        """Takes in what patients take.

        Raises:
            DomainError: as `import_conditions`.
        """

        def work(connection: Connection, now: datetime) -> ImportReceipts:
            columns = medications.imported_columns
            return import_many(
                connection, principal, medications.MEDICATIONS, imported, columns, now
            )

        return await self.take(work, {one.patient_id for one in imported})

    async def import_procedures(
        self, principal: Principal, imported: Sequence[ImportedProcedure]
    ) -> ImportReceipts:
        """Takes in procedures.

        Raises:
            DomainError: as `import_conditions`.
        """

        def work(connection: Connection, now: datetime) -> ImportReceipts:
            columns = treatments.imported_columns
            return import_many(connection, principal, treatments.PROCEDURES, imported, columns, now)

        return await self.take(work, {one.patient_id for one in imported})

    async def import_histories(
        self, principal: Principal, imported: Sequence[ImportedHistory]
    ) -> ImportReceipts:
        """Takes in medical history.

        Raises:
            DomainError: as `import_conditions`.
        """

        def work(connection: Connection, now: datetime) -> ImportReceipts:
            columns = histories.imported_columns
            return import_many(connection, principal, histories.HISTORIES, imported, columns, now)

        return await self.take(work, {one.patient_id for one in imported})

    async def take(
        self,
        work: Callable[[Connection, datetime], ImportReceipts],
        patient_ids: Collection[UUID],
    ) -> ImportReceipts:
        """Runs one batch in one transaction; kept answers about its patients are dropped.

        Raises:
            EntryInconsistent: a constraint refused an entry, and so the batch.
        """
        try:
            receipts = await self._desk.database.transact(
                lambda connection: work(connection, self._desk.clock())
            )
        except ConstraintViolated as violated:
            raise EntryInconsistent(f"{violated.constraint} speaks against an entry") from None
        for patient_id in patient_ids:
            await self._desk.changed(patient_id)
        return receipts
