"""What the parts of an import share."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from deployments.laboratory.catalogue_shapes import Snapshot
from storage.laboratory.moves import Mover


@dataclass(frozen=True)
class Batch:
    """One transaction of an import.

    Attributes:
        mover: the importer.
        at: when it is taken in.
        zone: whose days accession numbers count.
    """

    connection: Connection
    snapshot: Snapshot
    mover: Mover
    at: datetime
    zone: ZoneInfo


class Done(NamedTuple):
    """What became of one resource.

    Attributes:
        object_id: what it is here; None when it is refused.
        reason: why it is refused, without quoting it.
        changed: whether anything was written.
    """

    object_id: UUID | None
    reason: str | None = None
    changed: bool = True
