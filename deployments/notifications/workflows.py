"""The one table of what people are told: event, reader, text, channels."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from deployments.access import Role
from deployments.appointments import events as appointments
from deployments.billing import events as billing
from deployments.events import Event
from deployments.laboratory import events as laboratory
from deployments.medical_records import events as medical_records
from deployments.notifications.codes import Priority
from deployments.notifications.events import Announced
from deployments.notifications.variables import (
    AnnouncementVariables,
    CriticalVariables,
    EmergencyVariables,
    LinkVariables,
    ParameterVariables,
    PatientParameterVariables,
    PatientVariables,
    RescheduledVariables,
    SecondFactorVariables,
    VisitVariables,
)
from deployments.notifications.workflow import (
    DESK,
    EVERYWHERE,
    INBOX,
    LETTER,
    SILENT,
    SMS_ON_REQUEST,
    Workflow,
)
from deployments.pharmacy import events as pharmacy
from deployments.users import events as users

ENDED_EARLY: Final = frozenset({"stopped", "cancelled"})
"""Reasons for the end of a prescription that the patient did not see coming."""
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


def _to_patient(name: str, event: type[Event], **more: Any) -> Workflow:
    channels = more.pop("channels", EVERYWHERE)
    more.setdefault("on_request", SMS_ON_REQUEST)
    return Workflow(f"{name}.patient", event, "patient_id", channels=channels, **more)


def _to_practitioner(name: str, event: type[Event], **more: Any) -> Workflow:
    more.setdefault("variables", PatientVariables)
    return Workflow(f"{name}.practitioner", event, "practitioner_id", **more)


def _to_owner(name: str, event: type[Event], **more: Any) -> Workflow:
    """About the reader's own account: cannot be muted."""
    return Workflow(f"users.{name}", event, "user_id", essential=True, **more)


def _link(name: str, event: type[Event]) -> Workflow:
    """Somebody sits and waits for it."""
    return _to_owner(
        name, event, variables=LinkVariables, channels=LETTER, priority=Priority.URGENT
    )


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
    """A sensitive report is not announced before its time."""
    return issued.visible_at is not None and issued.visible_at <= issued.occurred_at


def _comes_again(rejected: laboratory.SpecimenRejected) -> bool:
    """Nobody is asked to come when no test waits for the specimen."""
    return rejected.recollection_specimen_id is not None


def _by_somebody_else(acknowledged: laboratory.CriticalValueAcknowledged) -> bool:
    return acknowledged.acknowledged_by != acknowledged.practitioner_id


ANNOUNCEMENT: Final = Workflow(
    "notifications.announcement",
    Announced,
    "user_id",
    AnnouncementVariables,
    EVERYWHERE,
    on_request=SMS_ON_REQUEST,
    priority=Priority.BULK,
)
_VISITS: Final = [
    *_visit(appointments.AppointmentBooked, "booked"),
    *_visit(appointments.AppointmentRescheduled, "rescheduled", variables=RescheduledVariables),
    *_visit(appointments.AppointmentCancelled, "cancelled"),
    _to_patient(
        "appointments.reminder",
        appointments.AppointmentReminderDue,
        variables=VisitVariables,
        on_request=frozenset(),
        reminds=True,
    ),
    _to_patient(
        "appointments.affected_by_leave",
        appointments.AppointmentAffectedByLeave,
        variables=VisitVariables,
        on_request=frozenset(),
    ),
    _to_patient("appointments.no_show", appointments.AppointmentNoShow, variables=VisitVariables),
    _to_practitioner(
        "appointments.checked_in",
        appointments.AppointmentCheckedIn,
        variables=VisitVariables,
        channels=DESK,
    ),
]
_ACCOUNTS: Final = [
    _to_owner("registered", users.UserRegistered, channels=INBOX),
    _to_owner("password_changed", users.PasswordChanged),
    _to_owner("second_factor_changed", users.SecondFactorChanged, variables=SecondFactorVariables),
    _to_owner("refresh_token_reused", users.RefreshTokenReused),
    _to_owner("signed_out_everywhere", users.SignedOutEverywhere),
    _to_owner("roles_changed", users.RolesChanged),
    _to_owner("reactivated", users.Reactivated),
    _link("invited", users.Invited),
    _link("email_verification_requested", users.EmailVerificationRequested),
    _link("password_reset_requested", users.PasswordResetRequested),
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
    _to_patient("pharmacy.prescription_issued", pharmacy.PrescriptionIssued),
    _to_practitioner("pharmacy.prescription_queried", pharmacy.PrescriptionQueried),
    _to_practitioner("pharmacy.prescription_rejected", pharmacy.PrescriptionRejected),
    _pharmacists(
        "prescription_answered",
        pharmacy.PrescriptionAnswered,
        channels=INBOX,
        digest="prescription_id",
    ),
    _to_patient("pharmacy.prescription_dispensed", pharmacy.PrescriptionDispensed),
    _to_patient("pharmacy.prescription_ended", pharmacy.PrescriptionEnded, applies=_ended_early),
    _pharmacists("stock_low", pharmacy.StockLow, channels=INBOX),
    _pharmacists("stock_expiring", pharmacy.StockExpiring, channels=INBOX),
    _pharmacists("lot_recalled", pharmacy.LotRecalled),
    _to_patient(
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
        "critical_value_withdrawn",
        laboratory.CriticalValueWithdrawn,
        variables=PatientParameterVariables,
    ),
    _to_practitioner(
        "laboratory.critical_value_acknowledged",
        laboratory.CriticalValueAcknowledged,
        channels=DESK,
        applies=_by_somebody_else,
    ),
    _to_practitioner(
        "laboratory.results_released",
        laboratory.ResultsReleased,
        channels=DESK,
        digest="order_id",
        delay=PANEL,
    ),
    _to_practitioner("laboratory.result_corrected", laboratory.ResultCorrected),
    _to_patient(
        "laboratory.report_issued",
        laboratory.ReportIssued,
        applies=_visible,
        digest="order_id",
        delay=PANEL,
    ),
    _to_practitioner("laboratory.specimen_rejected", laboratory.SpecimenRejected),
    _to_patient(
        "laboratory.specimen_rejected",
        laboratory.SpecimenRejected,
        applies=_comes_again,
        on_request=frozenset(),
    ),
    _to_practitioner("laboratory.tests_cancelled", laboratory.TestsCancelled, channels=INBOX),
]
_MONEY: Final = [
    _to_patient("billing.invoice_issued", billing.InvoiceIssued),
    _to_patient("billing.invoice_overdue", billing.InvoiceOverdue),
    _to_patient("billing.credit_note_issued", billing.CreditNoteIssued, channels=SILENT),
    _to_patient("billing.payment_succeeded", billing.PaymentSucceeded, channels=SILENT),
    _to_patient("billing.payment_failed", billing.PaymentFailed, channels=SILENT),
    _to_patient("billing.payment_refunded", billing.PaymentRefunded, channels=SILENT),
    Workflow(
        "billing.payment_reversed.billing_officer",
        billing.PaymentReversed,
        Role.BILLING_OFFICER,
        channels=INBOX,
    ),
]
_HEARD: Final = [*_VISITS, *_ACCOUNTS, *_RECORDS, *_MEDICINES, *_RESULTS, *_MONEY]

WORKFLOWS: Final[Mapping[str, Workflow]] = {it.name: it for it in [*_HEARD, ANNOUNCEMENT]}
BY_EVENT: Final[Mapping[type[Event], Sequence[Workflow]]] = {
    heard: [workflow for workflow in _HEARD if workflow.event is heard]
    for heard in {workflow.event for workflow in _HEARD}
}
ROLES: Final[Mapping[str, frozenset[Role]]] = {
    event.name: frozenset(it.reader for it in workflows if isinstance(it.reader, Role))
    for event, workflows in BY_EVENT.items()
}
"""By the name of an event, the roles whose every member is told of it."""
