"""Why users refuses. `code` is stable: clients switch on it, people read the title."""

from typing import ClassVar

from deployments.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
)


class UserNotFound(NotFound):
    """No such person, or none that the caller may know of."""

    code: ClassVar[str] = "users.user_not_found"
    title: ClassVar[str] = "No such user"


class PatientNotFound(NotFound):
    """No such patient, or none that the caller may know of."""

    code: ClassVar[str] = "users.patient_not_found"
    title: ClassVar[str] = "No such patient"


class PractitionerNotFound(NotFound):
    """No such member of the clinical staff."""

    code: ClassVar[str] = "users.practitioner_not_found"
    title: ClassVar[str] = "No such practitioner"


class ProfileNotFound(NotFound):
    """The person has no profile of that role."""

    code: ClassVar[str] = "users.profile_not_found"
    title: ClassVar[str] = "No profile of that role"


class AddressNotFound(NotFound):
    """The person has no such address."""

    code: ClassVar[str] = "users.address_not_found"
    title: ClassVar[str] = "No such address"


class InvalidCredentials(Unauthenticated):
    """Address, password or code are wrong, or the account may not sign in: never says which."""

    code: ClassVar[str] = "users.invalid_credentials"
    title: ClassVar[str] = "E-mail address or password is wrong"


class SecondFactorRequired(Unauthenticated):
    """The password is right; a TOTP or recovery code is missing."""

    code: ClassVar[str] = "users.second_factor_required"
    title: ClassVar[str] = "A code of the second factor is needed"


class SecondFactorWrong(Unauthenticated):
    """The TOTP or recovery code is wrong, or was used before."""

    code: ClassVar[str] = "users.second_factor_wrong"
    title: ClassVar[str] = "The code of the second factor is wrong"


class InvalidRefreshToken(Unauthenticated):
    """The refresh token is unknown, used, or its session has ended: sign in again."""

    code: ClassVar[str] = "users.invalid_refresh_token"
    title: ClassVar[str] = "The session has ended"


class TooManyAttempts(TooMany):
    """Too many wrong passwords for this address, known or not; wait, or reset the password."""

    code: ClassVar[str] = "users.too_many_attempts"
    title: ClassVar[str] = "Too many attempts"


class WrongPassword(Invalid):
    """The current password, asked for again before a sensitive change, is wrong."""

    code: ClassVar[str] = "users.wrong_password"
    title: ClassVar[str] = "The current password is wrong"


class WeakPassword(Invalid):
    """The new password is too easy to guess; the field errors say why."""

    code: ClassVar[str] = "users.weak_password"
    title: ClassVar[str] = "The password is too weak"


class InvalidOneTimeToken(Invalid):
    """The link is unknown, used, replaced by a newer one, or too old."""

    code: ClassVar[str] = "users.invalid_one_time_token"
    title: ClassVar[str] = "The link is not valid any more"


class EmailTaken(Conflict):
    """Another account has this e-mail address."""

    code: ClassVar[str] = "users.email_taken"
    title: ClassVar[str] = "The e-mail address is taken"


class LicenceTaken(Conflict):
    """Another member of the staff has this licence number."""

    code: ClassVar[str] = "users.licence_taken"
    title: ClassVar[str] = "The licence number is taken"


class IncompletePerson(Invalid):
    """An imported person lacks what their role needs; the field errors name it."""

    code: ClassVar[str] = "users.incomplete_person"
    title: ClassVar[str] = "The role needs more than that"


class IdentifiersDisagree(Conflict):
    """The identifiers of an imported person belong to different people here."""

    code: ClassVar[str] = "users.identifiers_disagree"
    title: ClassVar[str] = "The identifiers belong to different people"


class WrongTotpCode(Invalid):
    """The app's first code is wrong; not a 401, because the caller's token is good."""

    code: ClassVar[str] = "users.wrong_totp_code"
    title: ClassVar[str] = "The code is wrong"


class TotpAlreadyEnabled(Conflict):
    """TOTP is on; switch it off first."""

    code: ClassVar[str] = "users.totp_already_enabled"
    title: ClassVar[str] = "TOTP is already on"


class TotpNotEnabled(Conflict):
    """TOTP is off, or its set-up was not begun."""

    code: ClassVar[str] = "users.totp_not_enabled"
    title: ClassVar[str] = "TOTP is not on"


class EmailAlreadyVerified(Conflict):
    """There is nothing left to verify."""

    code: ClassVar[str] = "users.email_already_verified"
    title: ClassVar[str] = "The e-mail address is verified"


class ProfileMissing(Conflict):
    """A clinical role needs its profile first."""

    code: ClassVar[str] = "users.profile_missing"
    title: ClassVar[str] = "The role needs a profile first"


class LastAdministrator(Conflict):
    """Somebody must remain who can let people in."""

    code: ClassVar[str] = "users.last_administrator"
    title: ClassVar[str] = "The last administrator must stay"


class AdministratorExists(Conflict):
    """The first administrator is there already: ask them."""

    code: ClassVar[str] = "users.administrator_exists"
    title: ClassVar[str] = "There is an administrator already"


class NotInDevelopment(Forbidden):
    """Demo passwords exist outside production only."""

    code: ClassVar[str] = "users.demo_only"
    title: ClassVar[str] = "Only for demonstrations"
