"""Taking over what another system measured and vaccinated, many in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records import immunizations, vital_shapes
from deployments.medical_records.chart_imports import ChartImports
from deployments.medical_records.entry_imports import import_many
from deployments.medical_records.entry_schemas import ImportReceipts
from deployments.medical_records.immunization_schemas import ImportedImmunization
from deployments.medical_records.vital_schemas import ImportedObservation


class ObservationImports:
    """Operations of the importer; each is idempotent by identifier.

    Args:
        imports: runs a batch.
    """

    def __init__(self, imports: ChartImports) -> None:
        self._imports = imports

    async def import_observations(
        self, principal: Principal, imported: Sequence[ImportedObservation]
    ) -> ImportReceipts:
        """Takes in vital signs, laboratory values and findings; codes and values as they come.

        Raises:
            Forbidden: not the importer.
        """

        def work(connection: Connection, now: datetime) -> ImportReceipts:
            kind, columns = vital_shapes.OBSERVATIONS, vital_shapes.imported_columns
            return import_many(connection, principal, kind, imported, columns, now)

        return await self._imports.take(work, {one.patient_id for one in imported})

    async def import_immunizations(
        self, principal: Principal, imported: Sequence[ImportedImmunization]
    ) -> ImportReceipts:
        """Takes in immunizations.

        Raises:
            Forbidden: not the importer.
            EntryInconsistent: one that was not done does not say why; none is taken in.
        """

        def work(connection: Connection, now: datetime) -> ImportReceipts:
            kind, columns = immunizations.IMMUNIZATIONS, immunizations.imported_columns
            return import_many(connection, principal, kind, imported, columns, now)

        return await self._imports.take(work, {one.patient_id for one in imported})
