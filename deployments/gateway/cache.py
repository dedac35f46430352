"""Cached answers of reads that declare it: per caller, in Redis, dropped by topic.

Each topic has a generation number; dropping a topic raises it, so that older answers are no
longer found. A lost Redis only means that nothing is cached.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from deployments.access import Principal
from deployments.gateway.policy import Cache
from storage.redis import Redis, RedisError

LARGEST: Final = 262_144


class ResponseCache:
    """Answers of one service."""

    def __init__(self, redis: "Redis", service: str) -> None:
        self._redis = redis
        self._prefix = f"medray:cache:{service}"

    async def key(
        self, rule: Cache, caller: Principal | None, target: str, path: Mapping[str, str]
    ) -> str | None:
        """Where the answer to `target` (path and query) is kept for this caller now."""
        topic = rule.topic.format_map(path)
        who = f"{caller.user_id}:{caller.role}" if caller else "anonymous"
        digest = hashlib.sha256(f"{who}\n{target}".encode()).hexdigest()
        try:
            generation = await self._redis.get(f"{self._prefix}:topic:{topic}")
        except RedisError:
            return None
        return f"{self._prefix}:{topic}:{int(generation or 0)}:{digest}"

    async def find(self, key: str) -> bytes | None:
        """The kept answer."""
        try:
            kept = await self._redis.get(key)
        except RedisError:
            return None
        return kept.encode() if isinstance(kept, str) else kept

    async def keep(self, key: str, body: bytes, seconds: int) -> None:
        """Keeps an answer, unless it is too large."""
        if len(body) > LARGEST:
            return
        try:
            await self._redis.set(key, body, ex=seconds)
        except RedisError:
            return

    async def drop(self, topics: Iterable[str]) -> None:
        """Makes every answer of these topics unfindable."""
        for topic in topics:
            try:
                await self._redis.incr(f"{self._prefix}:topic:{topic}")
            except RedisError:
                return
