"""What administrators do with accounts."""

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
    AccountDetail,
    AccountSearch,
    ActivityLine,
    Invitation,
    InvitationRequest,
    PersonRole,
    RolesChange,
)
from deployments.users.codes import AccountStatus
from deployments.users.errors import (
    EmailTaken,
    LastAdministrator,
    LicenceTaken,
    ProfileMissing,
    UserNotFound,
)
from deployments.users.profile_schemas import Profile, StaffProfileFields
from deployments.users.service import UsersService

Users = Annotated[UsersService, Depends(service_of(UsersService))]
MANAGE = Permission.USERS_MANAGE
router = gateway_router(tags=["accounts"])


@router.get("/accounts", responses=declared(InvalidCursor))
@policy(MANAGE)
async def list_accounts(
    caller: Caller,
    page: PageQuery,
    users: Users,
    role: PersonRole | None = None,
    status: AccountStatus | None = None,
) -> Page[Account]:
    """List accounts by name; names and addresses are looked for by `POST /accounts/search`."""
    wanted = AccountSearch(limit=page.limit, cursor=page.cursor, role=role, status=status)
    return await users.administration.search(caller, wanted)


@router.post("/accounts/search", responses=declared(InvalidCursor))
@policy(MANAGE, cost=2, idempotent=False)
async def search_accounts(body: AccountSearch, caller: Caller, users: Users) -> Page[Account]:
    """Find accounts by name or e-mail address."""
    return await users.administration.search(caller, body)


@router.get("/accounts/{user_id}", responses=declared(UserNotFound))
@policy(MANAGE)
async def get_account(user_id: UUID, caller: Caller, users: Users) -> AccountDetail:
    """Read an account."""
    return await users.administration.get(caller, user_id)


@router.get("/accounts/{user_id}/activity", responses=declared(InvalidCursor))
@policy(MANAGE)
async def list_account_activity(
    user_id: UUID, caller: Caller, page: PageQuery, users: Users
) -> Page[ActivityLine]:
    """Read what happened to an account, newest first."""
    return await users.activities.list_of(caller, user_id, page)


@router.post("/accounts/{user_id}/deactivate", responses=declared(UserNotFound, LastAdministrator))
@policy(MANAGE, cost=5)
async def deactivate(user_id: UUID, caller: Caller, users: Users) -> Account:
    """Shut a person out: sessions end and tokens are refused on every service."""
    return await users.administration.deactivate(caller, user_id)


@router.post("/accounts/{user_id}/reactivate", responses=declared(UserNotFound))
@policy(MANAGE, cost=5)
async def reactivate(user_id: UUID, caller: Caller, users: Users) -> Account:
    """Let a person in again."""
    return await users.administration.reactivate(caller, user_id)


@router.post(
    "/accounts/{user_id}/roles",
    responses=declared(UserNotFound, ProfileMissing, LastAdministrator, PreconditionFailed),
)
@policy(MANAGE, cost=5)
async def change_roles(
    user_id: UUID, body: RolesChange, caller: Caller, expected: IfMatch, users: Users
) -> Account:
    """Give a person other roles; tokens with the old ones are refused on every service."""
    return await users.administration.change_roles(caller, user_id, body, expected)


@router.post("/accounts/{user_id}/unlock", responses=declared(UserNotFound))
@policy(MANAGE, cost=5)
async def unlock(user_id: UUID, caller: Caller, users: Users) -> Account:
    """Forget a person's wrong passwords."""
    return await users.administration.unlock(caller, user_id)


@router.put(
    "/accounts/{user_id}/profile",
    responses=declared(UserNotFound, LicenceTaken, PreconditionFailed),
)
@policy(MANAGE, cost=5)
async def put_profile(
    user_id: UUID, body: StaffProfileFields, caller: Caller, expected: IfMatch, users: Users
) -> Profile:
    """Make or replace a staff profile."""
    return await users.administration.put_profile(caller, user_id, body, expected)


@router.post("/invitations", status_code=201, responses=declared(EmailTaken, LicenceTaken))
@policy(MANAGE, cost=10)
async def invite(body: InvitationRequest, caller: Caller, users: Users) -> Invitation:
    """Invite a member of the staff; they are sent a link."""
    return await users.invitations.invite(caller, body)
