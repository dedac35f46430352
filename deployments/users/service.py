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
        self.passwords = Passwords(own.hash_cost, own.password_hashers)
        self.keys = SigningKeys(database, sealer, own.signing_period, clock)
        self.authority = Authority(database, self.keys, clock)
        self.links = Links(database, sealer, settings.public_url, _lifetimes(own), clock)
        self.upkeep = Upkeep(database, clock)
        self._open_doors(database, settings, own, sealer, clock)
        self._take_people_in(database, settings, own, enrolment, clock)
        self._keep_people(database, enrolment, directory_changed, clock)

    def _open_doors(
        self,
        database: Database,
        settings: Settings,
        own: UsersSettings,
        sealer: Sealer,
        clock: Clock,
    ) -> None:
        """Signing in and out, passwords, the second factor."""
        lockout = Lockout(settings.password_attempts, FIRST_LOCK, LONGEST_LOCK)
        self.credentials = Credentials(database, self.passwords, sealer, lockout, clock)
        self.sessions = Sessions(
            database,
            self.keys,
            _tokens(settings),
            timedelta(days=settings.refresh_token_days),
            clock,
        )
        grace = timedelta(seconds=settings.refresh_grace_s)
        self.refreshing = Refreshing(database, self.sessions, sealer, grace, clock)
        self.second_factors = SecondFactors(
            database, self.credentials, sealer, settings.issuer, clock
        )
        self.sign_in = SignIn(
            database, self.credentials, self.second_factors, self.sessions, self.passwords, clock
        )
        self.password_changes = PasswordChanges(
            database, self.credentials, self.passwords, self.sessions, self.links, own.resend, clock
        )

    def _take_people_in(
        self,
        database: Database,
        settings: Settings,
        own: UsersSettings,
        enrolment: Enrolment,
        clock: Clock,
    ) -> None:
        """Registering, inviting, the first administrator."""
        self.registration = Registration(
            database, self.passwords, enrolment, self.links, own.resend, clock
        )
        self.invitations = Invitations(database, self.passwords, enrolment, self.links, clock)
        self.beginnings = Beginnings(
            database,
            self.passwords,
            enrolment,
            production=settings.environment == "production",
            clock=clock,
        )

    def _keep_people(
        self,
        database: Database,
        enrolment: Enrolment,
        directory_changed: DirectoryChanged,
        clock: Clock,
    ) -> None:
        """Reading and changing who people are."""
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


def _tokens(settings: Settings) -> AccessTokens:
    lifetime = timedelta(minutes=settings.access_token_minutes)
    return AccessTokens(settings.issuer, settings.audience, lifetime)


def _lifetimes(own: UsersSettings) -> dict[TokenPurpose, timedelta]:
    return {
        TokenPurpose.EMAIL_VERIFICATION: timedelta(hours=own.verification_hours),
        TokenPurpose.PASSWORD_RESET: timedelta(minutes=own.reset_minutes),
        TokenPurpose.INVITATION: timedelta(days=own.invitation_days),
    }
