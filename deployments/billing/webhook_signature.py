"""Whether a webhook is from the provider, and of now. Pure rules.

Headers and signature are those of the Standard Webhooks specification, version 1: HMAC-SHA256 of
`id.timestamp.body`, in base64 after `v1,`; several signatures are told apart by spaces. The
timestamp may differ by five minutes, as that specification has it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from deployments.billing.payment_errors import SignatureRefused

TOLERANCE_S: Final = 300
LONGEST_ID: Final = 200


def check_signature(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of the event, which the provider vouches for.

    Args:
        secret: shared with the provider.
        headers: of the request, names in lower case.
        body: as it came, byte for byte.
        now: the time here.

    Raises:
        SignatureRefused: not signed with the secret, or not of now.
    """
    event_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not (0 < len(event_id) <= LONGEST_ID and event_id.isascii()):
        raise SignatureRefused("webhook-id is missing")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise SignatureRefused("webhook-timestamp is missing")
    content = f"{event_id}.{timestamp}.".encode() + body
    wanted = b"v1," + base64.b64encode(hmac.digest(secret.encode(), content, hashlib.sha256))
    given = headers.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(one, wanted) for one in given):
        raise SignatureRefused("webhook-signature does not fit")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_S:
        raise SignatureRefused("webhook-timestamp is not of now")
    return event_id
