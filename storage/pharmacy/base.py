"""Metadata of the pharmacy database."""

from sqlalchemy.orm import DeclarativeBase

from storage.columns import service_metadata


class Base(DeclarativeBase):
    """Metadata of the pharmacy database."""

    metadata = service_metadata()
