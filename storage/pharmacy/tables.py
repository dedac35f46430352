"""All tables of the pharmacy database, in one place for repositories and migrations."""

from storage.pharmacy.base import Base

__all__ = ["Base"]
