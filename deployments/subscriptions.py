"""The one table of who hears what. An event that is not in it has no listener yet."""

from collections.abc import Mapping
from typing import Final

from deployments.appointments import events as appointments
from deployments.events import Event
from deployments.users import events as users

NOTIFICATIONS: Final = "notifications"

SUBSCRIPTIONS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    appointments.AppointmentBooked: (NOTIFICATIONS,),
    appointments.AppointmentRescheduled: (NOTIFICATIONS,),
    appointments.AppointmentCancelled: (NOTIFICATIONS,),
    appointments.AppointmentReminderDue: (NOTIFICATIONS,),
    appointments.AppointmentAffectedByLeave: (NOTIFICATIONS,),
    users.UserRegistered: (NOTIFICATIONS,),
    users.Invited: (NOTIFICATIONS,),
    users.EmailVerificationRequested: (NOTIFICATIONS,),
    users.PasswordResetRequested: (NOTIFICATIONS,),
    users.PasswordChanged: (NOTIFICATIONS,),
    users.SecondFactorChanged: (NOTIFICATIONS,),
    users.RefreshTokenReused: (NOTIFICATIONS,),
}

DEPLOYMENTS: Final[Mapping[str, str]] = {NOTIFICATIONS: "Notifications"}
"""The deployment of each listening application that has the `hear` method."""
