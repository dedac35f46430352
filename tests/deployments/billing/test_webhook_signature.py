"""Who may tell us about payments: the provider, now."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.billing.payment_errors import SignatureRefused
from deployments.billing.webhook_signature import TOLERANCE_S, check_signature
from deployments.simulators.webhooks import signed

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BODY = b'{"type":"charge.succeeded"}'
GOOD = signed("secret", "evt_1", int(NOW.timestamp()), BODY)


def test_the_providers_own_is_let_in():
    assert check_signature("secret", GOOD, BODY, NOW) == "evt_1"


def test_the_signature_is_that_of_the_specification():
    # computed once with `openssl dgst -sha256 -hmac secret -binary | base64`
    assert signed("secret", "msg_1", 1_700_000_000, b"{}")["webhook-signature"] == (
        "v1,A5oIrJxXPB/PkULSoVu0e4khvPiqpF9vljmhkSKg0FI="
    )


def test_one_of_several_signatures_is_enough():
    rotated = GOOD | {"webhook-signature": f"v1,b2xk {GOOD['webhook-signature']}"}
    assert check_signature("secret", rotated, BODY, NOW) == "evt_1"


@pytest.mark.parametrize(
    "forged",
    [
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-id": "x" * 201},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 13},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": GOOD["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": "v1,ü"},
    ],
)
def test_forgeries_are_refused(forged):
    with pytest.raises(SignatureRefused):
        check_signature("secret", GOOD | forged, BODY, NOW)


def test_another_body_or_secret_is_refused():
    for secret, body in (("secret", BODY + b" "), ("other", BODY)):
        with pytest.raises(SignatureRefused):
            check_signature(secret, GOOD, body, NOW)


@pytest.mark.parametrize("seconds", [-TOLERANCE_S - 1, TOLERANCE_S + 1])
def test_recordings_are_refused(seconds):
    with pytest.raises(SignatureRefused):
        check_signature("secret", GOOD, BODY, NOW + timedelta(seconds=seconds))
    within = NOW + timedelta(seconds=seconds - (1 if seconds > 0 else -1))
    assert check_signature("secret", GOOD, BODY, within) == "evt_1"
