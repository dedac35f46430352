"""Time-based one-time passwords (RFC 6238) and the recovery codes that stand in for them."""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp

STEP_S: Final = 30
WINDOW: Final = 1  # steps that a phone's clock may be off, each way (RFC 6238, 5.2)
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10  # 80 bits: 16 letters


def new_secret() -> str:
    """A shared secret of 160 bits, base32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, account: str, issuer: str) -> str:
    """The `otpauth://` URI that authenticator apps read from a QR code."""
    return str(
        pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=account, issuer_name=issuer)
    )


def step_at(now: datetime) -> int:
    """The number of the time step that `now` is in."""
    return int(now.timestamp()) // STEP_S


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, within the window; None when it is wrong.

    The caller must refuse a step that is not later than the last one used, else a code that
    was seen over a shoulder works a second time.
    """
    generator = pyotp.TOTP(secret, interval=STEP_S)
    here = step_at(now)
    found = None
    for step in range(here - WINDOW, here + WINDOW + 1):
        if hmac.compare_digest(generator.generate_otp(step), code):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes, each good for one sign-in, in groups of four letters."""
    return [_grouped(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def recovery_form(code: str) -> str:
    """A recovery code as it is hashed, however it was typed."""
    return code.upper().replace("-", "").replace(" ", "")


def _grouped(random: bytes) -> str:
    letters = base64.b32encode(random).decode()
    return "-".join(letters[place : place + 4] for place in range(0, len(letters), 4))
