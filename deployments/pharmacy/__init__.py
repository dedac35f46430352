"""The pharmacy service."""
