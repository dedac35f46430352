"""Signing in, and how guessing is slowed down."""

import asyncio
from datetime import timedelta

import pytest

from deployments.users.codes import Activity
from deployments.users.errors import InvalidCredentials, TooManyAttempts
from deployments.users.rules import FIRST_LOCK, LONGEST_LOCK
from deployments.users.service import UsersService
from deployments.users.settings import UsersSettings
from storage.audit import audit_log
from storage.users.tables import Session, SignInAttempts, User, UserActivity
from tests.factories.users import PASSWORD, administrator, an_email, credentials


async def test_a_patient_registers_and_signs_in(clinic):
    email = an_email()
    user_id = await clinic.patient(email=email)
    signed = await clinic.sign_in(email.upper())
    claims = clinic.claims(signed)
    assert (signed.user_id, claims["sub"], claims["roles"]) == (user_id, str(user_id), ["patient"])
    assert claims["sid"] == str(signed.session_id)
    assert claims["iat"] == clinic.clock().timestamp()
    assert signed.expires_in == 600
    (session,) = await clinic.rows(Session)
    assert session.expires_at == clinic.clock() + timedelta(days=14)
    kinds = [row.kind for row in await clinic.rows(UserActivity)]
    assert kinds == [Activity.REGISTERED, Activity.SIGNED_IN]


async def test_no_refusal_tells_whether_the_address_is_known(clinic):
    email = an_email()
    await clinic.patient(email=email)
    invited, deactivated = an_email(), an_email()
    await clinic.doctor(email=invited)
    gone = await clinic.patient(email=deactivated)
    await clinic.users.administration.deactivate(administrator(), gone)
    refusals = set()
    for address, password in (
        (email, "wrong-password-here"),
        (an_email("nobody"), PASSWORD),
        (invited, PASSWORD),
        (deactivated, PASSWORD),
    ):
        evaluated = clinic.users.passwords.evaluations
        with pytest.raises(InvalidCredentials) as refusal:
            await clinic.sign_in(address, password)
        refusals.add((type(refusal.value), refusal.value.args))
        assert clinic.users.passwords.evaluations == evaluated + 1, "the same cost for all"
    assert len(refusals) == 1


@pytest.mark.parametrize("known", [True, False])
async def test_150_parallel_guesses_on_two_replicas_get_the_limit(clinic, known):
    email = an_email()
    if known:
        await clinic.patient(email=email)
    replicas = [clinic.users, clinic.another_replica()]

    async def guess(number: int) -> type[Exception]:
        replica = replicas[number % 2]
        with pytest.raises((InvalidCredentials, TooManyAttempts)) as refusal:
            await replica.sign_in.sign_in(credentials(email, f"guess number {number}"), None)
        return type(refusal.value)

    outcomes = await asyncio.gather(*(guess(number) for number in range(150)))
    assert outcomes.count(InvalidCredentials) == 5
    assert outcomes.count(TooManyAttempts) == 145
    assert sum(replica.passwords.evaluations for replica in replicas) == 5


async def test_parallel_right_passwords_do_not_lock_each_other_out(clinic):
    email = an_email()
    await clinic.patient(email=email)
    signed = await asyncio.gather(*(clinic.sign_in(email) for _ in range(30)))
    assert len({item.session_id for item in signed}) == 30
    assert await clinic.rows(SignInAttempts) == []


async def guess_until_locked(clinic, email, guesses=5):
    for _ in range(guesses):
        with pytest.raises(InvalidCredentials):
            await clinic.sign_in(email, "wrong-password-here")


async def test_pauses_double_and_end(clinic):
    email = an_email()
    await clinic.patient(email=email)
    await guess_until_locked(clinic, email)
    pause = FIRST_LOCK
    for _ in range(8):
        with pytest.raises(TooManyAttempts) as refusal:
            await clinic.sign_in(email)
        assert refusal.value.args[2] == pause.total_seconds()
        clinic.clock.advance(pause)
        await guess_until_locked(clinic, email, guesses=1)
        pause = min(2 * pause, LONGEST_LOCK)
    clinic.clock.advance(LONGEST_LOCK)
    assert await clinic.sign_in(email)
    assert await clinic.rows(SignInAttempts) == []


async def test_an_administrator_unlocks(clinic, administrating):
    email = an_email()
    user_id = await clinic.patient(email=email)
    await guess_until_locked(clinic, email)
    detail = await clinic.users.administration.get(administrating, user_id)
    assert detail.locked_until == clinic.clock() + FIRST_LOCK
    await clinic.users.administration.unlock(administrating, user_id)
    assert await clinic.sign_in(email)


async def test_failures_are_written_down_for_the_owner_and_for_audits(clinic):
    email = an_email()
    user_id = await clinic.patient(email=email)
    await guess_until_locked(clinic, email, guesses=1)
    await guess_until_locked(clinic, an_email("nobody"), guesses=1)
    failed = [row for row in await clinic.rows(UserActivity) if row.kind == "sign-in-failed"]
    assert [row.user_id for row in failed] == [user_id]
    audited = await clinic.database.read(lambda conn: conn.execute(audit_log.select()).all())
    failures = [row for row in audited if row.outcome == "failure"]
    assert [row.action for row in failures] == ["users.sign-in-failed"] * 2
    assert {row.object_id for row in failures} == {None}, "the same row for nobody"


async def test_a_hash_of_older_cost_is_renewed_at_sign_in(clinic):
    email = an_email()
    await clinic.patient(email=email)
    (before,) = await clinic.rows(User)
    dearer = UsersSettings(password_time_cost=2, password_memory_kib=64)
    clinic.users = UsersService(clinic.database, clinic.settings, dearer, clock=clinic.clock)
    await clinic.sign_in(email)
    (after,) = await clinic.rows(User)
    assert "t=1" in before.password_hash
    assert "t=2" in after.password_hash
    assert await clinic.sign_in(email)
