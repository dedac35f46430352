"""What people see while the stack starts, when it is ready, and when they ask how it is."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.console import Console
from rich.status import Status
from rich.table import Table

from deployments.importer.commands import print_accounts
from deployments.importer.seed import DemoAccount
from deployments.launch.auditing import Checked
from deployments.launch.status import ApplicationStatus, StackStatus

_GOOD, _BAD = "[green]✓[/green]", "[red]✗[/red]"


class Progress:
    """One line for each finished step, and a moving one for the step at work."""

    def __init__(self, console: Console, status: Status) -> None:
        """Begin the clock."""
        self._console = console
        self._status = status
        self._began = self._step_began = time.monotonic()
        self._step = ""

    def begin(self, step: str) -> None:
        """Say that `step` is at work and the one before it done."""
        self.finish()
        self._step, self._step_began = step, time.monotonic()
        self._status.update(step)

    def detail(self, text: str) -> None:
        """Say how far the step at work is."""
        self._status.update(f"{self._step}: {text}")

    def finish(self) -> None:
        """Say that the step at work is done."""
        if self._step:
            seconds = time.monotonic() - self._step_began
            self._console.print(f"{_GOOD} {self._step} [dim]{seconds:.1f} s[/dim]")
            self._step = ""

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began


@contextmanager
def progress(console: Console) -> Iterator[Progress]:
    """Show progress until the block ends."""
    with console.status("") as status:
        yield Progress(console, status)


def print_ready(
    console: Console, places: Mapping[str, str], accounts: list[DemoAccount], seconds: float
) -> None:
    """Print where everything is, and who a visitor of the demo hospital can be."""
    table = Table.grid(padding=(0, 2))
    for name, place in places.items():
        table.add_row(f"[bold]{name}[/bold]", place)
    console.print(f"\n[bold green]medray is ready[/bold green] [dim]after {seconds:.0f} s[/dim]\n")
    console.print(table)
    if accounts:
        print_accounts(console, accounts)
    console.print("\nCtrl-C stops everything; the data stays.")


def print_status(console: Console, status: StackStatus) -> None:
    """Print one row for each application: its state, and how its outbox and database are."""
    table = Table(box=SIMPLE)
    for heading in ("application", "", "replicas", "waiting", "oldest", "dead", "database"):
        table.add_column(heading, no_wrap=True)
    for application in status.applications:
        table.add_row(application.name, *_cells(application))
    console.print(table)
    console.print(f"Redis {_mark(status.redis)}   Ray {_mark(status.ray)}")


def print_audit(console: Console, checked: Checked) -> None:
    """Print one line about a service's audit chain."""
    if checked.fault is None:
        console.print(f"{_GOOD} {checked.service}: {checked.head.position} rows, whole")
    else:
        reason = checked.fault.reason.replace("_", " ")
        console.print(f"{_BAD} {checked.service}: row {checked.fault.position} is {reason}")


def _cells(application: ApplicationStatus) -> list[str]:
    mark = _GOOD if application.status == "RUNNING" else _BAD
    cells = [f"{mark} {application.status}", str(sum(application.replicas.values()))]
    if application.database is None:
        return [*cells, "", "", "", ""]
    if application.lag is None:
        return [*cells, "", "", "", f"{_BAD} {application.database}"]
    lag = application.lag
    return [*cells, str(lag.pending), f"{lag.oldest_s:.1f} s", str(lag.dead), _GOOD]


def _mark(problem: str | None) -> str:
    return _GOOD if problem is None else f"{_BAD} {problem}"
