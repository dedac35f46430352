"""The one table of who hears what. An event that is not in it has no listener yet."""

from collections.abc import Mapping
from typing import Final

from deployments.appointments import events as appointments
from deployments.billing import events as billing
from deployments.chatbot import events as chatbot
from deployments.events import Event
from deployments.laboratory import events as laboratory
from deployments.medical_records import events as medical_records
from deployments.pharmacy import events as pharmacy
from deployments.users import events as users

BILLING: Final = "billing"
MEDICAL_RECORDS: Final = "medical_records"
NOTIFICATIONS: Final = "notifications"

SUBSCRIPTIONS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    appointments.AppointmentBooked: (MEDICAL_RECORDS, NOTIFICATIONS),
    appointments.AppointmentImported: (MEDICAL_RECORDS,),
    appointments.AppointmentRescheduled: (MEDICAL_RECORDS, NOTIFICATIONS),
    appointments.AppointmentCancelled: (BILLING, MEDICAL_RECORDS, NOTIFICATIONS),
    appointments.AppointmentCheckedIn: (NOTIFICATIONS,),
    appointments.AppointmentFulfilled: (BILLING,),
    appointments.AppointmentNoShow: (BILLING, NOTIFICATIONS),
    appointments.AppointmentEnteredInError: (BILLING,),
    appointments.AppointmentReminderDue: (NOTIFICATIONS,),
    appointments.AppointmentAffectedByLeave: (NOTIFICATIONS,),
    medical_records.BreakGlassUsed: (NOTIFICATIONS,),
    pharmacy.PrescriptionIssued: (MEDICAL_RECORDS, NOTIFICATIONS),
    pharmacy.PrescriptionEnded: (MEDICAL_RECORDS, NOTIFICATIONS),
    pharmacy.PrescriptionReopened: (MEDICAL_RECORDS,),
    pharmacy.PrescriptionQueried: (MEDICAL_RECORDS, NOTIFICATIONS),
    pharmacy.PrescriptionAnswered: (MEDICAL_RECORDS, NOTIFICATIONS),
    pharmacy.PrescriptionRejected: (MEDICAL_RECORDS, NOTIFICATIONS),
    pharmacy.PrescriptionDispensed: (BILLING, NOTIFICATIONS),
    pharmacy.DispensingReturned: (BILLING,),
    pharmacy.StockLow: (NOTIFICATIONS,),
    pharmacy.StockExpiring: (NOTIFICATIONS,),
    pharmacy.LotRecalled: (NOTIFICATIONS,),
    pharmacy.PatientAffectedByRecall: (NOTIFICATIONS,),
    laboratory.LabOrderPlaced: (BILLING, MEDICAL_RECORDS),
    laboratory.LabOrderImported: (MEDICAL_RECORDS,),
    laboratory.LabOrderReopened: (MEDICAL_RECORDS,),
    laboratory.LabOrderEnded: (MEDICAL_RECORDS,),
    laboratory.SpecimenReceived: (BILLING,),
    laboratory.SpecimenRejected: (BILLING, NOTIFICATIONS),
    laboratory.TestsCancelled: (BILLING, NOTIFICATIONS),
    laboratory.ResultsReleased: (BILLING, NOTIFICATIONS),
    laboratory.ResultCorrected: (NOTIFICATIONS,),
    laboratory.ReportIssued: (NOTIFICATIONS,),
    laboratory.CriticalValueReported: (NOTIFICATIONS,),
    laboratory.CriticalValueEscalated: (NOTIFICATIONS,),
    laboratory.CriticalValueAcknowledged: (NOTIFICATIONS,),
    laboratory.CriticalValueWithdrawn: (NOTIFICATIONS,),
    laboratory.CriticalValueHeld: (NOTIFICATIONS,),
    chatbot.ClinicianWanted: (NOTIFICATIONS,),
    chatbot.ClinicianAnswered: (NOTIFICATIONS,),
    chatbot.PatientWrote: (NOTIFICATIONS,),
    billing.InvoiceIssued: (NOTIFICATIONS,),
    billing.InvoiceOverdue: (NOTIFICATIONS,),
    billing.CreditNoteIssued: (NOTIFICATIONS,),
    billing.PaymentSucceeded: (NOTIFICATIONS,),
    billing.PaymentFailed: (NOTIFICATIONS,),
    billing.PaymentRefunded: (NOTIFICATIONS,),
    billing.PaymentReversed: (NOTIFICATIONS,),
    billing.ClaimPaid: (NOTIFICATIONS,),
    billing.ClaimDenied: (NOTIFICATIONS,),
    billing.ClaimRejected: (NOTIFICATIONS,),
    users.UserRegistered: (NOTIFICATIONS,),
    users.Invited: (NOTIFICATIONS,),
    users.EmailVerificationRequested: (NOTIFICATIONS,),
    users.PasswordResetRequested: (NOTIFICATIONS,),
    users.PasswordChanged: (NOTIFICATIONS,),
    users.SecondFactorChanged: (NOTIFICATIONS,),
    users.RefreshTokenReused: (NOTIFICATIONS,),
    users.SignedOutEverywhere: (NOTIFICATIONS,),
    users.RolesChanged: (NOTIFICATIONS,),
    users.Reactivated: (NOTIFICATIONS,),
}

DEPLOYMENTS: Final[Mapping[str, str]] = {
    BILLING: "Billing",
    MEDICAL_RECORDS: "MedicalRecords",
    NOTIFICATIONS: "Notifications",
}
"""The deployment of each listening application that has the `hear` method."""
