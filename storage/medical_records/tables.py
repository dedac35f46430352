"""All tables of the medical records database, in one place for repositories and migrations."""

from storage.medical_records.base import Base

__all__ = ["Base"]
