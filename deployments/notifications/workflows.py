"""The one table of what people are told: event, reader, text, channels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from deployments.access import Role
from deployments.appointments import events as appointments
from deployments.events import Event
from deployments.laboratory import events as laboratory
from deployments.medical_records import events as medical_records
from deployments.notifications.variables import (
    AccountVariables,
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
from deployments.pharmacy import events as pharmacy
from deployments.users import events as users


class Channel(StrEnum):
    """A way to reach somebody."""

    IN_APP = "in_app"
    EMAIL = "email"


BOTH: Final = (Channel.IN_APP, Channel.EMAIL)
ENDED_EARLY: Final = frozenset({"stopped", "cancelled"})
"""Reasons for the end of a prescription that the patient did not see coming."""


def _always(_event: Event) -> bool:
    return True


@dataclass(frozen=True)
class Workflow:
    """How one kind of reader is told of one kind of event.

    Attributes:
        name: also the name of the folder of its templates.
        event: what it tells.
        reader: the event's field that holds the reader's id, or the role of everybody who reads.
        variables: what its templates may use.
        channels: where it is told.
        reminds: whether it only makes sense before the visit begins.
        applies: whether an event of the kind is told at all.
        version: of the templates; raised with every change of wording, old ones are kept.
    """

    name: str
    event: type[Event]
    reader: str | Role
    variables: type[AccountVariables]
    channels: Sequence[Channel] = BOTH
    reminds: bool = False
    applies: Callable[[Any], bool] = _always
    version: int = 1


def _visit(event: type[Event], name: str, variables: type[VisitVariables]) -> list[Workflow]:
    return [
        Workflow(f"appointments.{name}.{reader}", event, f"{reader}_id", variables)
        for reader in ("patient", "practitioner")
    ]


def _ended_early(ended: pharmacy.PrescriptionEnded) -> bool:
    return ended.reason in ENDED_EARLY


def _pharmacists(event: type[Event], name: str, channels: Sequence[Channel]) -> Workflow:
    name = f"pharmacy.{name}.pharmacist"
    return Workflow(name, event, Role.PHARMACIST, AccountVariables, channels)


def _escalated(role: Role) -> Workflow:
    return Workflow(
        f"laboratory.critical_value_escalated.{role.value}",
        laboratory.CriticalValueEscalated,
        role,
        ParameterVariables,
        applies=lambda event: event.role == role.value,
    )


def _visible(issued: laboratory.ReportIssued) -> bool:
    """A sensitive report is not announced before its time."""
    return issued.visible_at is not None and issued.visible_at <= issued.occurred_at


_ALL: Final = [
    *_visit(appointments.AppointmentBooked, "booked", VisitVariables),
    *_visit(appointments.AppointmentRescheduled, "rescheduled", RescheduledVariables),
    *_visit(appointments.AppointmentCancelled, "cancelled", VisitVariables),
    Workflow(
        "appointments.reminder.patient",
        appointments.AppointmentReminderDue,
        "patient_id",
        VisitVariables,
        reminds=True,
    ),
    Workflow(
        "appointments.affected_by_leave.patient",
        appointments.AppointmentAffectedByLeave,
        "patient_id",
        VisitVariables,
    ),
    Workflow(
        "users.registered", users.UserRegistered, "user_id", AccountVariables, [Channel.IN_APP]
    ),
    Workflow("users.password_changed", users.PasswordChanged, "user_id", AccountVariables),
    Workflow(
        "users.second_factor_changed", users.SecondFactorChanged, "user_id", SecondFactorVariables
    ),
    Workflow("users.refresh_token_reused", users.RefreshTokenReused, "user_id", AccountVariables),
    Workflow("users.invited", users.Invited, "user_id", LinkVariables, [Channel.EMAIL]),
    Workflow(
        "users.email_verification_requested",
        users.EmailVerificationRequested,
        "user_id",
        LinkVariables,
        [Channel.EMAIL],
    ),
    Workflow(
        "users.password_reset_requested",
        users.PasswordResetRequested,
        "user_id",
        LinkVariables,
        [Channel.EMAIL],
    ),
    Workflow(
        "medical_records.break_glass_used.privacy_officer",
        medical_records.BreakGlassUsed,
        Role.PRIVACY_OFFICER,
        EmergencyVariables,
    ),
    Workflow(
        "pharmacy.prescription_issued.patient",
        pharmacy.PrescriptionIssued,
        "patient_id",
        AccountVariables,
    ),
    Workflow(
        "pharmacy.prescription_queried.practitioner",
        pharmacy.PrescriptionQueried,
        "practitioner_id",
        PatientVariables,
    ),
    Workflow(
        "pharmacy.prescription_rejected.practitioner",
        pharmacy.PrescriptionRejected,
        "practitioner_id",
        PatientVariables,
    ),
    Workflow(
        "pharmacy.prescription_dispensed.patient",
        pharmacy.PrescriptionDispensed,
        "patient_id",
        AccountVariables,
    ),
    Workflow(
        "pharmacy.prescription_ended.patient",
        pharmacy.PrescriptionEnded,
        "patient_id",
        AccountVariables,
        applies=_ended_early,
    ),
    _pharmacists(pharmacy.StockLow, "stock_low", [Channel.IN_APP]),
    _pharmacists(pharmacy.StockExpiring, "stock_expiring", [Channel.IN_APP]),
    _pharmacists(pharmacy.LotRecalled, "lot_recalled", BOTH),
    Workflow(
        "pharmacy.affected_by_recall.patient",
        pharmacy.PatientAffectedByRecall,
        "patient_id",
        AccountVariables,
    ),
    Workflow(
        "laboratory.critical_value.practitioner",
        laboratory.CriticalValueReported,
        "practitioner_id",
        CriticalVariables,
    ),
    _escalated(Role.LAB_TECHNICIAN),
    _escalated(Role.DOCTOR),
    Workflow(
        "laboratory.critical_value_withdrawn.practitioner",
        laboratory.CriticalValueWithdrawn,
        "practitioner_id",
        PatientParameterVariables,
    ),
    Workflow(
        "laboratory.results_released.practitioner",
        laboratory.ResultsReleased,
        "practitioner_id",
        PatientVariables,
        [Channel.IN_APP],
    ),
    Workflow(
        "laboratory.result_corrected.practitioner",
        laboratory.ResultCorrected,
        "practitioner_id",
        PatientVariables,
    ),
    Workflow(
        "laboratory.report_issued.patient",
        laboratory.ReportIssued,
        "patient_id",
        AccountVariables,
        applies=_visible,
    ),
    Workflow(
        "laboratory.specimen_rejected.practitioner",
        laboratory.SpecimenRejected,
        "practitioner_id",
        PatientVariables,
    ),
    Workflow(
        "laboratory.specimen_rejected.patient",
        laboratory.SpecimenRejected,
        "patient_id",
        AccountVariables,
    ),
]

WORKFLOWS: Final[Mapping[str, Workflow]] = {workflow.name: workflow for workflow in _ALL}
BY_EVENT: Final[Mapping[type[Event], Sequence[Workflow]]] = {
    heard: [workflow for workflow in _ALL if workflow.event is heard]
    for heard in {workflow.event for workflow in _ALL}
}
ROLES: Final[Mapping[str, frozenset[Role]]] = {
    event.name: frozenset(it.reader for it in workflows if isinstance(it.reader, Role))
    for event, workflows in BY_EVENT.items()
}
"""By the name of an event, the roles whose every member is told of it."""
