"""Changing and resetting passwords, and the second factor."""

from datetime import timedelta

import pyotp
import pytest

from deployments.users.codes import TokenPurpose
from deployments.users.errors import (
    InvalidCredentials,
    InvalidOneTimeToken,
    InvalidRefreshToken,
    SecondFactorRequired,
    SecondFactorWrong,
    TooManyAttempts,
    TotpAlreadyEnabled,
    TotpNotEnabled,
    WeakPassword,
    WrongPassword,
    WrongTotpCode,
)
from deployments.users.session_schemas import PasswordChange, PasswordReset
from storage.users.tables import OneTimeToken, RecoveryCode, SecondFactor
from tests.factories.users import ANOTHER_PASSWORD, PASSWORD, an_email


@pytest.fixture
async def email(clinic):
    address = an_email()
    await clinic.patient(email=address)
    return address


@pytest.fixture
async def signed(clinic, email):
    return await clinic.sign_in(email)


@pytest.fixture
async def caller(clinic, signed):
    return await clinic.caller(signed)


async def change(clinic, caller, current=PASSWORD, new=ANOTHER_PASSWORD):
    request = PasswordChange(current_password=current, new_password=new)
    await clinic.users.password_changes.change(caller, request)


async def test_changing_the_password_ends_the_other_sessions(clinic, email, signed, caller):
    other = await clinic.sign_in(email)
    await change(clinic, caller)
    assert await clinic.is_refused(other)
    with pytest.raises(InvalidRefreshToken):
        await clinic.users.refreshing.refresh(other.refresh_token)
    assert not await clinic.is_refused(signed)
    assert await clinic.users.refreshing.refresh(signed.refresh_token)
    with pytest.raises(InvalidCredentials):
        await clinic.sign_in(email, PASSWORD)
    assert await clinic.sign_in(email, ANOTHER_PASSWORD)


async def test_a_wrong_current_password_counts_as_a_guess(clinic, email, caller):
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await change(clinic, caller, current="wrong-password-here")
    with pytest.raises(TooManyAttempts):
        await change(clinic, caller)
    with pytest.raises(TooManyAttempts):
        await clinic.sign_in(email)


async def test_a_weak_new_password_changes_nothing(clinic, email, caller):
    with pytest.raises(WeakPassword):
        await change(clinic, caller, new="short")
    assert await clinic.sign_in(email, PASSWORD)


async def forgot(clinic, email):
    await clinic.users.password_changes.request_reset(email)


async def reset(clinic, token, password=ANOTHER_PASSWORD):
    await clinic.users.password_changes.reset(PasswordReset(token=token, password=password))


async def test_resetting_ends_all_sessions_and_unlocks(clinic, email, signed):
    await forgot(clinic, email)
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            await clinic.sign_in(email, "wrong-password-here")
    token = await clinic.one_time_token(signed.user_id, TokenPurpose.PASSWORD_RESET)
    clinic.clock.advance(timedelta(seconds=1))
    await reset(clinic, token)
    assert await clinic.is_refused(signed)
    assert await clinic.sign_in(email, ANOTHER_PASSWORD)
    with pytest.raises(InvalidOneTimeToken):
        await reset(clinic, token)


async def test_a_weak_password_does_not_use_the_link_up(clinic, email, signed):
    await forgot(clinic, email)
    token = await clinic.one_time_token(signed.user_id, TokenPurpose.PASSWORD_RESET)
    with pytest.raises(WeakPassword):
        await reset(clinic, token, "short")
    await reset(clinic, token)


async def test_links_expire_are_replaced_and_are_for_one_purpose(clinic, email, signed):
    await forgot(clinic, email)
    purpose = TokenPurpose.PASSWORD_RESET
    first = await clinic.one_time_token(signed.user_id, purpose)
    await forgot(clinic, email)
    assert await clinic.one_time_token(signed.user_id, purpose) == first, "sent a moment ago"
    clinic.clock.advance(timedelta(minutes=1))
    await forgot(clinic, email)
    second = await clinic.one_time_token(signed.user_id, purpose)
    assert second != first
    verification = await clinic.one_time_token(signed.user_id, TokenPurpose.EMAIL_VERIFICATION)
    for token in (first, verification, "x" * 43):
        with pytest.raises(InvalidOneTimeToken):
            await reset(clinic, token)
    clinic.clock.advance(timedelta(minutes=30))
    with pytest.raises(InvalidOneTimeToken):
        await reset(clinic, second)


async def test_forgetting_an_unknown_address_says_nothing(clinic, signed):
    assert await clinic.users.password_changes.request_reset(an_email("nobody")) is None
    assert {row.user_id for row in await clinic.rows(OneTimeToken)} == {signed.user_id}


async def test_no_token_is_stored_readably(clinic, email, signed):
    await forgot(clinic, email)
    token = await clinic.one_time_token(signed.user_id, TokenPurpose.PASSWORD_RESET)
    assert not any(token.encode() in bytes(row.digest) for row in await clinic.rows(OneTimeToken))
    unknown = signed.session_id
    with pytest.raises(InvalidOneTimeToken):
        await clinic.users.links.one_time_link(unknown)


class App:
    """An authenticator app."""

    def __init__(self, clinic, secret):
        self.clinic = clinic
        self.secret = secret

    def code(self):
        return pyotp.TOTP(self.secret).at(self.clinic.clock())


@pytest.fixture
async def enabled(clinic, caller):
    """A second factor in force: the app and the recovery codes."""
    setup = await clinic.users.second_factors.begin(caller, PASSWORD)
    app = App(clinic, setup.secret)
    codes = await clinic.users.second_factors.confirm(caller, app.code())
    clinic.clock.advance(timedelta(seconds=30))
    return app, codes.codes


async def test_a_second_factor_is_asked_for(clinic, email, enabled):
    app, _ = enabled
    with pytest.raises(SecondFactorRequired):
        await clinic.sign_in(email)
    assert await clinic.sign_in(email, totp=app.code())


async def test_no_code_works_twice(clinic, email, enabled):
    app, _ = enabled
    code = app.code()
    await clinic.sign_in(email, totp=code)
    with pytest.raises(SecondFactorWrong):
        await clinic.sign_in(email, totp=code)
    clinic.clock.advance(timedelta(seconds=30))
    with pytest.raises(SecondFactorWrong):
        await clinic.sign_in(email, totp=code)
    assert await clinic.sign_in(email, totp=app.code())


async def test_the_code_that_confirmed_does_not_sign_in(clinic, email, caller):
    setup = await clinic.users.second_factors.begin(caller, PASSWORD)
    code = App(clinic, setup.secret).code()
    await clinic.users.second_factors.confirm(caller, code)
    with pytest.raises(SecondFactorWrong):
        await clinic.sign_in(email, totp=code)


async def test_guessing_codes_is_guessing(clinic, email, enabled):
    app, _ = enabled
    wrong = f"{(int(app.code()) + 1) % 1_000_000:06d}"
    for _ in range(5):
        with pytest.raises(SecondFactorWrong):
            await clinic.sign_in(email, totp=wrong)
    with pytest.raises(TooManyAttempts):
        await clinic.sign_in(email, totp=app.code())


async def test_each_recovery_code_works_once(clinic, email, enabled):
    _, codes = enabled
    assert await clinic.sign_in(email, recovery_code=codes[0].lower())
    with pytest.raises(SecondFactorWrong):
        await clinic.sign_in(email, recovery_code=codes[0])
    assert await clinic.sign_in(email, recovery_code=codes[1])
    assert len(await clinic.rows(RecoveryCode)) == 8


async def test_renewed_recovery_codes_replace_the_old(clinic, email, caller, enabled):
    _, old = enabled
    new = (await clinic.users.second_factors.renew_codes(caller, PASSWORD)).codes
    with pytest.raises(SecondFactorWrong):
        await clinic.sign_in(email, recovery_code=old[0])
    assert await clinic.sign_in(email, recovery_code=new[0])


async def test_switching_off_needs_the_password(clinic, email, caller, enabled):
    with pytest.raises(WrongPassword):
        await clinic.users.second_factors.disable(caller, "wrong-password-here")
    await clinic.users.second_factors.disable(caller, PASSWORD)
    assert await clinic.sign_in(email)
    assert await clinic.rows(RecoveryCode) == []
    with pytest.raises(TotpNotEnabled):
        await clinic.users.second_factors.disable(caller, PASSWORD)
    with pytest.raises(TotpNotEnabled):
        await clinic.users.second_factors.renew_codes(caller, PASSWORD)


async def test_setting_up_in_the_right_order(clinic, email, caller):
    factors = clinic.users.second_factors
    with pytest.raises(TotpNotEnabled):
        await factors.confirm(caller, "000000")
    await factors.begin(caller, PASSWORD)
    setup = await factors.begin(caller, PASSWORD)
    assert await clinic.sign_in(email), "not in force before it is confirmed"
    app = App(clinic, setup.secret)
    wrong = f"{(int(app.code()) + 1) % 1_000_000:06d}"
    with pytest.raises(WrongTotpCode):
        await factors.confirm(caller, wrong)
    await factors.confirm(caller, app.code())
    with pytest.raises(TotpAlreadyEnabled):
        await factors.begin(caller, PASSWORD)
    with pytest.raises(TotpAlreadyEnabled):
        await factors.confirm(caller, app.code())


async def test_the_secret_is_stored_sealed(clinic, enabled):
    app, codes = enabled
    (factor,) = await clinic.rows(SecondFactor)
    assert app.secret.encode() not in bytes(factor.sealed_secret)
    stored = b"".join(bytes(row.digest) for row in await clinic.rows(RecoveryCode))
    assert not any(code.replace("-", "").encode() in stored for code in codes)
