"""Who may call a simulated company: whoever has its API key."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, HTTPException
from pydantic import SecretStr


def require_key(key: SecretStr) -> Callable[[str], Awaitable[None]]:
    """A dependency that lets callers with the key in."""
    wanted = f"Bearer {key.get_secret_value()}".encode()

    async def check(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), wanted):
            raise HTTPException(401, "unknown API key")

    return check
