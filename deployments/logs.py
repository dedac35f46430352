"""Structured logs without personal data, each line with the id of the request it belongs to."""

import logging
import traceback
from contextvars import ContextVar
from pathlib import Path
from typing import Final

ROOT: Final = "ray.serve.medray"  # below Serve's logger: its JSON files, its rotation
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def get_logger(name: str) -> logging.Logger:
    """A logger whose lines reach the replica's JSON log. Pass ids and codes as `extra`."""
    return logging.getLogger(f"{ROOT}.{name}")


def fault(error: BaseException) -> dict[str, object]:
    """An exception as `extra`: its type and where it came from, never its text (rule R31)."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__name__,
        "where": [f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames],
    }


def request_id() -> str | None:
    """The id of the request in progress."""
    return _request_id.get()


def begin_request(value: str | None) -> None:
    """Makes `value` the id of the request in progress."""
    _request_id.set(value)
