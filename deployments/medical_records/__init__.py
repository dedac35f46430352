"""The medical records service."""
