"""What keeps secrets: sealing, tokens, TOTP, hashing."""

import pickle
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from deployments.access import Role
from deployments.errors import DomainError
from deployments.users import errors, totp
from deployments.users.passwords import HashCost, Passwords
from deployments.users.sealing import Sealer, WrongSecretKey
from deployments.users.tokens import (
    AccessTokens,
    SigningKey,
    digest,
    first_refresh_token,
    successor,
)

SEALER = Sealer("a secret of this test, long enough")
NOW = datetime(2026, 11, 23, 2, 0, 7, 123456, tzinfo=UTC)
CHEAP = HashCost(time_cost=1, memory_kib=64)


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again(secret):
    assert SEALER.open("purpose", "owner", SEALER.seal("purpose", "owner", secret)) == secret


@pytest.mark.parametrize(
    ("sealer", "purpose", "owner"),
    [(SEALER, "other", "owner"), (SEALER, "purpose", "other"), (Sealer("no"), "purpose", "owner")],
)
def test_nothing_opens_for_another_purpose_owner_or_key(sealer, purpose, owner):
    sealed = SEALER.seal("purpose", "owner", b"secret")
    with pytest.raises(WrongSecretKey):
        sealer.open(purpose, owner, sealed)


def test_an_altered_seal_does_not_open():
    sealed = bytearray(SEALER.seal("purpose", "owner", b"secret"))
    sealed[-1] ^= 1
    with pytest.raises(WrongSecretKey):
        SEALER.open("purpose", "owner", bytes(sealed))


def test_a_successor_is_computed_and_never_repeats():
    first = first_refresh_token()
    family = [first]
    for _ in range(5):
        family.append(successor(SEALER, family[-1]))
    assert len(set(family)) == 6
    assert successor(SEALER, first) == family[1]
    assert successor(Sealer("other key"), first) != family[1]
    assert len(digest(first)) == 32


def test_an_access_token_says_what_the_edge_reads():
    key = SigningKey("kid-1", Ed25519PrivateKey.generate())
    user_id, session_id = uuid4(), uuid4()
    token = AccessTokens("medray", "medray", timedelta(minutes=10)).mint(
        key,
        user_id=user_id,
        session_id=session_id,
        roles=[Role.PATIENT, Role.DOCTOR],
        token_id="jti-1",
        now=NOW,
    )
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": "kid-1", "typ": "at+jwt"}
    claims = jwt.decode(
        token,
        key.private.public_key(),
        ["EdDSA"],
        audience="medray",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims == {
        "iss": "medray",
        "aud": "medray",
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": "jti-1",
        "roles": ["doctor", "patient"],
        "iat": NOW.timestamp(),
        "nbf": NOW.timestamp(),
        "exp": NOW.timestamp() + 600,
    }


@given(st.integers(-400, 400))
def test_totp_accepts_one_step_each_way(seconds):
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    shown_at = NOW + timedelta(seconds=seconds)
    code = pyotp.TOTP(secret).at(shown_at)
    step = totp.matching_step(secret, code, NOW)
    if abs(totp.step_at(shown_at) - totp.step_at(NOW)) <= totp.WINDOW:
        assert step == totp.step_at(shown_at)


def test_totp_refuses_other_codes():
    secret = totp.new_secret()
    right = {pyotp.TOTP(secret).at(NOW, counter_offset=offset) for offset in (-1, 0, 1)}
    wrong = next(code for code in map("{:06d}".format, range(10)) if code not in right)
    assert totp.matching_step(secret, wrong, NOW) is None


def test_recovery_codes_are_many_different_and_forgiving_to_type():
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == 10
    assert totp.recovery_form(codes[0].lower().replace("-", " ")) == totp.recovery_form(codes[0])
    assert len(totp.recovery_form(codes[0])) == 16


async def test_passwords_match_only_themselves():
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("hai mươi con mèo")
    assert hashed.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert await passwords.matches(hashed, "hai mươi con mèo")
    assert not await passwords.matches(hashed, "hai muoi con meo")
    assert not await passwords.matches(None, "hai mươi con mèo")
    assert not await passwords.matches("not a hash", "x")
    assert passwords.evaluations == 4


async def test_a_hash_of_other_cost_is_outdated():
    hashed = await Passwords(CHEAP).hash("hai mươi con mèo")
    assert Passwords(HashCost()).is_outdated(hashed)
    assert not Passwords(CHEAP).is_outdated(hashed)


def test_the_default_cost_is_owasps():
    assert HashCost() == HashCost(time_cost=2, memory_kib=19_456, parallelism=1)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, DomainError)
    ],
)
def test_refusals_survive_a_handle(kind):
    error = pickle.loads(pickle.dumps(kind("detail", [], 3)))  # noqa: S301
    assert type(error) is kind
    assert error.args == ("detail", [], 3)
