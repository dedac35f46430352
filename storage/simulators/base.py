"""Metadata of the simulators' database."""

from sqlalchemy.orm import DeclarativeBase

from storage.columns import service_metadata


class Base(DeclarativeBase):
    """Metadata of the simulators' database."""

    metadata = service_metadata()
