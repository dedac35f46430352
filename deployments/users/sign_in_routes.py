"""Coming in and going out: register, sign in, refresh, sign out, passwords, e-mail addresses."""

from typing import Annotated

from fastapi import Depends, Header

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import PUBLIC, policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.users.account_schemas import (
    InvitationAcceptance,
    Jwks,
    Registered,
    RegistrationRequest,
)
from deployments.users.errors import (
    EmailAlreadyVerified,
    EmailTaken,
    InvalidCredentials,
    InvalidOneTimeToken,
    InvalidRefreshToken,
    SecondFactorRequired,
    SecondFactorWrong,
    TooManyAttempts,
    WeakPassword,
    WrongPassword,
)
from deployments.users.schemas import SignedIn
from deployments.users.service import UsersService
from deployments.users.session_schemas import (
    EmailVerification,
    ForgottenPassword,
    PasswordChange,
    PasswordReset,
    RefreshRequest,
    SignInRequest,
)

LONGEST_USER_AGENT = 200
Users = Annotated[UsersService, Depends(service_of(UsersService))]
router = gateway_router(tags=["signing in"])


@router.post("/register", status_code=201, responses=declared(EmailTaken, WeakPassword))
@policy(PUBLIC, cost=10)
async def register(body: RegistrationRequest, users: Users) -> Registered:
    """Make a patient's account."""
    return await users.registration.register(body)


@router.post(
    "/sign-in",
    responses=declared(
        InvalidCredentials, SecondFactorRequired, SecondFactorWrong, TooManyAttempts
    ),
)
@policy(PUBLIC, cost=10, idempotent=False)
async def sign_in(
    body: SignInRequest, users: Users, user_agent: Annotated[str | None, Header()] = None
) -> SignedIn:
    """Sign in with e-mail address and password, and the second factor when there is one."""
    return await users.sign_in.sign_in(body, user_agent and user_agent[:LONGEST_USER_AGENT])


@router.post("/refresh", responses=declared(InvalidRefreshToken))
@policy(PUBLIC, cost=2, idempotent=False)
async def refresh(body: RefreshRequest, users: Users) -> SignedIn:
    """Exchange a refresh token for new tokens."""
    return await users.refreshing.refresh(body.refresh_token)


@router.post("/sign-out", status_code=204)
@policy(Permission.USERS_READ_OWN)
async def sign_out(caller: Caller, users: Users) -> None:
    """End this session."""
    await users.sessions.sign_out(caller)


@router.post("/sign-out-everywhere", status_code=204)
@policy(Permission.USERS_READ_OWN, cost=5)
async def sign_out_everywhere(caller: Caller, users: Users) -> None:
    """End all of the caller's sessions."""
    await users.sessions.sign_out_everywhere(caller)


@router.post(
    "/password/change",
    status_code=204,
    responses=declared(WrongPassword, WeakPassword, TooManyAttempts),
)
@policy(Permission.USERS_UPDATE_OWN, cost=10, idempotent=False)
async def change_password(body: PasswordChange, caller: Caller, users: Users) -> None:
    """Change the password; all other sessions end."""
    await users.password_changes.change(caller, body)


@router.post("/password/forgot", status_code=204)
@policy(PUBLIC, cost=10, idempotent=False)
async def forgot_password(body: ForgottenPassword, users: Users) -> None:
    """Ask for a link to choose a new password; the answer is the same for every address."""
    await users.password_changes.request_reset(body.email)


@router.post(
    "/password/reset", status_code=204, responses=declared(InvalidOneTimeToken, WeakPassword)
)
@policy(PUBLIC, cost=10, idempotent=False)
async def reset_password(body: PasswordReset, users: Users) -> None:
    """Choose a new password with the token of the link; all sessions end."""
    await users.password_changes.reset(body)


@router.post("/email/verify", status_code=204, responses=declared(InvalidOneTimeToken))
@policy(PUBLIC, cost=5, idempotent=False)
async def verify_email(body: EmailVerification, users: Users) -> None:
    """Prove the e-mail address with the token of the link."""
    await users.registration.verify_email(body.token)


@router.post("/email/resend", status_code=204, responses=declared(EmailAlreadyVerified))
@policy(Permission.USERS_UPDATE_OWN, cost=10)
async def resend_verification(caller: Caller, users: Users) -> None:
    """Ask for the link that proves the e-mail address again."""
    await users.registration.resend_verification(caller)


@router.post(
    "/invitations/accept",
    status_code=204,
    responses=declared(InvalidOneTimeToken, WeakPassword),
)
@policy(PUBLIC, cost=10, idempotent=False)
async def accept_invitation(body: InvitationAcceptance, users: Users) -> None:
    """Accept an invitation with the token of the link and a password of one's own."""
    await users.invitations.accept(body)


@router.get("/.well-known/jwks.json")
@policy(PUBLIC)
async def get_jwks(users: Users) -> Jwks:
    """Public keys that access tokens are signed with."""
    return Jwks(keys=await users.authority.jwks())
