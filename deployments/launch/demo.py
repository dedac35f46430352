"""The demo hospital of a new data folder, and who a visitor can be in it."""

import asyncio
import json

from deployments.access import Role
from deployments.importer.seed import DemoAccount, DemoNotLoaded, load_demo
from deployments.launch.errors import LaunchError
from deployments.launch.folder import DataFolder
from deployments.launch.settings import read_settings

_REMEMBERED = "demo-accounts.json"


def load_once(folder: DataFolder) -> None:
    """Fill the databases that the settings name, unless `folder` says that it was done.

    Raises:
        LaunchError: the files that come with medray could not be taken as a whole.
    """
    remembered = folder.path / _REMEMBERED
    if remembered.exists():
        return
    try:
        accounts = asyncio.run(load_demo(*read_settings()))
    except DemoNotLoaded as error:
        raise LaunchError(f"the demo hospital could not be loaded: {error}") from None
    remembered.write_text(json.dumps([vars(account) for account in accounts]))


def accounts_in(folder: DataFolder) -> list[DemoAccount]:
    """Who can sign in there; nobody without a demo hospital."""
    remembered = folder.path / _REMEMBERED
    if not remembered.exists():
        return []
    return [
        DemoAccount(Role(kept["role"]), kept["name"], kept["email"])
        for kept in json.loads(remembered.read_text())
    ]
