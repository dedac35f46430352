"""What happened to people's accounts: ids and codes only, never a name, an address or a secret.

An event that asks for an e-mail carries the id of a one-time token, not the token: whoever
sends the e-mail asks `UsersClient.one_time_link(token_id)` for the link at that moment. So the
secret is in no outbox row, no event and no log, and asking again gives the same link.
"""

from typing import ClassVar
from uuid import UUID

from deployments.access import Role
from deployments.events import Event


class UserRegistered(Event):
    """A patient made an account."""

    name: ClassVar[str] = "users.registered.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID


class Invited(Event):
    """An administrator asked a member of the staff in; an e-mail with a link is due."""

    name: ClassVar[str] = "users.invited.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
    token_id: UUID
    roles: list[Role]


class EmailVerificationRequested(Event):
    """An e-mail with a link that proves the address is due."""

    name: ClassVar[str] = "users.email_verification_requested.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
    token_id: UUID


class PasswordResetRequested(Event):
    """An e-mail with a link to choose a new password is due."""

    name: ClassVar[str] = "users.password_reset_requested.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
    token_id: UUID


class EmailVerified(Event):
    """The person proved that the address is theirs."""

    name: ClassVar[str] = "users.email_verified.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID


class PasswordChanged(Event):
    """The password was changed or reset; the person should hear of it."""

    name: ClassVar[str] = "users.password_changed.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
    by_reset: bool


class SecondFactorChanged(Event):
    """TOTP was switched on or off; the person should hear of it."""

    name: ClassVar[str] = "users.second_factor_changed.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
    enabled: bool


class RefreshTokenReused(Event):
    """A used refresh token came back: it was probably stolen, and its session was ended."""

    name: ClassVar[str] = "users.refresh_token_reused.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
    session_id: UUID


class SignedOutEverywhere(Event):
    """All sessions of the person were ended on their wish."""

    name: ClassVar[str] = "users.signed_out_everywhere.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID


class RolesChanged(Event):
    """The person's roles are now these."""

    name: ClassVar[str] = "users.roles_changed.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
    roles: list[Role]


class Deactivated(Event):
    """The person may no longer sign in; their tokens are refused."""

    name: ClassVar[str] = "users.deactivated.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID


class Reactivated(Event):
    """The person may sign in again."""

    name: ClassVar[str] = "users.reactivated.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID


class PractitionerChanged(Event):
    """What the directory says of a practitioner changed."""

    name: ClassVar[str] = "users.practitioner_changed.v1"
    aggregate_field: ClassVar[str] = "user_id"

    user_id: UUID
