"""Frames on a real socket: in pieces, several at once, too long, and hung up."""

import asyncio

import pytest

from deployments.laboratory.mllp import END, START, MllpServer
from tests.factories.analyzers import send

pytestmark = pytest.mark.enable_socket


@pytest.fixture
async def make_server():
    servers = []

    async def make(receive, **given) -> MllpServer:
        settings = {"host": "127.0.0.1", "port": 0, "longest": 2000, "idle_s": 5.0, **given}
        server = MllpServer(receive, **settings)
        await server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        await server.stop()


async def echo(raw: bytes) -> bytes:
    return b"got " + raw


async def test_each_message_has_its_answer(make_server) -> None:
    server = await make_server(echo)
    assert await send(server.port, b"one", b"two\r") == [b"got one", b"got two\r"]


async def test_pieces_and_noise_between_frames(make_server) -> None:
    server = await make_server(echo)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for piece in (b"noise", START + b"on", b"e", END + START + b"two" + END[:1], END[1:]):
        writer.write(piece)
        await writer.drain()
    assert await reader.readuntil(END) == START + b"got one" + END
    assert await reader.readuntil(END) == START + b"got two" + END
    writer.close()


async def test_what_is_too_long_is_hung_up_on(make_server) -> None:
    server = await make_server(echo)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(START + b"x" * 5000)
    assert await reader.read() == b""
    writer.close()


async def test_who_says_nothing_is_hung_up_on(make_server) -> None:
    server = await make_server(echo, idle_s=0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    assert await reader.read() == b""
    writer.close()


async def test_what_is_being_kept_is_kept_though_the_server_stops(make_server) -> None:
    began, kept = asyncio.Event(), asyncio.Event()

    async def slow(raw: bytes) -> bytes:
        began.set()
        await asyncio.sleep(0)
        kept.set()
        return raw

    server = await make_server(slow)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(START + b"one" + END)
    await began.wait()
    await server.stop()
    await asyncio.wait_for(kept.wait(), 5)
    writer.close()


async def test_a_message_that_broke_off_is_not_part_of_the_next(make_server) -> None:
    """Else values of one patient would be read under the number of another."""
    server = await make_server(echo)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(START + b"MSH of one, cut" + START + b"MSH of another" + END)
    assert await reader.readuntil(END) == START + b"got MSH of another" + END
    writer.close()


async def test_a_frame_without_its_last_return_is_answered(make_server) -> None:
    server = await make_server(echo)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for _ in range(2):
        writer.write(START + b"one" + END[:1])
        assert await reader.readuntil(END) == START + b"got one" + END
    writer.close()
