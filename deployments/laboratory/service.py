"""The operations of the laboratory, by what they are about."""

from deployments.clock import Clock, utc_now
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.desk import Desk
from deployments.laboratory.test_types import TestTypes
from storage.database import Database


class LaboratoryService:
    """Everything that can be done in the laboratory; so far, its catalogue.

    Args:
        database: of this service.
        clock: tells the time.

    Attributes:
        test_types: the catalogue.
    """

    def __init__(self, database: Database, *, clock: Clock = utc_now) -> None:
        self.test_types = TestTypes(Desk(database, Catalogue(database), clock))
