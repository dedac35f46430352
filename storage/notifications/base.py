"""Metadata of the notifications database."""

from sqlalchemy.orm import DeclarativeBase

from storage.columns import service_metadata


class Base(DeclarativeBase):
    """The tables of this database."""

    metadata = service_metadata()
