"""The settings of a command, and what is wrong with them in one line."""

from collections.abc import Mapping

from pydantic import ValidationError

from deployments.launch.errors import LaunchError
from deployments.settings import Settings
from storage.settings import StorageSettings


def read_settings() -> tuple[Settings, StorageSettings]:
    """The settings of this process.

    Raises:
        LaunchError: one of them is not allowed.
    """
    try:
        return Settings(), StorageSettings()
    except ValidationError as error:
        problems = [_in_words(problem) for problem in error.errors(include_url=False)]
        raise LaunchError("; ".join(problems)) from None


def _in_words(problem: Mapping[str, object]) -> str:
    location = problem["loc"]
    field = location[0] if isinstance(location, tuple) and location else ""
    setting = f"MEDRAY_{str(field).upper()}: " if field else ""
    return f"{setting}{problem['msg']}".replace("Value error, ", "")
