"""What the operations of this service work with."""

from dataclasses import dataclass

from deployments.clock import Clock
from deployments.medical_records.directory import Directory
from deployments.medical_records.gate import Changed, Gate
from deployments.medical_records.settings import RecordsSettings
from storage.database import Database


@dataclass(frozen=True)
class Desk:
    """The tools of one replica.

    Attributes:
        database: for what is about no single patient; a chart is opened through `gate` only.
        changed: drops kept answers about a patient; `gate` does it after each writing.
    """

    database: Database
    gate: Gate
    directory: Directory
    clock: Clock
    settings: RecordsSettings
    changed: Changed
