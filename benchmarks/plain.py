"""The same services in one process under plain uvicorn: the floor that Ray Serve is held against.

Run with the environment of a running hospital: `uvicorn --factory benchmarks.plain:application`.
"""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.appointments.deployment import AppointmentsDeployment
from deployments.calls import Refusal, Remote
from deployments.laboratory.deployment import LaboratoryDeployment
from deployments.medical_records.client import MedicalRecordsClient
from deployments.medical_records.deployment import MedicalRecordsDeployment
from deployments.metrics import Metrics
from deployments.notifications.deployment import NotificationsDeployment
from deployments.pharmacy.deployment import PharmacyDeployment
from deployments.relay import Hear
from deployments.runtime import Runtime, open_database
from deployments.settings import get_settings
from deployments.users.client import UsersClient
from deployments.users.deployment import UsersDeployment, own_authority
from storage import redis
from storage.settings import Service, StorageSettings


class InProcess(Remote):
    """Calls a deployment that lives in the same process."""

    def __init__(self, deployment: object) -> None:
        self._deployment_object = deployment

    async def call(
        self, method: str, *args: object, retry: bool = False, timeout_s: float = 5.0
    ) -> Any:
        """Calls the method itself."""
        answer = await getattr(self._deployment_object, method)(*args)
        if isinstance(answer, Refusal):
            raise answer.error(*answer.arguments)
        return answer


def runtime(service: Service, keys: Any, listeners: dict[str, Hear]) -> Runtime:
    """What a replica has, without Ray."""
    storage = StorageSettings()
    database = open_database(service, storage)
    return Runtime(
        service,
        database=database,
        listeners=listeners,
        settings=get_settings(),
        redis_client=redis.connect(storage.redis()),
        keys=keys(database) if callable(keys) else keys,
        metrics=Metrics(),
    )


class Plain:
    """The services behind one ASGI callable."""

    def __init__(self) -> None:
        users = UsersDeployment(runtime("users", own_authority, {}))
        people = UsersClient(InProcess(users))
        notifications = NotificationsDeployment(runtime("notifications", people, {}), people)
        listeners: dict[str, Hear] = {"notifications": notifications.hear}
        records = MedicalRecordsDeployment(runtime("medical_records", people, listeners), people)
        listeners["medical_records"] = records.hear
        charts = MedicalRecordsClient(InProcess(records))
        pharmacy = PharmacyDeployment(runtime("pharmacy", people, listeners), charts)
        laboratory = LaboratoryDeployment(runtime("laboratory", people, listeners))
        appointments = AppointmentsDeployment(runtime("appointments", people, listeners), people)
        users.runtime.relay.listeners = listeners
        self.applications: dict[str, ASGIApp] = {
            "/api/v1/users": users.__serve_build_asgi_app__(),
            "/api/v1/medical-records": records.__serve_build_asgi_app__(),
            "/api/v1/pharmacy": pharmacy.__serve_build_asgi_app__(),
            "/api/v1/laboratory": laboratory.__serve_build_asgi_app__(),
            "/api/v1/appointments": appointments.__serve_build_asgi_app__(),
            "/api/v1/notifications": notifications.__serve_build_asgi_app__(),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Routes by prefix, as Serve's proxy does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        for prefix, application in self.applications.items():
            if scope["path"].startswith(prefix):
                await application({**scope, "root_path": prefix}, receive, send)
                return

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        lives = [Life(one) for one in self.applications.values()]
        for life in lives:
            await life.say("startup")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for life in lives:
            await life.say("shutdown")
        await send({"type": "lifespan.shutdown.complete"})


class Life:
    """Starts and stops one application, with every loop of its own."""

    def __init__(self, application: ASGIApp) -> None:
        self._to: asyncio.Queue[Message] = asyncio.Queue()
        self._from: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.ensure_future(
            application({"type": "lifespan", "state": {}}, self._to.get, self._from.put)
        )

    async def say(self, what: str) -> None:
        """Says `startup` or `shutdown`, and waits for the answer."""
        await self._to.put({"type": f"lifespan.{what}"})
        answer = await self._from.get()
        if answer["type"] != f"lifespan.{what}.complete":
            raise RuntimeError(str(answer))


def application() -> Plain:
    """For uvicorn's `--factory`."""
    return Plain()
