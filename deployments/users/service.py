"""Everything that users does, by subject, on one database."""

from datetime import timedelta

from deployments.clock import Clock, utc_now
from deployments.settings import Settings
from deployments.users.activities import Activities
from deployments.users.addresses import OwnAddresses
from deployments.users.administration import Administration
from deployments.users.authority import Authority
from deployments.users.beginnings import Beginnings
from deployments.users.codes import TokenPurpose
from deployments.users.contacts import Contacts
from deployments.users.credentials import Credentials
from deployments.users.directory import Directory
from deployments.users.enrolment import Enrolment
from deployments.users.imports import Imports
from deployments.users.invitations import Invitations
from deployments.users.links import Links
from deployments.users.password_changes import PasswordChanges
from deployments.users.passwords import Passwords
from deployments.users.patients import Patients
from deployments.users.profiles import DirectoryChanged, OwnProfile
from deployments.users.refreshing import Refreshing
from deployments.users.registration import Registration
from deployments.users.rules import FIRST_LOCK, LONGEST_LOCK
from deployments.users.sealing import Sealer
from deployments.users.second_factor import SecondFactors
from deployments.users.sessions import Sessions
from deployments.users.settings import UsersSettings
from deployments.users.sign_in import SignIn
from deployments.users.signing_keys import SigningKeys
from deployments.users.tokens import AccessTokens
from deployments.users.upkeep import Upkeep
from storage.database import Database
from storage.users.attempts import Lockout


async def _nobody_caches() -> None:
    return None


class UsersService:
    """The operations of users; each attribute is one subject.

    Args:
        database: of users.
        settings: of the process.
        own: what is set about accounts alone.
        directory_changed: called after a commit that changed the directory of practitioners.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        own: UsersSettings | None = None,
        directory_changed: DirectoryChanged = _nobody_caches,
        clock: Clock = utc_now,
    ) -> None:
        own = own or UsersSettings()
        sealer = Sealer(settings.secret_key.get_secret_value())
        enrolment = Enrolment(settings.default_locale, settings.default_time_zone)
        resend = timedelta(seconds=own.resend_seconds)
        tokens = AccessTokens(
            settings.issuer, settings.audience, timedelta(minutes=settings.access_token_minutes)
        )
        lockout = Lockout(settings.password_attempts, FIRST_LOCK, LONGEST_LOCK)
        self.passwords = Passwords(own.hash_cost, own.password_hashers)
        self.keys = SigningKeys(database, sealer, own.signing_period, clock)
        self.authority = Authority(database, self.keys, clock)
        self.links = Links(database, sealer, settings.public_url, _lifetimes(own), clock)
        self.credentials = Credentials(database, self.passwords, sealer, lockout, clock)
        lifetime = timedelta(days=settings.refresh_token_days)
        self.sessions = Sessions(database, self.keys, tokens, lifetime, clock)
        grace = timedelta(seconds=settings.refresh_grace_s)
        self.refreshing = Refreshing(database, self.sessions, sealer, grace, clock)
        self.second_factors = SecondFactors(
            database, self.credentials, sealer, settings.issuer, clock
        )
        self.sign_in = SignIn(
            database, self.credentials, self.second_factors, self.sessions, self.passwords, clock
        )
        self.password_changes = PasswordChanges(
            database, self.credentials, self.passwords, self.sessions, self.links, resend, clock
        )
        self.registration = Registration(
            database, self.passwords, enrolment, self.links, resend, clock
        )
        self.invitations = Invitations(database, self.passwords, enrolment, self.links, clock)
        self.own_profile = OwnProfile(database, enrolment, directory_changed, clock)
        self.own_addresses = OwnAddresses(database, clock)
        self.activities = Activities(database)
        self.contacts = Contacts(database)
        self.directory = Directory(database)
        self.patients = Patients(database, clock)
        self.administration = Administration(
            database, self.sessions, self.credentials, directory_changed, clock
        )
        self.imports = Imports(database, enrolment, directory_changed, clock)
        self.beginnings = Beginnings(
            database,
            self.passwords,
            enrolment,
            production=settings.environment == "production",
            clock=clock,
        )
        self.upkeep = Upkeep(database, clock)


def _lifetimes(own: UsersSettings) -> dict[TokenPurpose, timedelta]:
    return {
        TokenPurpose.EMAIL_VERIFICATION: timedelta(hours=own.verification_hours),
        TokenPurpose.PASSWORD_RESET: timedelta(minutes=own.reset_minutes),
        TokenPurpose.INVITATION: timedelta(days=own.invitation_days),
    }
