"""Metadata of the medical records database."""

from sqlalchemy.orm import DeclarativeBase

from storage.columns import service_metadata


class Base(DeclarativeBase):
    """Metadata of the medical records database."""

    metadata = service_metadata()
