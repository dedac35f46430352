"""The composition root: one builder per Serve application; sizes are in `serve_config.yaml`.

Each builder imports its own service only, because Serve runs it in a process of its own.
"""

from typing import Any, cast

import ray
from ray import serve
from ray.serve import Application
from ray.serve.config import DeploymentActorConfig

from actors.shards import ActorShards, shard_name


def gateway(_args: dict[str, Any]) -> Application:
    """Landing page, documentation and health, at `/`."""
    from deployments.gateway.deployment import GatewayDeployment
    from deployments.routers import all_routers

    return _application("Gateway", GatewayDeployment, applications=all_routers)


def users(_args: dict[str, Any]) -> Application:
    """Accounts, sign-in, profiles."""
    from deployments.users.deployment import UsersDeployment

    return _application("Users", UsersDeployment)


def appointments(_args: dict[str, Any]) -> Application:
    """Slots and visits."""
    from deployments.appointments.deployment import AppointmentsDeployment

    return _application("Appointments", AppointmentsDeployment)


def medical_records(_args: dict[str, Any]) -> Application:
    """Charts, and who may read them."""
    from deployments.medical_records.deployment import MedicalRecordsDeployment

    return _application("MedicalRecords", MedicalRecordsDeployment)


def pharmacy(_args: dict[str, Any]) -> Application:
    """Prescriptions, their safety, stock and dispensing."""
    from deployments.pharmacy.deployment import PharmacyDeployment

    return _application("Pharmacy", PharmacyDeployment)


def laboratory(_args: dict[str, Any]) -> Application:
    """Orders, specimens and results; its workers and its ear for analyzers beside it."""
    from deployments.laboratory.analyzers_deployment import LabAnalyzersDeployment
    from deployments.laboratory.deployment import LaboratoryDeployment
    from deployments.laboratory.worker_deployment import LabWorkerDeployment

    beside = [
        _deployment("LabWorker", LabWorkerDeployment),
        _deployment("LabAnalyzers", LabAnalyzersDeployment),
    ]
    return _application("Laboratory", LaboratoryDeployment, beside=beside)


def billing(_args: dict[str, Any]) -> Application:
    """Charges, invoices, and what is owed."""
    from deployments.billing.deployment import BillingDeployment

    return _application("Billing", BillingDeployment)


def notifications(args: dict[str, Any]) -> Application:
    """What people are told, and the live inbox.

    Args:
        args: `session_shards`: how many actors hold patient sessions.
    """
    from actors.patient_sessions import KIND, PatientSessionsShard
    from deployments.notifications.deployment import NotificationsDeployment

    shards = ActorShards(KIND, int(args["session_shards"]))
    ingress = serve.deployment(
        serve.ingress()(NotificationsDeployment),
        name="Notifications",
        deployment_actors=_actors(shards, PatientSessionsShard),
    )
    return cast("serve.Deployment", ingress).bind(shards=shards)


def simulators(_args: dict[str, Any]) -> Application:
    """Companies outside of the hospital, played; refuses to be built in production."""
    from deployments.simulators.deployment import SimulatorsDeployment

    return _application("Simulators", SimulatorsDeployment)


def chatbot(_args: dict[str, Any]) -> Application:
    """Conversations with the assistant and with those who treat the patient."""
    from deployments.chatbot.deployment import ChatbotDeployment

    return _application("Chatbot", ChatbotDeployment)


def _actors(shards: ActorShards, of: type) -> list[dict[Any, Any] | DeploymentActorConfig]:
    """Actors that Serve starts with a deployment, watches and replaces; each waits, mostly."""
    names = [shard_name(shards.kind, number) for number in range(shards.count)]
    return [
        DeploymentActorConfig(
            name=name,
            actor_class=ray.remote(of),
            init_args=(name,),
            actor_options={"num_cpus": 0, "max_concurrency": 1000},
        )
        for name in names
    ]


def _application(name: str, kind: type, **given: object) -> Application:
    return _deployment(name, serve.ingress()(kind), **given)


def _deployment(name: str, kind: type, **given: object) -> Application:
    wrapped = serve.deployment(kind, name=name)
    return cast("serve.Deployment", wrapped).bind(**given)
