"""The command line: what goes wrong is one line that says what to do. No Ray here."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
import yaml

from deployments.launch import haproxy
from deployments.launch.applications import Applications
from deployments.launch.configuration import ServeConfiguration
from deployments.launch.errors import LaunchError
from deployments.launch.folder import DataFolder
from deployments.launch.ports import free_ports

ROOT = Path(__file__).parents[2]
MEDRAY = Path(sys.executable).parent / "medray"

pytestmark = pytest.mark.enable_socket


def medray(*arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
    given = {k: v for k, v in os.environ.items() if not k.startswith(("MEDRAY_", "RAY_"))}
    command = [str(MEDRAY), *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=given | settings, capture_output=True, text=True, check=False
    )


def refusal(*arguments: object, **settings: str) -> str:
    """What a command that must fail says: one line, and no traceback."""
    done = medray(*arguments, **settings)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("medray: ")
    return done.stderr


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A configuration whose port is free."""
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    content["http_options"]["port"] = free_ports(1)[0]
    file = tmp_path / "serve_config.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.fixture
def data(folder: Path) -> Iterator[Path]:
    """A data folder that PostgreSQL can reach, which pytest's own are not for root."""
    path = folder / "data"
    yield path
    shutil.rmtree(path, ignore_errors=True)


def up(small: Path, data: Path) -> list[object]:
    ports = ("--dashboard-port", free_ports(1)[0])
    return ["up", "--data-dir", data, "--config", small, *ports]


def test_logs_outlive_the_session(tmp_path):
    folder = DataFolder(tmp_path)
    folder.renew_run()
    run = folder.run
    (run / "ray" / "session_1" / "logs").mkdir(parents=True)
    (run / "ray" / "session_1" / "logs" / "gcs.out").write_text("what happened")
    (run / "ray" / "session_latest").symlink_to("session_1")
    folder.renew_run()
    assert folder.run != run
    assert not run.exists()
    assert (folder.logs / "gcs.out").read_text() == "what happened"
    folder.retire_run()
    assert not folder.run.is_dir()


def test_up_refuses_a_folder_that_is_in_use(small, data):
    owner = DataFolder(data)
    owner.claim()
    assert f"in use by process {os.getpid()}: stop it with `medray down`" in refusal(
        *up(small, data)
    )
    owner.release()


def test_up_refuses_a_taken_port(small, data):
    port = yaml.safe_load(small.read_text())["http_options"]["port"]
    with socket.create_server(("127.0.0.1", port)):
        assert f"port {port}: Address already in use" in refusal(*up(small, data))


def test_up_refuses_a_folder_that_it_cannot_write(small, data):
    data.write_text("a file stands where the folder should")
    assert "set MEDRAY_DATA_DIR" in refusal(*up(small, data))
    data.unlink()


def test_up_says_which_file_it_cannot_read(tmp_path):
    assert "nowhere.yaml" in refusal("up", "--config", "nowhere.yaml", "--data-dir", tmp_path)


def test_up_refuses_a_database_that_it_cannot_reach(small, data):
    port = free_ports(1)[0]
    url = f"postgresql+psycopg2://someone:hidden@127.0.0.1:{port}/users"
    said = refusal(*up(small, data), MEDRAY_USERS_DATABASE_URL=url)
    assert "check MEDRAY_USERS_DATABASE_URL" in said
    assert "hidden" not in said


def test_up_migrates_only_what_is_its_own(small, data, postgres):
    postgres.create_database("somebody_elses")
    url = postgres.url("somebody_elses")
    said = refusal(*up(small, data), MEDRAY_USERS_DATABASE_URL=url)
    assert "users lacks migration 0001" in said
    assert "run `medray migrate`" in said


def test_production_brings_no_secret_and_no_server_of_its_own(small, data):
    production = {"MEDRAY_ENVIRONMENT": "production"}
    assert "set MEDRAY_SECRET_KEY" in refusal(*up(small, data), **production)
    production |= {
        "MEDRAY_SECRET_KEY": "x" * 40,
        "MEDRAY_PUBLIC_URL": "https://medray.example",
    }
    said = refusal(*up(small, data), **production)
    assert "MEDRAY_APPOINTMENTS_DATABASE_URL" in said
    assert "MEDRAY_REDIS_URL" in said


def test_a_setting_that_is_not_allowed_is_named(small, data):
    assert "MEDRAY_ACCESS_TOKEN_MINUTES" in refusal(
        *up(small, data), MEDRAY_ACCESS_TOKEN_MINUTES="60"
    )


def test_down_says_when_nothing_runs(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        done = medray("down", "--data-dir", folder)
        assert done.returncode == 0
        assert "nothing is running" in done.stdout.replace("\n", " ")


def test_status_fails_when_nothing_runs(tmp_path):
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    done = medray("status", "--data-dir", tmp_path, RAY_DASHBOARD_ADDRESS=nobody)
    assert done.returncode == 1
    assert "NOT_STARTED" in done.stdout
    assert "Traceback" not in done.stderr


def test_migrate_needs_databases(tmp_path):
    assert "or start `medray up` first" in refusal("migrate", "--data-dir", tmp_path)


def test_openapi_prints_the_document():
    document = json.loads(medray("openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert any(path.startswith("/api/v1/appointments") for path in document["paths"])


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path):
    folder = DataFolder(tmp_path)
    assert folder.secret("key") == folder.secret("key")
    assert len(folder.secret("key")) >= 32
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_environment_survives_the_file(tmp_path, monkeypatch):
    folder = DataFolder(tmp_path)
    kept = {"MEDRAY_PLAIN": "1", "MEDRAY_ODD": "a b'c$d\"", "MEDRAY_EMPTY": "", "MEDRAY_SET": "x"}
    folder.write_environment(kept)
    assert stat.S_IMODE(folder.environment_file.stat().st_mode) == 0o600
    for name in kept:
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEDRAY_SET", "here")
    folder.use_environment()
    assert {name: os.environ[name] for name in kept} == kept | {"MEDRAY_SET": "here"}


def test_a_folder_has_one_owner_and_a_dead_one_is_none(tmp_path):
    folder = DataFolder(tmp_path)
    assert folder.owner() is None
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from deployments.launch.folder import DataFolder
        DataFolder(Path({str(tmp_path)!r})).claim()
        print("claimed", flush=True)
        time.sleep(60)
    """)
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert folder.owner() == other.pid
        with pytest.raises(LaunchError, match="in use"):
            folder.claim()
        other.send_signal(signal.SIGKILL)
    assert folder.owner() is None
    folder.claim()
    folder.release()


def test_every_application_is_bounded():
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    timeout = content["http_options"]["request_timeout_s"]
    for application in content["applications"]:
        first = application["deployments"][0]
        assert first["name"].lower() == application["name"].replace("_", "")
        for deployment in application["deployments"]:
            assert deployment["max_ongoing_requests"] > 0
            assert deployment["max_queued_requests"] > 0
            assert deployment["backpressure_config"] == {"status_code": 429, "retry_after_s": 1}
            assert deployment["graceful_shutdown_timeout_s"] > timeout
            assert deployment["health_check_timeout_s"] >= 5


def test_configuration_names_what_it_lacks(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("applications: []")
    with pytest.raises(LaunchError, match="http_options"):
        ServeConfiguration.read(file)


def test_haproxy_is_closed_in_this_version_of_ray():
    """The template that Ray renders still has the lines that we mend."""
    file = Path(ray.__file__).parent / "serve" / "_private" / "haproxy_templates.py"
    template = file.read_text()
    mended = haproxy.closed(
        template.replace("{{ config.metrics_port }}", "9101")
        .replace("{{ config.stats_port }}", "8404")
        .replace("{{ config.frontend_host }}:{{ config.frontend_port }}", "127.0.0.1:8000")
    )
    binds = [line.split()[1] for line in mended.splitlines() if line.strip().startswith("bind ")]
    assert {"127.0.0.1:9101", "127.0.0.1:8404", "127.0.0.1:8000"} <= set(binds)
    frontend = mended[mended.index("frontend http_frontend") :]
    lines = [line.strip() for line in frontend.splitlines()[1:6]]
    assert lines[0] == "bind 127.0.0.1:8000"
    assert "option forwardfor" in lines
    assert "http-request del-header x-request-timeout-seconds" in lines


def test_applications_say_why_one_cannot_run():
    class Broken(Applications):
        def details(self):
            return {
                "users": {
                    "status": "DEPLOY_FAILED",
                    "message": "Traceback\n  at line 1\nModuleNotFoundError: no module named x\n",
                    "deployments": {},
                }
            }

    with pytest.raises(LaunchError, match="users DEPLOY_FAILED: ModuleNotFoundError"):
        Broken("127.0.0.1:1", "").wait_until_running(["users"], 1, lambda count: None)
