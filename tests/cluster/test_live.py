"""Live inboxes on the whole hospital: hostile clients are cut, ended sign-ins are closed."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.cluster.people import NOTIFICATIONS, USERS, Person, person
from tests.cluster.stack import ROOT, Hospital

pytestmark = [pytest.mark.cluster, pytest.mark.enable_socket]

CUT_S = 5.0
CLOSED_S = 2.0
SLACK_S = 1.0
"""For asking, on a machine that does other things too."""
GROWTH = 50 << 20
FULL = 100
REPLICAS, SHARDS = "ray::ServeReplica:notifications", "patient-sessions"
FLOOD = '{"type": "pong"}' + " " * 60_000


def memory(hospital: Hospital) -> int:
    """Resident bytes of what a live connection goes through."""
    parts = hospital.processes(REPLICAS) + hospital.processes(SHARDS)
    assert len(parts) >= 2
    return sum(process.memory_info().rss for process in parts)


async def devices(one: Person) -> int:
    return len((await one.asked(f"{NOTIFICATIONS}/live-devices"))["items"])


async def connected(one: Person) -> None:
    async with asyncio.timeout(10):
        while not await devices(one):
            await asyncio.sleep(0.05)


async def gone(one: Person) -> float:
    """How long it takes until the person has no connection."""
    began = time.monotonic()
    async with asyncio.timeout(30):
        while await devices(one):
            await asyncio.sleep(0.05)
    return time.monotonic() - began


def tell(hospital: Hospital, one: Person) -> "subprocess.Popen[str]":
    """Tells one person five hundred things."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.telling", "--per-second", "100", "--seconds", "5"],
        cwd=ROOT,
        env=os.environ | hospital.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(one.user_id)
    process.stdin.close()
    return process


async def confirm(socket: ClientConnection) -> None:
    """Reads and answers, as an honest client does."""
    async for received in socket:
        if json.loads(received)["type"] == "ping":
            await socket.send('{"type": "pong"}')


async def test_a_client_that_does_not_read_is_cut(
    hospital: Hospital, red: Callable[[str], bool]
) -> None:
    async with person(hospital.url) as silent:
        await silent.register()
        async with silent.live() as socket:
            await connected(silent)
            reading = asyncio.create_task(confirm(socket)) if red("silence") else None
            before = memory(hospital)
            telling = tell(hospital, silent)
            async with asyncio.timeout(60):
                while (await silent.asked(f"{NOTIFICATIONS}/inbox/unread-count"))["unread"] < FULL:
                    await asyncio.sleep(0.1)
            cut_s = await gone(silent)
            grown = memory(hospital) - before
            assert await asyncio.to_thread(telling.wait, 60) == 0
            if reading:
                reading.cancel()
        print(f"cut {cut_s:.1f} s after its window was full; grown {grown / 2**20:.1f} MiB")
        assert cut_s <= CUT_S + SLACK_S
        assert grown <= GROWTH


async def test_a_flooding_client_is_cut(hospital: Hospital) -> None:
    async with person(hospital.url) as flooding:
        await flooding.register()
        async with flooding.live() as socket:
            await connected(flooding)
            before = memory(hospital)
            flooded = asyncio.create_task(flood(socket))
            cut_s = await gone(flooding)
            with pytest.raises(ConnectionClosed) as closed:  # its own library takes its time
                await flooded
            grown = memory(hospital) - before
        print(f"cut after {cut_s:.1f} s; grown {grown / 2**20:.1f} MiB")
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1008
        assert cut_s <= CUT_S
        assert grown <= GROWTH


async def flood(socket: ClientConnection) -> None:
    async with asyncio.timeout(30):
        while True:
            await socket.send(FLOOD)
            await asyncio.sleep(0)  # a send that fits into the buffer lets nobody else have a turn


async def sign_out(_: Person, one: Person) -> None:
    await one.http.post(f"{USERS}/sign-out")


async def deactivate(admin: Person, one: Person) -> None:
    await admin.did(f"{USERS}/accounts/{one.user_id}/deactivate")


async def change_roles(admin: Person, one: Person) -> None:
    account = f"{USERS}/accounts/{one.user_id}"
    etag = (await admin.http.get(account)).headers["etag"]
    answer = await admin.http.post(
        f"{account}/roles",
        json={"roles": ["patient", "administrator"]},
        headers={"If-Match": etag},
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("end", [sign_out, deactivate, change_roles])
async def test_an_ended_sign_in_is_closed_on_every_device(
    hospital: Hospital, end: Callable[[Person, Person], Awaitable[None]]
) -> None:
    async with person(hospital.url) as admin, person(hospital.url) as one:
        await admin.sign_in("admin@medray.example")
        await one.register()
        async with one.live() as phone, one.live() as desk:
            await connected(one)
            await end(admin, one)
            began = time.monotonic()
            codes = await asyncio.gather(*(closed_with(it) for it in (phone, desk)))
            closed_s = time.monotonic() - began
        print(f"closed after {closed_s:.2f} s")
        assert codes == [4401, 4401]
        assert closed_s <= CLOSED_S


async def closed_with(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code
