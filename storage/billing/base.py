"""Metadata of the billing database."""

from sqlalchemy.orm import DeclarativeBase

from storage.columns import service_metadata


class Base(DeclarativeBase):
    """Metadata of the billing database."""

    metadata = service_metadata()
