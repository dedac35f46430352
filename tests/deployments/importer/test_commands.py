"""`medray import` and `medray seed` on real databases: what is printed, logged and answered."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deployments.importer import commands
from deployments.launch.errors import LaunchError
from storage.database import Database
from storage.settings import Service
from tests.factories.importer import appointment, hospital, ndjson, patient

SERVICES = ("users", "appointments", "medical_records", "pharmacy", "laboratory", "billing")


@pytest.fixture
def cli(
    database_urls: dict[Service, str],
    users_database: Database,
    appointments_database: Database,
    medical_records_database: Database,
    pharmacy_database: Database,
    laboratory_database: Database,
    billing_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> typer.Typer:
    """The two commands, on databases that are emptied afterwards."""
    for service in SERVICES:
        monkeypatch.setenv(f"MEDRAY_{service.upper()}_DATABASE_URL", database_urls[service])
    monkeypatch.setenv("MEDRAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    application = typer.Typer()
    application.command("import")(commands.import_files)
    application.command()(commands.seed)
    return application


def test_import_twice(cli: typer.Typer, tmp_path: Path) -> None:
    path = ndjson(tmp_path / "a.ndjson", hospital())
    arguments = ["import", str(path), "--log", str(tmp_path / "log")]

    first = CliRunner().invoke(cli, arguments)
    second = CliRunner().invoke(cli, arguments)

    assert first.exit_code == second.exit_code == 0, first.output
    for kind in ("Practitioner", "Patient", "Schedule", "Appointment"):
        assert outcome_of(first.output, kind) == {"created": "1"}
        assert outcome_of(second.output, kind) == {"unchanged": "1"}
    assert (tmp_path / "log").read_text() == ""


def test_refusals_are_listed_logged_and_answered_by_1(cli: typer.Typer, tmp_path: Path) -> None:
    claims = [{"resourceType": "Claim", "id": f"c{number}"} for number in range(30)]
    again = [patient("p2"), appointment("a2", who="p2", comment="Nguyễn")]
    path = ndjson(tmp_path / "a.ndjson", [*hospital(), *again, "{", *claims])
    log = tmp_path / "log"

    result = CliRunner().invoke(cli, ["import", str(path), "--log", str(log)])

    assert result.exit_code == 1
    assert "... and 12 more" in result.output
    lines = log.read_text().splitlines()
    assert len(lines) == 32
    assert f"{path}:9: -: invalid JSON at character 1" in lines
    assert f"{path}:8: Appointment/a2: appointments.slot_taken: The time is taken" in lines
    assert "Nguyễn" not in result.output + log.read_text()


def test_seed_prints_accounts_and_password(cli: typer.Typer) -> None:
    result = CliRunner().invoke(cli, ["seed"])

    assert result.exit_code == 0, result.output
    assert "admin@medray.example" in result.output
    assert "Đỗ Khánh Hạnh" in result.output
    assert commands.DEMO_PASSWORD in result.output


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MEDRAY_USERS_DATABASE_URL", None, "set MEDRAY_USERS_DATABASE_URL"),
        ("MEDRAY_USERS_DATABASE_URL", "postgresql+psycopg2://127.0.0.1:9/users", "does not answer"),
        ("MEDRAY_ENVIRONMENT", "staging", "MEDRAY_ENVIRONMENT"),
    ],
)
def test_what_is_missing_is_said(
    cli: typer.Typer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str | None,
    said: str,
) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    path = ndjson(tmp_path / "a.ndjson", [patient()])

    result = CliRunner().invoke(cli, ["import", str(path), "--log", str(tmp_path / "log")])

    assert isinstance(result.exception, LaunchError)
    assert said in str(result.exception)


def test_a_log_that_cannot_be_written(cli: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["import", "a.ndjson", "--log", str(tmp_path)])

    assert isinstance(result.exception, LaunchError)


def outcome_of(output: str, kind: str) -> dict[str, str]:
    """The row of the resource type in the printed table, without empty cells."""
    rows = [
        [cell.strip() for cell in line.replace("┃", "│").strip("│ ").split("│")]
        for line in output.splitlines()
        if "│" in line or "┃" in line
    ]
    [row] = [row for row in rows if row[0] == kind]
    return {name: cell for name, cell in zip(rows[0][1:], row[1:], strict=False) if cell}
