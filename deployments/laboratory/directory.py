"""What medical records knows of a patient: who it is, and who treats whom."""

from deployments.laboratory.errors import CannotCheck, PatientNotFound
from deployments.medical_records.client import KnownPatients


class Patients(KnownPatients):
    """Refuses in the words of this service."""

    not_found = PatientNotFound
    cannot_check = CannotCheck
