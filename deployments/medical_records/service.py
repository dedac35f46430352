"""The operations of the medical records service, by what they are about."""

from uuid import UUID

from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from deployments.medical_records.desk import Desk
from deployments.medical_records.directory import Directory, People
from deployments.medical_records.gate import Changed, Gate
from deployments.medical_records.settings import RecordsSettings
from storage.database import Database


async def _nothing_kept(_patient_id: UUID) -> None:
    """Drops nothing: no answers are kept."""


class RecordsService:
    """Everything that can be done with medical records.

    Args:
        database: of this service.
        people: the users service.
        journal: for audit rows without a transaction of their own.
        settings: how charts are opened.
        clock: tells the time.
        changed: drops kept answers about a patient.
    """

    def __init__(
        self,
        database: Database,
        people: People,
        journal: Journal,
        *,
        settings: RecordsSettings | None = None,
        clock: Clock = utc_now,
        changed: Changed = _nothing_kept,
    ) -> None:
        gate = Gate(database, journal, clock, changed)
        desk = Desk(database, gate, Directory(people), clock, settings or RecordsSettings())
        self.desk = desk
