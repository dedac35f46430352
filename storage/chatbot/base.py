"""Metadata of the chatbot database."""

from sqlalchemy.orm import DeclarativeBase

from storage.columns import service_metadata


class Base(DeclarativeBase):
    """Metadata of the chatbot database."""

    metadata = service_metadata()
