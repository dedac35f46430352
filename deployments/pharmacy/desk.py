"""What the operations of this service work with."""

from dataclasses import dataclass

from deployments.clock import Clock
from deployments.journal import Journal
from deployments.pharmacy.directory import Patients
from deployments.pharmacy.settings import PharmacySettings
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of one replica."""

    database: Database
    patients: Patients
    journal: Journal
    clock: Clock
    settings: PharmacySettings
