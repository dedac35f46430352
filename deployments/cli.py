"""The command `medray`."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from deployments.gateway import openapi as documents
from deployments.importer import commands
from deployments.launch import screen
from deployments.launch.auditing import check_chains
from deployments.launch.configuration import ServeConfiguration
from deployments.launch.databases import pending_migrations, upgrade
from deployments.launch.demo import accounts_in
from deployments.launch.errors import LaunchError
from deployments.launch.folder import DataFolder
from deployments.launch.settings import read_settings
from deployments.launch.stack import Stack, end_leftovers
from deployments.launch.status import find_status, running_applications
from deployments.routers import all_routers
from storage.embedded.processes import EmbeddedServerError
from storage.settings import databases

application = typer.Typer(
    help="A hospital backend on Ray Serve.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold secrets
)
console = Console()

_DATA_DIR = Path(".medray")
_STOP_PATIENCE_S = 90.0
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

DataDir = Annotated[
    Path, typer.Option(envvar="MEDRAY_DATA_DIR", help="Folder of everything that is kept.")
]
Config = Annotated[Path, typer.Option(help="Which applications run, and how large.")]
Demo = Annotated[bool, typer.Option(help="Fill a new hospital with people and visits.")]
DashboardPort = Annotated[
    int, typer.Option(envvar="MEDRAY_DASHBOARD_PORT", help="Port of the Ray dashboard.")
]


@application.command()
def up(
    data_dir: DataDir = _DATA_DIR,
    config: Config = Path("serve_config.yaml"),
    dashboard_port: DashboardPort = 8265,
    demo: Demo = True,
) -> None:
    """Run everything on this machine until Ctrl-C."""
    for number in _ENDINGS:
        signal.signal(number, _interrupt)
    folder = DataFolder(data_dir)
    stack = Stack(folder, ServeConfiguration.read(config), dashboard_port, with_demo=demo)
    try:
        with screen.progress(console) as progress:
            stack.start(progress)
            progress.finish()
            seconds = progress.seconds
        screen.print_ready(console, stack.places(), accounts_in(folder), seconds)
        _tend(stack)
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        for number in _ENDINGS:
            signal.signal(number, signal.SIG_IGN)  # stopping takes seconds and must not be half
        stack.stop()


@application.command()
def down(data_dir: DataDir = _DATA_DIR) -> None:
    """Stop what `up` started in another shell."""
    folder = DataFolder(data_dir)
    owner = folder.owner()
    if owner is None:
        if folder.path.exists():
            folder.claim()
            end_leftovers(folder)
            folder.release()
        console.print(f"nothing is running in {folder.path}")
        return
    with console.status("stopping"):
        os.kill(owner, signal.SIGTERM)
        if not folder.wait_until_free(_STOP_PATIENCE_S):
            raise LaunchError(f"process {owner} did not stop in {_STOP_PATIENCE_S:.0f} s: kill it")
    console.print("stopped")


@application.command()
def status(data_dir: DataDir = _DATA_DIR) -> None:
    """Say how every application is; exit code 1 when one is not well."""
    DataFolder(data_dir).use_environment()
    found = find_status(running_applications(), read_settings()[1])
    screen.print_status(console, found)
    raise typer.Exit(0 if found.is_well else 1)


@application.command()
def migrate(data_dir: DataDir = _DATA_DIR) -> None:
    """Bring every service's database up to date."""
    DataFolder(data_dir).use_environment()
    settings, storage = read_settings()
    for service in databases(production=settings.environment == "production"):
        try:
            url = storage.database_url(service)
        except LookupError as error:
            raise LaunchError(f"{error}, or start `medray up` first") from None
        pending = pending_migrations(service, url)
        upgrade(service, url)
        console.print(f"{service}: {', '.join(pending) or 'up to date'}")


@application.command()
def audit(data_dir: DataDir = _DATA_DIR) -> None:
    """Check that nobody has tampered with the audit logs; exit code 1 when somebody has."""
    DataFolder(data_dir).use_environment()
    settings, storage = read_settings()
    whole = True
    for found in check_chains(storage, settings.secret_key.get_secret_value()):
        whole = whole and found.fault is None
        screen.print_audit(console, found)
    raise typer.Exit(0 if whole else 1)


@application.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document of all applications."""
    typer.echo(json.dumps(documents.merged(all_routers()), indent=2, ensure_ascii=False))


application.command("import")(commands.import_files)
application.command("seed")(commands.seed)


def _tend(stack: Stack) -> NoReturn:
    while True:
        time.sleep(1)
        with screen.progress(console) as progress:
            stack.tend(progress)
            progress.finish()


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command; what stops it is one line on standard error."""
    try:
        application()
    except (LaunchError, EmbeddedServerError) as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]medray:[/red] {escape(str(error))}")
        sys.exit(1)
