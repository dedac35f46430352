"""What the operations of this service work with."""

from dataclasses import dataclass

from deployments.clock import Clock
from deployments.journal import Journal
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.directory import Patients
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.sight import Sight
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of one replica."""

    database: Database
    catalogue: Catalogue
    patients: Patients
    sight: Sight
    journal: Journal
    clock: Clock
    settings: LaboratorySettings
