"""Rows of the users service."""
