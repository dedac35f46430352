"""Redis: shared by replicas, allowed to be lost; nothing that must survive lives in it."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

__all__ = ["Redis", "RedisError", "answers", "connect"]


def connect(url: str) -> "Redis":
    """A client that gives up after half a second, so that a lost Redis costs little."""
    return Redis.from_url(
        url,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )


async def answers(client: "Redis") -> bool:
    """Whether Redis is there."""
    try:
        return bool(await client.ping())
    except RedisError:
        return False
