"""Optimistic locking: a change names the version that it was made from (If-Match)."""

from typing import Any

from sqlalchemy import Row

from deployments.errors import PreconditionFailed


def check_version(row: Row[Any], expected: int | None) -> None:
    """Passes when the row, locked by the caller, is the version that was expected.

    Raises:
        PreconditionFailed: somebody changed it meanwhile.
    """
    if expected is not None and row.version != expected:
        raise PreconditionFailed(f"it is at version {row.version} now")
