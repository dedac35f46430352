"""What the operations of this service work with."""

from dataclasses import dataclass

from deployments.clock import Clock
from deployments.laboratory.catalogue import Catalogue
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of one replica."""

    database: Database
    catalogue: Catalogue
    clock: Clock
