"""Refreshing, reuse, and signing out so that it bites."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete

from deployments.access import Role
from deployments.users.account_schemas import RolesChange
from deployments.users.codes import SessionEnd
from deployments.users.errors import InvalidCredentials, InvalidRefreshToken
from storage.users.tables import RefreshToken, Revocation, Session
from tests.factories.users import administrator, an_email

GRACE = timedelta(seconds=10)


@pytest.fixture
async def email(clinic):
    address = an_email()
    await clinic.patient(email=address)
    return address


@pytest.fixture
async def signed(clinic, email):
    return await clinic.sign_in(email)


async def refresh(clinic, signed):
    return await clinic.users.refreshing.refresh(signed.refresh_token)


async def test_refreshing_rotates_and_keeps_the_end(clinic, signed):
    clinic.clock.advance(timedelta(minutes=9))
    second = await refresh(clinic, signed)
    clinic.clock.advance(timedelta(minutes=9))
    third = await refresh(clinic, second)
    assert len({item.refresh_token for item in (signed, second, third)}) == 3
    assert {item.session_id for item in (signed, second, third)} == {signed.session_id}
    assert third.refresh_expires_at == signed.refresh_expires_at
    stored = {bytes(row.digest) for row in await clinic.rows(RefreshToken)}
    assert not any(item.refresh_token.encode() in stored for item in (signed, second, third))


async def test_a_lost_answer_may_be_asked_for_again(clinic, signed):
    second = await refresh(clinic, signed)
    clinic.clock.advance(GRACE - timedelta(milliseconds=1))
    again = await refresh(clinic, signed)
    assert again.refresh_token == second.refresh_token
    assert clinic.claims(again)["jti"] == clinic.claims(second)["jti"]
    assert await refresh(clinic, again)


async def test_five_parallel_refreshes_get_one_successor(clinic, signed):
    replicas = [clinic.users, clinic.another_replica()]
    answers = await asyncio.gather(
        *(replicas[n % 2].refreshing.refresh(signed.refresh_token) for n in range(5))
    )
    assert len({answer.refresh_token for answer in answers}) == 1
    assert await refresh(clinic, answers[0])


async def test_reuse_after_the_grace_ends_the_family(clinic, signed):
    second = await refresh(clinic, signed)
    clinic.clock.advance(GRACE)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, signed)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, second)
    assert await clinic.is_refused(signed)
    assert await clinic.is_refused(second)
    (session,) = await clinic.rows(Session)
    assert session.end_reason == SessionEnd.TOKEN_REUSED


async def test_reuse_of_the_token_before_the_last_ends_the_family_within_the_grace(clinic, signed):
    second = await refresh(clinic, signed)
    third = await refresh(clinic, second)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, signed)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, third)


async def test_reuse_ends_no_other_session(clinic, email, signed):
    other = await clinic.sign_in(email)
    await refresh(clinic, signed)
    clinic.clock.advance(GRACE)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, signed)
    assert await refresh(clinic, other)
    assert not await clinic.is_refused(other)


async def test_an_unknown_token_ends_nothing(clinic, signed):
    with pytest.raises(InvalidRefreshToken):
        await clinic.users.refreshing.refresh(signed.refresh_token + "x")
    with pytest.raises(InvalidRefreshToken):
        await clinic.users.refreshing.refresh(signed.access_token)
    assert await refresh(clinic, signed)


async def test_a_session_ends_for_good(clinic, signed):
    clinic.clock.advance(timedelta(days=14))
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, signed)
    await clinic.users.upkeep.forget()
    assert await clinic.rows(Session) == []
    assert await clinic.rows(RefreshToken) == []


async def test_roles_are_those_of_this_moment(clinic, signed):
    administration = clinic.users.administration
    roles = RolesChange(roles=[Role.PATIENT, Role.BILLING_OFFICER])
    clinic.clock.advance(timedelta(seconds=1))
    await administration.change_roles(administrator(), signed.user_id, roles, None)
    assert await clinic.is_refused(signed), "the old roles must not work for ten minutes"
    second = await refresh(clinic, signed)
    assert second.roles == [Role.BILLING_OFFICER, Role.PATIENT]
    assert not await clinic.is_refused(second)


async def test_deactivation_ends_everything(clinic, email, signed):
    clinic.clock.advance(timedelta(seconds=1))
    await clinic.users.administration.deactivate(administrator(), signed.user_id)
    assert await clinic.is_refused(signed)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, signed)
    with pytest.raises(InvalidCredentials):
        await clinic.sign_in(email)
    await clinic.users.administration.reactivate(administrator(), signed.user_id)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, signed)
    assert await clinic.sign_in(email)


async def test_signing_out_ends_this_session(clinic, email, signed):
    other = await clinic.sign_in(email)
    second = await refresh(clinic, signed)
    for _ in range(2):
        await clinic.users.sessions.sign_out(await clinic.caller(second))
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, second)
    assert await clinic.is_refused(signed)
    assert await clinic.is_refused(second)
    assert not await clinic.is_refused(other)
    (line,) = await clinic.users.sessions.list_own(await clinic.caller(other))
    assert (line.id, line.current, line.user_agent) == (other.session_id, True, "pytest")


async def test_an_idle_sign_in_is_ended_once_and_alone(clinic, email, signed):
    other = await clinic.sign_in(email)
    for _ in range(2):
        await clinic.users.sessions.end_idle(signed.user_id, signed.session_id)
    with pytest.raises(InvalidRefreshToken):
        await refresh(clinic, signed)
    assert await clinic.is_refused(signed)
    assert not await clinic.is_refused(other)


async def test_signing_out_everywhere(clinic, email, signed):
    other = await clinic.sign_in(email)
    clinic.clock.advance(timedelta(seconds=1))
    await clinic.users.sessions.sign_out_everywhere(await clinic.caller(signed))
    for item in (signed, other):
        assert await clinic.is_refused(item)
        with pytest.raises(InvalidRefreshToken):
            await refresh(clinic, item)
    fresh = await clinic.sign_in(email)
    assert not await clinic.is_refused(fresh), "signing in again at the same instant works"


async def test_a_refresh_that_races_a_deactivation_wins_nothing(clinic, email):
    for _ in range(10):
        signed = await clinic.sign_in(email)
        outcome, _ = await asyncio.gather(
            refresh(clinic, signed),
            clinic.users.administration.deactivate(administrator(), signed.user_id),
            return_exceptions=True,
        )
        if not isinstance(outcome, InvalidRefreshToken):
            assert await clinic.is_refused(outcome)
        await clinic.users.administration.reactivate(administrator(), signed.user_id)
        await clinic.database.transact(lambda conn: conn.execute(delete(Revocation)), keyed=False)


async def test_revocations_are_numbered_in_the_order_of_commits(clinic, email):
    sessions = [await clinic.sign_in(email) for _ in range(20)]
    callers = [await clinic.caller(item) for item in sessions]
    seen: list[int] = []
    done = asyncio.Event()

    async def news() -> bool:
        found = await clinic.users.authority.revocations_after(max(seen, default=0))
        seen.extend(item.sequence for item in found)
        return bool(found)

    async def follow():
        last_look = False
        while await news() or not last_look:
            last_look = done.is_set()  # a look that began before the end may have missed it

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(clinic.users.sessions.sign_out(caller) for caller in callers))
    done.set()
    await follower
    assert sorted(seen) == seen
    assert len(seen) == 20, "a poller that asks 'after the last' must miss none"


async def test_revocations_are_forgotten_when_their_tokens_have_expired(clinic, signed):
    await clinic.users.sessions.sign_out(await clinic.caller(signed))
    clinic.clock.advance(timedelta(minutes=12))
    assert await clinic.users.authority.revocations_after(0) == []
    await clinic.users.upkeep.forget()
    assert await clinic.rows(Revocation) == []
