"""The README's tables, made from the code: `python -m tests.architecture.readme` rewrites them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from deployments.access import ROLE_PERMISSIONS, Role
from deployments.appointments.settings import AppointmentSettings
from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.payment_settings import PaymentSettings
from deployments.billing.settings import BillingSettings
from deployments.chatbot.settings import ChatbotSettings
from deployments.gateway.problems import status_of
from deployments.laboratory.settings import LaboratorySettings
from deployments.medical_records.settings import RecordsSettings
from deployments.notifications.codes import Priority
from deployments.notifications.settings import NotificationSettings
from deployments.notifications.workflow import Workflow
from deployments.notifications.workflows import WORKFLOWS
from deployments.pharmacy.settings import PharmacySettings
from deployments.settings import Settings
from deployments.simulators.settings import SimulatorsSettings
from deployments.subscriptions import SUBSCRIPTIONS
from deployments.users.settings import UsersSettings
from storage.settings import StorageSettings
from tests.architecture.house import refusals

KINDS = (
    Settings,
    StorageSettings,
    UsersSettings,
    RecordsSettings,
    AppointmentSettings,
    PharmacySettings,
    LaboratorySettings,
    SimulatorsSettings,
    BillingSettings,
    PaymentSettings,
    ClaimSettings,
    ChatbotSettings,
    NotificationSettings,
)
README = Path(__file__).parents[2] / "README.md"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def settings() -> str:
    def rows(kind: type[BaseSettings]) -> list[tuple[str, ...]]:
        found = []
        prefix = kind.model_config.get("env_prefix", "")
        for name, field in kind.model_fields.items():
            default = field.default
            shown = "" if default in (None, PydanticUndefined) else f"`{default}`"
            found.append((f"`{prefix}{name.upper()}`", shown, field.description or ""))
        return found

    every = [row for kind in KINDS for row in rows(kind)]
    return table(("setting", "default", "what it is"), every)


def events() -> str:
    rows = [
        (f"`{event.name}`", ", ".join(listeners), (event.__doc__ or "").split("\n")[0])
        for event, listeners in sorted(SUBSCRIPTIONS.items(), key=lambda item: item[0].name)
    ]
    return table(("event", "heard by", "when"), rows)


def errors() -> str:
    rows = [
        (f"`{kind.code}`", str(status_of(kind)), kind.title)
        for kind in sorted(refusals(), key=lambda kind: kind.code)
    ]
    return table(("code", "status", "title"), rows)


def permissions() -> str:
    every = sorted({item for held in ROLE_PERMISSIONS.values() for item in held})
    rows = [
        (f"`{item}`", *("✓" if item in ROLE_PERMISSIONS[role] else "" for role in Role))
        for item in every
    ]
    return table(("permission", *(role.replace("_", " ") for role in Role)), rows)


def messages() -> str:
    def marks(workflow: Workflow) -> str:
        found = [workflow.priority.name.lower()] if workflow.priority != Priority.NORMAL else []
        found += ["essential"] if workflow.essential else []
        return ", ".join([*found, *(["digest"] if workflow.digest else [])])

    rows = [
        (
            f"`{it.name}`",
            f"`{it.event.name}`",
            ", ".join(
                f"({channel})" if channel in it.on_request else str(channel)
                for channel in it.channels
            ),
            marks(it),
        )
        for it in sorted(WORKFLOWS.values(), key=lambda it: it.name)
    ]
    return table(("message", "on", "by (on request)", "kind"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "events": events,
    "messages": messages,
    "errors": errors,
    "permissions": permissions,
}


def rewritten(text: str) -> str:
    for name, make in TABLES.items():
        before, _, rest = text.partition(f"<!-- {name} -->")
        _, _, after = rest.partition(f"<!-- end of {name} -->")
        text = f"{before}<!-- {name} -->\n{make()}\n<!-- end of {name} -->{after}"
    return text


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text()))
