"""Column types, names and identifiers that the tables of all services share."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import MetaData, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import mapped_column
from uuid_utils.compat import uuid7

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

UuidKey = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
Instant = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True))]


def new_id() -> UUID:
    """A UUIDv7: ordered by time, so that a new row lands at the end of its index."""
    return UUID(int=uuid7().int)


def service_metadata() -> MetaData:
    """The metadata of one service's database, with predictable constraint names."""
    return MetaData(naming_convention=NAMES)


house = service_metadata()
"""Tables that stand in every service's database: outbox, inbox, keys, audit."""
