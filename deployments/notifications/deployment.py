"""The notifications application: routes, the listening end, and the loops of one replica."""

from collections.abc import Collection
from uuid import UUID

from starlette.types import ASGIApp

from actors.patient_sessions import KIND, PatientSessionsShard
from actors.shards import LocalShards, Shards
from deployments.calls import Remote
from deployments.events import Envelope
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.medical_records.client import MedicalRecordsClient, Records
from deployments.notifications.announcing import AnnouncementService
from deployments.notifications.endpoints import EndpointService
from deployments.notifications.hearing import Listener
from deployments.notifications.history import History
from deployments.notifications.holding import Releaser
from deployments.notifications.live import LiveInbox
from deployments.notifications.live_sessions import LiveSessions
from deployments.notifications.logging_off import LogOff, arrival
from deployments.notifications.outside import Outside
from deployments.notifications.preferences import PreferenceService
from deployments.notifications.presence import PresencePatients, PresenceService
from deployments.notifications.replies import ProviderCalls
from deployments.notifications.routers import routers
from deployments.notifications.sending import Sender
from deployments.notifications.service import NotificationService
from deployments.notifications.settings import NotificationSettings
from deployments.notifications.teller import Teller
from deployments.notifications.templating import TemplateService
from deployments.runtime import Runtime
from deployments.users.client import UsersClient


class NotificationsDeployment:
    """One replica of notifications; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
        users: who knows people; the users application when left out.
        notification_settings: of the service; from the environment when left out.
        records: who knows whom somebody treats; the medical records application when left out.
        shards: of patient sessions; when left out, this process holds them and is the only one.
    """

    def __init__(
        self,
        runtime: Runtime | None = None,
        users: UsersClient | None = None,
        notification_settings: NotificationSettings | None = None,
        records: Records | None = None,
        shards: Shards | None = None,
    ) -> None:
        self.runtime = runtime or Runtime.of_service("notifications")
        users = users or UsersClient(Remote("users", "Users"))
        database, settings = self.runtime.database, self.runtime.settings
        records = records or MedicalRecordsClient(Remote("medical_records", "MedicalRecords"))
        ours = notification_settings or NotificationSettings()
        outside = Outside(settings, ours)
        self.sender = Sender(database, outside.couriers(database, users))
        self.service = NotificationService(database, requeued=self.sender.wake)
        self.live = LiveInbox(self.service, self.runtime.authenticator.is_live)
        self.log_off = LogOff(self.live, users)
        self.sessions = LiveSessions(
            self.live,
            shards or LocalShards(lambda: PatientSessionsShard(KIND)),
            arrival=lambda mailbox: arrival(mailbox, ours),
            idle=self.log_off.idle,
        )
        means = outside.means
        self._listener = Listener(database, users, told=self._told, means=means)
        self.releaser = Releaser(database, self._listener.people_of, told=self._told)
        self.teller = Teller(database, users, told=self._told, means=means)
        self._desks = {
            "preferences": PreferenceService(database, users, means),
            "history": History(database),
            "providers": ProviderCalls(database, outside.ours),
            "templates": TemplateService(
                database, home=settings.public_url, time_zone=settings.default_time_zone
            ),
            "endpoints": EndpointService(
                database,
                users,
                outside.secret_of,
                private_allowed=outside.ours.webhooks_to_private_addresses,
            ),
            "presence": PresenceService(self.sessions, users, PresencePatients(records)),
            "announcements": AnnouncementService(database, made=self.teller.wake),
        }

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(
            routers,
            runtime=self.runtime,
            services={"service": self.service, "live": self.live, **self._desks},
            start=self._start,
        )

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Takes events from another service's relay; for each None, or what went wrong."""
        return await self._listener.hear(envelopes)

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    def _start(self) -> None:
        background = self.runtime.background
        background.start("live-inbox", self.live.run)
        background.start("live-sessions", self.live.watch)
        background.start("log-off", self.log_off.run)
        self.sessions.start(background)
        background.start("sender", self.sender.run)
        background.start("teller", self.teller.run)
        background.start("held", self.releaser.run)

    def _told(self, recipients: Collection[UUID]) -> None:
        self.sessions.tell(recipients)
        self.sender.wake()
