"""People who meet the laboratory."""

from dataclasses import dataclass

from deployments.access import Principal, Role
from tests.factories.appointments import principal


@dataclass
class Staff:
    """Who takes part."""

    manager: Principal
    doctor: Principal
    nurse: Principal
    technician: Principal
    patient: Principal


def staff() -> Staff:
    return Staff(
        manager=principal(Role.ADMINISTRATOR),
        doctor=principal(Role.DOCTOR),
        nurse=principal(Role.NURSE),
        technician=principal(Role.LAB_TECHNICIAN),
        patient=principal(Role.PATIENT),
    )
