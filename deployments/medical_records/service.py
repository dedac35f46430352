"""The operations of the medical records service, by what they are about."""

from deployments.clock import Clock, utc_now
from storage.database import Database


class RecordsService:
    """Everything that can be done with medical records.

    Args:
        database: of this service.
        clock: tells the time.
    """

    def __init__(self, database: Database, *, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock
