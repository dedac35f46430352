"""An application of ours behind real HTTP on the loopback interface."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import uvicorn
from starlette.types import ASGIApp


def listening_socket() -> socket.socket:
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    return found


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def served(application: ASGIApp, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """The URL of the application while it runs; on a port that is known before, if given."""
    with closing(listener or listening_socket()) as found:
        config = uvicorn.Config(application, log_config=None, lifespan="on")
        config.timeout_graceful_shutdown = 1
        server = uvicorn.Server(config)
        running = asyncio.create_task(server._serve([found]))
        while not server.started:
            assert not running.done(), "the application did not start"
            await asyncio.sleep(0.01)
        try:
            yield url_of(found)
        finally:
            server.should_exit = True
            await running
