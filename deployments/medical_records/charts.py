"""The medical record itself: opened once, by whoever first treats the patient."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.medical_records.access_schemas import OpenedRecord
from deployments.medical_records.desk import Desk
from deployments.medical_records.errors import RecordNotFound
from storage.medical_records import access

KIND = "Patient"


class Charts:
    """Opens records and finds them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def open(self, principal: Principal, patient_id: UUID) -> OpenedRecord:
        """Opens the record, or answers the one that is open; every first writing does it too.

        Raises:
            RecordNotFound: no such patient, or none that the caller treats.
        """

        def work(connection: Connection, _now: datetime) -> OpenedRecord:
            return _find(connection, patient_id)

        return await self._desk.gate.write(
            principal, patient_id, KIND, "record-opened", work, Permission.RECORDS_WRITE
        )

    async def get(self, principal: Principal, patient_id: UUID) -> OpenedRecord:
        """The record.

        Raises:
            RecordNotFound: none was opened, or none that the caller may know of.
        """
        return await self._desk.gate.read(
            principal, patient_id, KIND, lambda connection: _find(connection, patient_id)
        )


def _find(connection: Connection, patient_id: UUID) -> OpenedRecord:
    row = access.find_record(connection, patient_id)
    if row is None:
        raise RecordNotFound
    return OpenedRecord.model_validate(row)
