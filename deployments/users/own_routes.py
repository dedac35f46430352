"""What people see and change of themselves."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from deployments.access import Permission
from deployments.errors import PreconditionFailed
from deployments.gateway.dependencies import Caller, IfMatch, PageQuery, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page
from deployments.users.account_schemas import (
    Account,
    ActivityLine,
    Address,
    Addresses,
    OwnPermissions,
    PersonFields,
)
from deployments.users.errors import (
    AddressNotFound,
    ProfileNotFound,
    TooManyAttempts,
    TotpAlreadyEnabled,
    TotpNotEnabled,
    WrongPassword,
    WrongTotpCode,
)
from deployments.users.profile_schemas import OwnProfileFields, Profile, Profiles
from deployments.users.schemas import AddressFields
from deployments.users.service import UsersService
from deployments.users.session_schemas import (
    OwnSessions,
    Reauthentication,
    RecoveryCodes,
    TotpConfirmation,
    TotpSetup,
)

Users = Annotated[UsersService, Depends(service_of(UsersService))]
READ, UPDATE = Permission.USERS_READ_OWN, Permission.USERS_UPDATE_OWN
router = gateway_router(tags=["own account"])


@router.get("/me")
@policy(READ)
async def get_me(caller: Caller, users: Users) -> Account:
    """Read one's own account."""
    return await users.own_profile.get_account(caller)


@router.put("/me", responses=declared(PreconditionFailed))
@policy(UPDATE, cost=5)
async def change_me(body: PersonFields, caller: Caller, expected: IfMatch, users: Users) -> Account:
    """Change one's own name, telephone, language and time zone."""
    return await users.own_profile.change_person(caller, body, expected)


@router.get("/me/permissions")
@policy(READ)
async def list_permissions(caller: Caller, users: Users) -> OwnPermissions:
    """Read what one may do."""
    return users.own_profile.list_permissions(caller)


@router.get("/me/profiles")
@policy(READ)
async def list_profiles(caller: Caller, users: Users) -> Profiles:
    """Read one's own profiles, one for each role that has one."""
    return await users.own_profile.list_profiles(caller)


@router.put("/me/profile", responses=declared(ProfileNotFound, PreconditionFailed))
@policy(UPDATE, cost=5)
async def change_profile(
    body: OwnProfileFields, caller: Caller, expected: IfMatch, users: Users
) -> Profile:
    """Change what is one's own to change in the profile of a role."""
    return await users.own_profile.change_profile(caller, body, expected)


@router.get("/me/addresses")
@policy(READ)
async def list_addresses(caller: Caller, users: Users) -> Addresses:
    """Read one's own postal addresses."""
    return await users.own_addresses.list_own(caller)


@router.post("/me/addresses", status_code=201)
@policy(UPDATE, cost=5)
async def add_address(body: AddressFields, caller: Caller, users: Users) -> Address:
    """Add a postal address."""
    return await users.own_addresses.add(caller, body)


@router.put("/me/addresses/{address_id}", responses=declared(AddressNotFound, PreconditionFailed))
@policy(UPDATE, cost=5)
async def change_address(
    address_id: UUID, body: AddressFields, caller: Caller, expected: IfMatch, users: Users
) -> Address:
    """Replace a postal address."""
    return await users.own_addresses.change(caller, address_id, body, expected)


@router.delete(
    "/me/addresses/{address_id}",
    status_code=204,
    responses=declared(AddressNotFound, PreconditionFailed),
)
@policy(UPDATE, cost=5)
async def remove_address(address_id: UUID, caller: Caller, expected: IfMatch, users: Users) -> None:
    """Remove a postal address."""
    await users.own_addresses.remove(caller, address_id, expected)


@router.get("/me/activity", responses=declared(InvalidCursor))
@policy(READ)
async def list_own_activity(caller: Caller, page: PageQuery, users: Users) -> Page[ActivityLine]:
    """Read what happened to one's own account, newest first."""
    return await users.activities.list_own(caller, page)


@router.get("/me/sessions")
@policy(READ)
async def list_sessions(caller: Caller, users: Users) -> OwnSessions:
    """Read where one is signed in."""
    return OwnSessions(items=await users.sessions.list_own(caller))


@router.post("/me/totp", responses=declared(WrongPassword, TotpAlreadyEnabled, TooManyAttempts))
@policy(UPDATE, cost=10, idempotent=False)
async def begin_totp(body: Reauthentication, caller: Caller, users: Users) -> TotpSetup:
    """Begin to set up TOTP; in force once confirmed."""
    return await users.second_factors.begin(caller, body.password.get_secret_value())


@router.post(
    "/me/totp/confirm",
    responses=declared(WrongTotpCode, TotpNotEnabled, TotpAlreadyEnabled),
)
@policy(UPDATE, cost=10, idempotent=False)
async def confirm_totp(body: TotpConfirmation, caller: Caller, users: Users) -> RecoveryCodes:
    """Switch TOTP on with the code that the app shows; the answer holds recovery codes."""
    return await users.second_factors.confirm(caller, body.code)


@router.post(
    "/me/totp/disable",
    status_code=204,
    responses=declared(WrongPassword, TotpNotEnabled, TooManyAttempts),
)
@policy(UPDATE, cost=10, idempotent=False)
async def disable_totp(body: Reauthentication, caller: Caller, users: Users) -> None:
    """Switch TOTP off."""
    await users.second_factors.disable(caller, body.password.get_secret_value())


@router.post(
    "/me/totp/recovery-codes",
    responses=declared(WrongPassword, TotpNotEnabled, TooManyAttempts),
)
@policy(UPDATE, cost=10, idempotent=False)
async def renew_recovery_codes(
    body: Reauthentication, caller: Caller, users: Users
) -> RecoveryCodes:
    """Get ten new recovery codes; the old ones stop working."""
    return await users.second_factors.renew_codes(caller, body.password.get_secret_value())
