"""People of the laboratory and their patients."""

from dataclasses import dataclass

from deployments.access import Principal, Role
from tests.factories.appointments import principal
from tests.factories.pharmacy import FakeRecords


@dataclass
class Staff:
    """Who takes part; the doctor and the nurse treat the patient."""

    doctor: Principal
    nurse: Principal
    technician: Principal
    second_technician: Principal
    manager: Principal
    patient: Principal
    stranger: Principal


def staff(records: FakeRecords) -> Staff:
    doctor, nurse = principal(Role.DOCTOR), principal(Role.NURSE)
    patient = records.admit(doctor)
    records.treating.add((nurse.user_id, patient.user_id))
    return Staff(
        doctor=doctor,
        nurse=nurse,
        technician=principal(Role.LAB_TECHNICIAN),
        second_technician=principal(Role.LAB_TECHNICIAN),
        manager=principal(Role.ADMINISTRATOR),
        patient=patient,
        stranger=principal(Role.DOCTOR),
    )
