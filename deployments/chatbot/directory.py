"""What medical records knows of a patient: who treats whom."""

from deployments.chatbot.errors import CannotCheck, PatientNotFound
from deployments.medical_records.client import KnownPatients


class Patients(KnownPatients):
    """Refuses in the words of this service."""

    not_found = PatientNotFound
    cannot_check = CannotCheck
