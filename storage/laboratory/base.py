"""Metadata of the laboratory database."""

from sqlalchemy.orm import DeclarativeBase

from storage.columns import service_metadata


class Base(DeclarativeBase):
    """Metadata of the laboratory database."""

    metadata = service_metadata()
