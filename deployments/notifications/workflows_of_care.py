"""What people are told of care: visits, charts, medicines, results, talks."""

from datetime import timedelta
from typing import Any, Final

from deployments.access import Role
from deployments.appointments import events as appointments
from deployments.chatbot import events as chatbot
from deployments.events import Event
from deployments.laboratory import events as laboratory
from deployments.medical_records import events as medical_records
from deployments.notifications.codes import Priority
from deployments.notifications.variables import (
    CriticalVariables,
    EmergencyVariables,
    ParameterVariables,
    PatientParameterVariables,
    RescheduledVariables,
    VisitVariables,
)
from deployments.notifications.workflow import (
    DESK,
    EVERYWHERE,
    INBOX,
    SILENT,
    SMS_ON_REQUEST,
    Workflow,
    to_patient,
    to_practitioner,
)
from deployments.pharmacy import events as pharmacy

ENDED_EARLY: Final = frozenset({"stopped", "cancelled"})
"""Reasons for the end of a prescription that the patient did not see coming."""
EMERGENCY: Final = "emergency"
"""The urgency of a conversation in which a red flag was seen."""
PANEL: Final = timedelta(minutes=2)
"""How long the results of one order are waited for; ours."""


def _visit(event: type[Event], name: str, **more: Any) -> list[Workflow]:
    """The patient and the practitioner are told; a practitioner's phone only on request."""
    variables = more.pop("variables", VisitVariables)
    return [
        Workflow(
            f"appointments.{name}.{reader}",
            event,
            f"{reader}_id",
            variables,
            EVERYWHERE,
            on_request=SMS_ON_REQUEST if reader == "practitioner" else frozenset(),
        )
        for reader in ("patient", "practitioner")
    ]


def _pharmacists(name: str, event: type[Event], **more: Any) -> Workflow:
    return Workflow(f"pharmacy.{name}.pharmacist", event, Role.PHARMACIST, **more)


def _alarm(name: str, event: type[Event], reader: Role | None = None, **more: Any) -> Workflow:
    """About a critical value: passes quiet hours and opt-outs, by every channel."""
    return Workflow(
        f"laboratory.{name}.{reader.value if reader else 'practitioner'}",
        event,
        reader or "practitioner_id",
        channels=EVERYWHERE,
        priority=Priority.URGENT,
        essential=True,
        **more,
    )


def _escalated(role: Role) -> Workflow:
    return _alarm(
        "critical_value_escalated",
        laboratory.CriticalValueEscalated,
        role,
        variables=ParameterVariables,
        applies=lambda event: event.role == role.value,
    )


def _ended_early(ended: pharmacy.PrescriptionEnded) -> bool:
    return ended.reason in ENDED_EARLY


def _visible(issued: laboratory.ReportIssued) -> bool:
    """Whether the patient will ever read it: a preliminary report is for the staff."""
    return issued.visible_at is not None


def _comes_again(rejected: laboratory.SpecimenRejected) -> bool:
    """Nobody is asked to come when no test waits for the specimen."""
    return rejected.recollection_specimen_id is not None


def _by_somebody_else(acknowledged: laboratory.CriticalValueAcknowledged) -> bool:
    return acknowledged.acknowledged_by != acknowledged.practitioner_id


def _wanted(role: Role) -> list[Workflow]:
    """A patient waits for a clinician; an emergency passes quiet hours and opt-outs."""
    event = chatbot.ClinicianWanted
    return [
        Workflow(
            f"chatbot.clinician_wanted.{role.value}",
            event,
            role,
            channels=DESK,
            digest="conversation_id",
            applies=lambda wanted: wanted.urgency != EMERGENCY,
        ),
        Workflow(
            f"chatbot.emergency.{role.value}",
            event,
            role,
            channels=DESK,
            applies=lambda wanted: wanted.urgency == EMERGENCY,
            priority=Priority.URGENT,
            essential=True,
        ),
    ]


_VISITS: Final = [
    *_visit(appointments.AppointmentBooked, "booked"),
    *_visit(appointments.AppointmentRescheduled, "rescheduled", variables=RescheduledVariables),
    *_visit(appointments.AppointmentCancelled, "cancelled"),
    to_patient(
        "appointments.reminder",
        appointments.AppointmentReminderDue,
        variables=VisitVariables,
        on_request=frozenset(),
        reminds=True,
    ),
    to_patient(
        "appointments.affected_by_leave",
        appointments.AppointmentAffectedByLeave,
        variables=VisitVariables,
        on_request=frozenset(),
    ),
    to_patient("appointments.no_show", appointments.AppointmentNoShow, variables=VisitVariables),
    to_practitioner(
        "appointments.checked_in",
        appointments.AppointmentCheckedIn,
        variables=VisitVariables,
        channels=DESK,
    ),
]
_RECORDS: Final = [
    Workflow(
        "medical_records.break_glass_used.privacy_officer",
        medical_records.BreakGlassUsed,
        Role.PRIVACY_OFFICER,
        EmergencyVariables,
        SILENT,
    ),
]
_MEDICINES: Final = [
    to_patient("pharmacy.prescription_issued", pharmacy.PrescriptionIssued),
    to_practitioner("pharmacy.prescription_queried", pharmacy.PrescriptionQueried),
    to_practitioner("pharmacy.prescription_rejected", pharmacy.PrescriptionRejected),
    _pharmacists(
        "prescription_answered",
        pharmacy.PrescriptionAnswered,
        channels=INBOX,
        digest="prescription_id",
    ),
    to_patient("pharmacy.prescription_dispensed", pharmacy.PrescriptionDispensed),
    to_patient("pharmacy.prescription_ended", pharmacy.PrescriptionEnded, applies=_ended_early),
    _pharmacists("stock_low", pharmacy.StockLow, channels=INBOX),
    _pharmacists("stock_expiring", pharmacy.StockExpiring, channels=INBOX),
    _pharmacists("lot_recalled", pharmacy.LotRecalled),
    to_patient(
        "pharmacy.affected_by_recall",
        pharmacy.PatientAffectedByRecall,
        priority=Priority.URGENT,
        essential=True,
        on_request=frozenset(),
    ),
]
_RESULTS: Final = [
    _alarm("critical_value", laboratory.CriticalValueReported, variables=CriticalVariables),
    _escalated(Role.LAB_TECHNICIAN),
    _escalated(Role.DOCTOR),
    _alarm(
        "critical_value_held",
        laboratory.CriticalValueHeld,
        Role.LAB_TECHNICIAN,
        variables=ParameterVariables,
    ),
    _alarm(
        "critical_value_withdrawn",
        laboratory.CriticalValueWithdrawn,
        variables=PatientParameterVariables,
    ),
    to_practitioner(
        "laboratory.critical_value_acknowledged",
        laboratory.CriticalValueAcknowledged,
        channels=DESK,
        applies=_by_somebody_else,
    ),
    to_practitioner(
        "laboratory.results_released",
        laboratory.ResultsReleased,
        channels=DESK,
        digest="order_id",
        delay=PANEL,
    ),
    to_practitioner("laboratory.result_corrected", laboratory.ResultCorrected),
    to_patient(
        "laboratory.report_issued",
        laboratory.ReportIssued,
        applies=_visible,
        not_before=lambda issued: issued.visible_at,
        digest="order_id",
        delay=PANEL,
    ),
    to_practitioner("laboratory.specimen_rejected", laboratory.SpecimenRejected),
    to_patient(
        "laboratory.specimen_rejected",
        laboratory.SpecimenRejected,
        applies=_comes_again,
        on_request=frozenset(),
    ),
    to_practitioner("laboratory.tests_cancelled", laboratory.TestsCancelled, channels=INBOX),
]
_TALKS: Final = [
    *_wanted(Role.DOCTOR),
    *_wanted(Role.NURSE),
    to_patient("chatbot.clinician_answered", chatbot.ClinicianAnswered, digest="conversation_id"),
    Workflow(
        "chatbot.patient_wrote.clinician",
        chatbot.PatientWrote,
        "clinician_id",
        channels=DESK,
        digest="conversation_id",
    ),
]
OF_CARE: Final = [*_VISITS, *_RECORDS, *_MEDICINES, *_RESULTS, *_TALKS]
