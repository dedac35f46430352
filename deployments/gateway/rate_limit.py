"""Rate limits that hold across replicas: a token bucket per caller in Redis, else in memory.

A bucket holds one minute's worth of points and refills evenly. Without Redis each replica
keeps its own buckets, so the limit is looser by the number of replicas but never off.
"""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from deployments.errors import TooMany
from storage.redis import Redis, RedisError

WINDOW_S: Final = 60
LOCAL_BUCKETS: Final = 10_000
SCRIPT: Final = """
local now = redis.call('TIME')
local t = now[1] + now[2] / 1000000
local limit, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local saved = redis.call('HMGET', KEYS[1], 'l', 't')
local level = (tonumber(saved[1]) or limit) + (t - (tonumber(saved[2]) or t)) * rate
level = math.min(limit, level)
local ok = level >= cost
if ok then level = level - cost end
redis.call('HSET', KEYS[1], 'l', tostring(level), 't', string.format('%.6f', t))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {ok and 1 or 0, tostring(level)}
"""


@dataclass(frozen=True)
class Allowance:
    """What a caller has left.

    Attributes:
        limit: points of a full bucket.
        remaining: points left, rounded down.
        reset_s: seconds until the bucket is full again.
    """

    limit: int
    remaining: int
    reset_s: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit` and `RateLimit-Policy`, draft-ietf-httpapi-ratelimit-headers."""
        policy = f'"minute";q={self.limit};w={WINDOW_S}'
        state = f'"minute";r={self.remaining};t={self.reset_s}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class RateLimiter:
    """Spends points of callers' buckets."""

    def __init__(self, redis: "Redis") -> None:
        self._script: Any = redis.register_script(SCRIPT)
        self._local: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._down_until = 0.0

    async def spend(self, caller: str, cost: int, limit: int) -> Allowance:
        """Takes `cost` points from the caller's bucket of `limit`.

        Raises:
            TooMany: there are not enough; `args[2]` is the seconds until there are.
        """
        allowed, level = await self._take(caller, cost, limit)
        rate = limit / WINDOW_S
        if not allowed:
            wait = max(1, math.ceil((cost - level) / rate))
            raise TooMany(f"{limit} points a minute; this costs {cost}", (), wait)
        return Allowance(limit, math.floor(level), math.ceil((limit - level) / rate))

    async def _take(self, caller: str, cost: int, limit: int) -> tuple[bool, float]:
        if time.monotonic() >= self._down_until:
            try:
                allowed, level = await self._script(
                    keys=[f"medray:rate:{caller}"],
                    args=[limit, limit / WINDOW_S, cost, WINDOW_S * 2],
                )
                return bool(allowed), float(level)
            except RedisError:
                self._down_until = time.monotonic() + 1
        return self._take_locally(caller, cost, limit)

    def _take_locally(self, caller: str, cost: int, limit: int) -> tuple[bool, float]:
        now = time.monotonic()
        level, at = self._local.pop(caller, (float(limit), now))
        level = min(limit, level + (now - at) * limit / WINDOW_S)
        allowed = level >= cost
        self._local[caller] = (level - cost if allowed else level, now)
        if len(self._local) > LOCAL_BUCKETS:
            self._local.popitem(last=False)
        return allowed, self._local[caller][0]
