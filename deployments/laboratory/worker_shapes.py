"""What a worker gives to the handler of a job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.settings import LaboratorySettings
from storage.laboratory.moves import Mover


class Job(NamedTuple):
    """One claimed piece of work.

    Attributes:
        object_id: the message, result or order that it is about.
        fence: number of this claim; a later claim has a higher one.
        attempts: how often it was claimed, this time included.
    """

    id: UUID
    kind: str
    object_id: UUID
    fence: int
    attempts: int


@dataclass(frozen=True)
class Tools:
    """What a handler works with.

    Attributes:
        snapshot: the catalogue now.
        mover: the hospital's own software, for audit and moves.
        at: when the work is done.
        settings: limits and paces.
    """

    snapshot: Snapshot
    mover: Mover
    at: datetime
    settings: LaboratorySettings


Handler = Callable[[Connection, Job, Tools], None]
"""Has its whole effect on the connection, in the transaction that also ends the job.

What it raises is kept as the error of the job, which is then tried again later.
"""
