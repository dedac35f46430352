"""Keys that sign access tokens: never without one, never a valid token lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from deployments.errors import Unauthenticated
from deployments.gateway.authentication import Authenticator
from deployments.users.sealing import WrongSecretKey
from deployments.users.service import UsersService
from storage.users.tables import SigningKey
from tests.factories.users import an_email

PERIOD = timedelta(days=30)


async def statuses(clinic):
    rows = await clinic.rows(SigningKey)
    return sorted(row.status for row in rows)


async def test_the_first_replicas_make_one_pair_of_keys(clinic):
    replicas = [clinic.users, *(clinic.another_replica() for _ in range(5))]
    current = await asyncio.gather(*(replica.keys.current() for replica in replicas))
    assert len({key.kid for key in current}) == 1
    assert await statuses(clinic) == ["current", "next"]


async def test_a_key_is_published_before_it_signs_and_after(clinic):
    first = await clinic.users.keys.current()
    published = {key["kid"] for key in await clinic.users.keys.jwks()}
    clinic.clock.advance(PERIOD)
    await asyncio.gather(*(clinic.another_replica().keys.rotate() for _ in range(4)))
    second = await clinic.users.keys.current()
    assert second.kid in published - {first.kid}
    assert await statuses(clinic) == ["current", "next", "retired"]
    assert first.kid in {key["kid"] for key in await clinic.users.keys.jwks()}
    clinic.clock.advance(timedelta(hours=1, seconds=1))
    await clinic.users.keys.rotate()
    assert first.kid not in {key["kid"] for key in await clinic.users.keys.jwks()}


async def test_keys_do_not_move_before_their_time(clinic):
    first = await clinic.users.keys.current()
    clinic.clock.advance(PERIOD - timedelta(seconds=1))
    await clinic.users.keys.rotate()
    assert (await clinic.users.keys.current()).kid == first.kid


async def test_private_keys_are_sealed_and_nothing_private_is_published(clinic, settings):
    key = await clinic.users.keys.current()
    raw = key.private.private_bytes_raw()
    assert not any(raw in bytes(row.sealed_private_key) for row in await clinic.rows(SigningKey))
    for jwk in await clinic.users.keys.jwks():
        assert set(jwk) == {"kty", "crv", "use", "alg", "kid", "x"}
    other = settings.model_copy(update={"secret_key": settings.secret_key.__class__("x" * 40)})
    with pytest.raises(WrongSecretKey):
        await UsersService(clinic.database, other, clock=clinic.clock).keys.current()


async def test_the_edge_accepts_what_users_mints_until_it_is_revoked(clinic):
    clinic.clock.time = datetime.now(UTC)
    edge = Authenticator(clinic.users.authority, issuer="medray", audience="medray")
    email = an_email()
    await clinic.patient(email=email)
    signed = await clinic.sign_in(email)
    caller = await edge.authenticate(signed.access_token)
    assert (caller.user_id, caller.session_id) == (signed.user_id, signed.session_id)

    clinic.clock.advance(PERIOD)
    await clinic.users.keys.rotate()
    clinic.clock.advance(-PERIOD)
    after_rotation = await clinic.sign_in(email)
    kids = {
        jwt.get_unverified_header(item.access_token)["kid"] for item in (signed, after_rotation)
    }
    assert len(kids) == 2
    assert await edge.authenticate(after_rotation.access_token)
    assert await edge.authenticate(signed.access_token)

    await clinic.users.sessions.sign_out(caller)
    await edge.refresh()
    with pytest.raises(Unauthenticated):
        await edge.authenticate(signed.access_token)
    assert await edge.authenticate(after_rotation.access_token)
