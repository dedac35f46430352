"""Password hashing: argon2id in its own few threads, so that guessing cannot take the machine."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from deployments.users.rules import normalised_password

T = TypeVar("T")
DUMMY_BYTES: Final = 16


@dataclass(frozen=True)
class HashCost:
    """argon2id parameters; the defaults are OWASP's (Password Storage Cheat Sheet, 2025).

    Attributes:
        time_cost: passes over the memory.
        memory_kib: memory of one hash, KiB.
        parallelism: lanes.
    """

    time_cost: int = 2
    memory_kib: int = 19 * 1024
    parallelism: int = 1


class Passwords:
    """Hashes and checks passwords.

    Args:
        cost: of one hash.
        hashers: hashes computed at once.

    Attributes:
        evaluations: how many passwords were compared so far; equal for known and unknown users.
    """

    def __init__(self, cost: HashCost | None = None, hashers: int = 2) -> None:
        cost = cost or HashCost()
        self._hasher = PasswordHasher(
            cost.time_cost, cost.memory_kib, cost.parallelism, type=Type.ID
        )
        self._threads = ThreadPoolExecutor(hashers, thread_name_prefix="argon2")
        self._dummy = self._hasher.hash(secrets.token_bytes(DUMMY_BYTES))
        self.turn = asyncio.Semaphore(hashers)
        self.evaluations = 0

    async def hash(self, password: str) -> str:
        """The argon2id hash of a new password, in PHC string format."""
        return await self._run(self._hasher.hash, normalised_password(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; None costs the same and never matches."""
        self.evaluations += 1
        right = await self._run(
            self._verify, password_hash or self._dummy, normalised_password(password)
        )
        return right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    async def _run(self, work: Callable[..., T], *args: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
