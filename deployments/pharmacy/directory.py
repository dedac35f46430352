"""What medical records knows of a patient: what a prescription is checked against."""

from deployments.medical_records.client import KnownPatients
from deployments.pharmacy.errors import CannotCheck, PatientNotFound


class Patients(KnownPatients):
    """Refuses in the words of this service."""

    not_found = PatientNotFound
    cannot_check = CannotCheck
