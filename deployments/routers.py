"""Every route of every application, by route prefix: what OpenAPI and the matrix are made from."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter

from deployments.appointments import calendar_routes as calendar
from deployments.appointments import routes as appointments
from deployments.billing import routes as billing
from deployments.chatbot import routes as chatbot
from deployments.gateway import site
from deployments.laboratory import routes as laboratory
from deployments.medical_records import routes as medical_records
from deployments.notifications import routers as notifications
from deployments.pharmacy import routes as pharmacy
from deployments.users import routes as users


def all_routers() -> Mapping[str, Sequence[APIRouter]]:
    """The routers of each application, by its route prefix."""
    return {
        "/": [site.router],
        "/api/v1/users": users.routers,
        "/api/v1/medical-records": medical_records.routers,
        "/api/v1/appointments": [calendar.router, appointments.router],
        "/api/v1/pharmacy": pharmacy.routers,
        "/api/v1/laboratory": laboratory.routers,
        "/api/v1/billing": billing.routers,
        "/api/v1/notifications": notifications.routers,
        "/api/v1/chatbot": chatbot.routers,
    }
