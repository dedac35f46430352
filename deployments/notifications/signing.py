"""Signatures of web hooks, ours and others', after the Standard Webhooks specification, version 1.

HMAC-SHA256 of `id.timestamp.body`, in base64 after `v1,`; the time stamp keeps a call that was
overheard from being made again.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from deployments.notifications.errors import SignatureRefused

PREFIX: Final = "whsec_"
TOLERANCE: Final = timedelta(minutes=5)
ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"


def endpoint_secret(secret_key: str, endpoint_id: object, version: int) -> str:
    """The secret of an endpoint, made from the hospital's own and so stored nowhere."""
    context = f"webhook:{endpoint_id}:{version}".encode()
    digest = hmac.digest(secret_key.encode(), context, hashlib.sha256)
    return PREFIX + base64.b64encode(digest).decode()


def sign(secret: str, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a call."""
    timestamp = str(int(at.timestamp()))
    return {ID: id_, TIMESTAMP: timestamp, SIGNATURE: _signature(secret, id_, timestamp, body)}


def check_signature(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Passes when the call was signed with the secret, a moment ago.

    Raises:
        SignatureRefused: it was not.
    """
    id_, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise SignatureRefused("no time stamp")
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
        raise SignatureRefused("too old")
    wanted = _signature(secret, id_, timestamp, body).encode()
    given = headers.get(SIGNATURE, "").split(" ")
    if not any(hmac.compare_digest(wanted, one.encode()) for one in given):
        raise SignatureRefused("wrong signature")


def _signature(secret: str, id_: str, timestamp: str, body: bytes) -> str:
    content = f"{id_}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), content, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
