"""`medray import` and `medray seed`; `deployments/cli.py` registers them."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from deployments.errors import DomainError
from deployments.importer.adapters import in_process
from deployments.importer.assembly import assemble
from deployments.importer.report import Outcome, Remark, Report
from deployments.importer.seed import DEMO_PASSWORD, DemoAccount, DemoNotLoaded, load_demo
from deployments.launch.errors import LaunchError
from deployments.launch.folder import DataFolder
from deployments.launch.settings import read_settings
from deployments.settings import Settings
from storage.database import DatabaseUnavailable
from storage.settings import StorageSettings

SHOWN = 20
T = TypeVar("T")

_DATA_DIR = Path(".medray")
_LOG = Path("medray-import.log")
DataDir = Annotated[
    Path, typer.Option(envvar="MEDRAY_DATA_DIR", help="Folder of everything that is kept.")
]


def import_files(
    files: Annotated[list[Path], typer.Argument(help="FHIR R4: .ndjson or .json, also .gz")],
    log: Annotated[Path, typer.Option(help="File of everything that was not taken.")] = _LOG,
    data_dir: DataDir = _DATA_DIR,
) -> None:
    """Take people, visits, charts, laboratory work from FHIR files; exit code 1 if one is refused.

    Safe to repeat: what has an identifier that is known is updated or left as it is.
    """
    settings, storage = _settings_of(data_dir)
    console = Console()
    with _reasons(log) as lines, _bars(console) as bars:
        remarks = _Remarks(lines)
        report = Report(remarks.hear)
        _run(_import(files, settings, storage, report, bars))
    _print_report(console, report)
    remarks.print_first(console, log)
    raise typer.Exit(1 if report.of(Outcome.REFUSED) else 0)


def seed(data_dir: DataDir = _DATA_DIR) -> None:
    """Load the demo hospital, development only; safe to repeat."""
    settings, storage = _settings_of(data_dir)
    console = Console()
    with console.status("loading the demo hospital"):
        accounts = _run(load_demo(settings, storage))
    print_accounts(console, accounts)


def print_accounts(console: Console, accounts: list[DemoAccount]) -> None:
    """Prints who a visitor of the demo hospital can be."""
    table = Table("role", "name", "e-mail")
    for account in accounts:
        table.add_row(account.role.replace("_", " "), account.name, account.email)
    console.print(table)
    console.print(f"The password of each is [bold]{DEMO_PASSWORD}[/bold]")


class _Remarks:
    """Writes every remark to the log, and keeps the first few to show."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log
        self._first: list[Remark] = []
        self._number = 0

    def hear(self, remark: Remark) -> None:
        self._number += 1
        self._log.write(f"{remark}\n")
        if self._number <= SHOWN:
            self._first.append(remark)

    def print_first(self, console: Console, log: Path) -> None:
        for remark in self._first:
            mark = "[red]refused[/red]" if remark.refused else "[yellow]partly[/yellow] "
            console.print(f"{mark} {escape(str(remark))}", soft_wrap=True)
        if self._number > SHOWN:
            console.print(f"... and {self._number - SHOWN} more")
        if self._number:
            console.print(f"All of them stand in {escape(str(log))}", soft_wrap=True)


class _Bars:
    """A progress bar for each resource type."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, kind: str, total: int) -> None:
        self._tasks[kind] = self._progress.add_task(kind, total=total)

    def advance(self, kind: str) -> None:
        self._progress.advance(self._tasks[kind])


@contextmanager
def _bars(console: Console) -> Iterator[_Bars]:
    columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        yield _Bars(progress)


@contextmanager
def _reasons(log: Path) -> Iterator[IO[str]]:
    try:
        stream = log.open("w", encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"cannot write {log} ({error.strerror}): give another --log") from None
    with stream:
        yield stream


async def _import(
    files: list[Path], settings: Settings, storage: StorageSettings, report: Report, bars: _Bars
) -> None:
    async with in_process(settings, storage) as services:
        importer = assemble(
            services.people,
            services.calendar,
            services.charts,
            services.laboratory,
            time_zone=settings.default_time_zone,
            report=report,
            progress=bars,
        )
        await importer.run(files)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Runs it to its end, or stops with one line that says why."""
    try:
        return asyncio.run(work)
    except LookupError as error:
        raise LaunchError(f"{error.args[0]}, or start `medray up` first") from None
    except DatabaseUnavailable:
        raise LaunchError("the database does not answer: is `medray up` running?") from None
    except (DomainError, DemoNotLoaded) as error:
        raise LaunchError(str(error)) from None


def _settings_of(data_dir: Path) -> tuple[Settings, StorageSettings]:
    """Settings of the stack that runs on the folder, unless they are set here."""
    DataFolder(data_dir).use_environment()
    return read_settings()


def _print_report(console: Console, report: Report) -> None:
    table = Table("resource", *(outcome.value for outcome in Outcome))
    for kind in report.kinds:
        counts = (report.counts[kind, outcome] for outcome in Outcome)
        table.add_row(kind, *(str(count) if count else "" for count in counts))
    console.print(table)
