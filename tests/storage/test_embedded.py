"""The embedded servers, for real: nothing here is faked."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.embedded import binaries
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.processes import EmbeddedServerError
from storage.embedded.redis import EmbeddedRedis

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def open_folder():
    """A data folder that `nobody` can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="medray-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def postgres(tmp_path):
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(tmp_path):
    server = EmbeddedRedis(tmp_path)
    server.start()
    yield server
    server.stop()


def answer(url: str | URL, statement: str):
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            return connection.execute(text(statement)).scalar()
    finally:
        engine.dispose()


@contextmanager
def started_elsewhere(data_dir: Path) -> Iterator[psutil.Process]:
    """Another process, which started both servers and now waits to be killed."""
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from storage.embedded.postgres import EmbeddedPostgres
        from storage.embedded.redis import EmbeddedRedis

        folder = Path({str(data_dir)!r})
        postgres, redis = EmbeddedPostgres(folder), EmbeddedRedis(folder)
        postgres.start(), redis.start()
        print("started", flush=True)
        time.sleep(60)
    """)
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "started\n"
        yield psutil.Process(other.pid)
        other.kill()


def test_postgres_has_what_the_services_rely_on(postgres):
    postgres.create_database("clinic")
    postgres.create_database("clinic")  # again: no error
    url = postgres.url("clinic")
    answer(url, "CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm; SELECT 1")
    assert answer(url, "SHOW max_connections") == "200"
    assert answer(url, "SHOW timezone") == "UTC"
    assert answer(url, "SHOW listen_addresses") == ""
    assert answer(url, "SELECT uuid_extract_version(uuidv7())") == 7
    assert answer(url, "SELECT lower('ĐẶNG THỊ')") == "đặng thị"


def test_postgres_refuses_a_wrong_password(postgres):
    url = make_url(postgres.url("postgres")).set(password="wrong")
    with pytest.raises(OperationalError, match="password authentication failed"):
        answer(url, "SELECT 1")


def test_only_the_server_reads_its_password(postgres, tmp_path):
    password = (tmp_path / "postgres" / "password").stat()
    assert stat.S_IMODE(password.st_mode) == 0o600


def test_the_log_holds_neither_statements_nor_values(postgres, tmp_path):
    with pytest.raises(IntegrityError):
        answer(
            postgres.url("postgres"),
            "CREATE TABLE t (name text UNIQUE); INSERT INTO t VALUES ('Mai'), ('Mai')",
        )
    log = (tmp_path / "postgres" / "server.log").read_text()
    assert "duplicate key" in log
    assert "Mai" not in log


def test_data_survives_a_restart(tmp_path):
    server = EmbeddedPostgres(tmp_path)
    server.start()
    answer(server.url("postgres"), "CREATE TABLE kept AS SELECT 1; SELECT 1")
    server.stop()
    server.start()
    assert answer(server.url("postgres"), "SELECT count(*) FROM kept") == 1
    server.stop()
    shutil.rmtree((tmp_path / "postgres").resolve())  # may lie outside tmp_path


def test_a_long_path_gets_a_short_folder_for_its_socket(open_folder):
    server = EmbeddedPostgres(open_folder / ("deep" * 25), durable=False)
    server.start()
    assert answer(server.url("postgres"), "SELECT 1") == 1
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_closed_folders_are_left_closed(open_folder, monkeypatch):
    monkeypatch.setattr(binaries, "open_to_others", lambda path: False)
    server = EmbeddedPostgres(open_folder, durable=False)
    server.start()
    outside = (open_folder / "postgres").resolve()
    assert not outside.is_relative_to(open_folder)
    assert answer(server.url("postgres"), "SELECT 1") == 1
    server.stop()
    assert not outside.exists()


def test_stop_leaves_no_process_and_may_be_repeated(tmp_path):
    postgres, redis_server = EmbeddedPostgres(tmp_path, durable=False), EmbeddedRedis(tmp_path)
    redis_server.stop()
    postgres.stop()
    others = set(psutil.Process().children(recursive=True))  # of the whole test run
    postgres.start()
    redis_server.start()
    running = set(psutil.Process().children(recursive=True)) - others
    assert running
    for server in (postgres, redis_server, postgres, redis_server):
        server.stop()
        assert not server.is_running()
    assert not [process for process in running if process.is_running()]


def test_servers_end_with_the_process_that_started_them(open_folder):
    with started_elsewhere(open_folder) as other:
        servers = other.children(recursive=True)
        assert len(servers) > 2
    _, alive = psutil.wait_procs(servers, timeout=20)
    assert not alive


def test_postgres_recovers_after_everything_was_killed(open_folder):
    server = EmbeddedPostgres(open_folder)
    with started_elsewhere(open_folder) as other:
        answer(server.url("postgres"), "CREATE TABLE kept AS SELECT 1; SELECT 1")
        for process in [*other.children(recursive=True), other]:
            process.kill()
    assert (open_folder / "postgres" / "cluster" / "postmaster.pid").exists()
    server.start()
    assert answer(server.url("postgres"), "SELECT count(*) FROM kept") == 1
    server.stop()


def test_start_ends_servers_that_were_left_behind(open_folder):
    postgres, redis_server = EmbeddedPostgres(open_folder), EmbeddedRedis(open_folder)
    with started_elsewhere(open_folder) as other:
        left_behind = other.children()
        postgres.start()
        redis_server.start()
        assert {process.status() for process in left_behind} == {psutil.STATUS_ZOMBIE}
        assert answer(postgres.url("postgres"), "SELECT 1") == 1
    postgres.stop()
    redis_server.stop()


def test_a_server_that_cannot_start_says_why(open_folder):
    server = EmbeddedPostgres(open_folder)
    server.start()
    server.stop()
    (open_folder / "postgres" / "cluster" / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedServerError, match="pg_control"):
        server.start()
    assert not server.is_running()


def test_redis_keeps_its_url_over_a_restart_and_wants_its_password(redis_server):
    url = redis_server.url()
    os.kill(redis_server._process.pid, signal.SIGKILL)
    redis_server._process.wait()
    redis_server.start()
    assert redis_server.url() == url
    with redis.Redis.from_url(url) as client:
        assert client.set("key", "value", px=1000)
    stranger = redis.Redis(port=int(url.rsplit(":", 1)[1].removesuffix("/0")))
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
