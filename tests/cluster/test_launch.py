"""`medray up` as an operator meets it: who listens, what survives, and what is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
import pytest
from sqlalchemy import create_engine, text

from storage.embedded.processes import end, running_in
from storage.settings import databases
from tests.cluster.stack import READY_S, ROOT, Hospital

pytestmark = [pytest.mark.cluster, pytest.mark.enable_socket, pytest.mark.timeout(600)]

BIN = Path(sys.executable).parent


def tool(hospital: Hospital, *command: object) -> subprocess.CompletedProcess[str]:
    """A command line of ours or of Ray, with the variables that `up` keeps for it."""
    return subprocess.run(
        [str(BIN / str(command[0])), *map(str, command[1:])],
        cwd=ROOT,
        env=os.environ | hospital.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def processes_of(hospital: Hospital) -> list[psutil.Process]:
    data = hospital.data
    folders = [data / "run", data / "postgres" / "cluster", data / "redis"]
    return [process for folder in folders for process in running_in(folder.resolve())]


def name_of(process: psutil.Process) -> str:
    """Empty for one that has ended meanwhile: HAProxy's go when it reads its file again."""
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def remember(hospital: Hospital, word: str) -> None:
    execute(hospital, "CREATE TABLE IF NOT EXISTS kept (word text)")
    execute(hospital, f"INSERT INTO kept VALUES ('{word}')")


def execute(hospital: Hospital, statement: str) -> list[str]:
    engine = create_engine(hospital.environment["MEDRAY_USERS_DATABASE_URL"])
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [row[0] for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def wait_until(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def open_ports(hospital: Hospital) -> dict[int, str]:
    """Ports that others than this machine can reach, and who listens there."""
    names = {process.pid: name_of(process) for process in processes_of(hospital)}
    return {
        connection.laddr.port: names[connection.pid]
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
        and connection.pid in names
        and connection.laddr.ip.removeprefix("::ffff:") not in ("127.0.0.1", "::1")
    }


def test_nothing_but_replicas_listens_beyond_loopback(hospital):
    """Row 36. Ray binds the port of each replica for calls to all interfaces."""
    assert all(name.startswith("ray::ServeRepl") for name in open_ports(hospital).values())


def test_the_port_of_a_replica_wants_the_token(hospital):
    ports = open_ports(hospital)
    assert ports
    for port in ports:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/ray.serve.ASGIService/HandleRequest")
            with pytest.raises(grpc.RpcError) as refused:
                call(b"", timeout=5)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_secrets_are_for_their_owner_only(hospital):
    for name in ("env", "ray-token", "secret-key", "redis/redis.conf", "postgres/password"):
        assert (hospital.data / name).stat().st_mode & 0o077 == 0, name


def test_status_says_that_all_is_well(hospital):
    done = tool(hospital, "medray", "status", "--data-dir", hospital.data)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("RUNNING") == len(databases(production=False)) + 1, "and the gateway"


def test_a_second_up_harms_nothing(hospital):
    done = tool(hospital, "medray", "up", "--data-dir", hospital.data)
    assert done.returncode == 1
    assert "stop it with `medray down`" in done.stderr
    assert tool(hospital, "medray", "status", "--data-dir", hospital.data).returncode == 0


def test_serve_deploys_the_configuration_as_ray_users_expect(hospital):
    config = hospital.folder / "serve_config.yaml"
    deployed = tool(hospital, "serve", "deploy", config)
    assert deployed.returncode == 0, deployed.stderr
    assert wait_until(lambda: tool(hospital, "serve", "status").stdout.count("RUNNING") >= 8, 60)


@pytest.fixture
def other(folder) -> Iterator[Hospital]:
    hospital = Hospital(folder / "other")
    yield hospital
    hospital.stop(signal.SIGKILL)


def kill(hospital: Hospital, name: str) -> None:
    """SIGKILL to the oldest process of that name."""
    victims = [process for process in processes_of(hospital) if name_of(process) == name]
    min(victims, key=lambda process: process.pid).kill()


def is_well(hospital: Hospital) -> bool:
    return tool(hospital, "medray", "status", "--data-dir", hospital.data).returncode == 0


def test_kills_lose_no_data_and_leave_no_process(other):
    other.start()
    remember(other, "before SIGKILL of everything")
    end([psutil.Process(other._process.pid), *processes_of(other)], signal.SIGKILL)
    other.stop()

    other.start()
    remember(other, "before SIGKILL of each part")
    for name in ("redis-server", "postgres", "haproxy", "gcs_server"):
        kill(other, name)
    time.sleep(5)  # so that nobody answers for the dead ones
    assert wait_until(lambda: is_well(other) and other._is_ready(), READY_S)

    configuration = other.data / "redis" / "redis.conf"
    aside = configuration.rename(configuration.with_suffix(".aside"))
    kill(other, "redis-server")
    assert wait_until(lambda: b"trying again" in other.log.read_bytes(), 30), "one attempt failed"
    aside.rename(configuration)
    assert wait_until(lambda: running_in(configuration.parent.resolve(), "redis-server"), 30)

    remember(other, "before SIGKILL of `medray up` alone")
    other.stop(signal.SIGKILL)
    assert wait_until(lambda: not processes_of(other), 30), processes_of(other)

    other.start()
    assert len(execute(other, "SELECT word FROM kept")) == 3
    done = tool(other, "medray", "down", "--data-dir", other.data)
    assert done.returncode == 0, done.stderr
    assert processes_of(other) == []
    assert other.stop() == 0
