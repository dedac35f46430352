"""What templates may say: one model per kind of message, so that nothing is sent blank."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from deployments.notifications.codes import Channel


class AccountVariables(BaseModel):
    """About the reader's own account.

    Attributes:
        reader: the name of who reads it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    reader: str


class SecondFactorVariables(AccountVariables):
    """The second factor was switched on, or off."""

    enabled: bool


class LinkVariables(AccountVariables):
    """With a one-time link; known at the moment of sending only."""

    url: str
    expires_at: datetime


class VisitVariables(AccountVariables):
    """About a visit.

    Attributes:
        patient: name of the patient.
        practitioner: name of the practitioner.
        start: when it begins.
    """

    patient: str
    practitioner: str
    start: datetime


class RescheduledVariables(VisitVariables):
    """About a visit that began at another time before."""

    previous_start: datetime


class PatientVariables(AccountVariables):
    """About something of a patient.

    Attributes:
        patient: name of the patient; for the inbox only.
    """

    patient: str


class CriticalVariables(PatientVariables):
    """About a critical value.

    Attributes:
        parameter: its code.
        flag: LL, HH or A.
    """

    parameter: str
    flag: str


class ParameterVariables(AccountVariables):
    """About a value of somebody who is not named.

    Attributes:
        parameter: its code.
    """

    parameter: str


class PatientParameterVariables(PatientVariables):
    """About a value of a patient.

    Attributes:
        parameter: its code.
    """

    parameter: str


class EmergencyVariables(AccountVariables):
    """About a chart that was opened in an emergency.

    Attributes:
        practitioner: name of who opened it; for the inbox only.
        occurred_at: when.
    """

    practitioner: str
    occurred_at: datetime


class AnnouncementVariables(AccountVariables):
    """What an administrator says to many.

    Attributes:
        subject: plain text.
        message: plain text; paragraphs are parted by an empty line.
    """

    subject: str
    message: str


NEVER_BY_EMAIL: Final = frozenset({"patient", "practitioner", "parameter", "flag"})
"""Names of others, and what is clinical: they stay behind the sign-in."""


def usable(variables: type[AccountVariables], channel: Channel) -> frozenset[str]:
    """What a text for the channel may say (minimal content).

    The inbox may say everything. E-mail passes through foreign hands. SMS and push are shown on
    lock screens: nothing but moments.
    """
    if channel in {Channel.SMS, Channel.PUSH}:
        return moments_of(variables)
    if channel is Channel.EMAIL:
        return frozenset(variables.model_fields) - NEVER_BY_EMAIL
    return frozenset(variables.model_fields)


def moments_of(variables: type[AccountVariables]) -> frozenset[str]:
    """The variables that are moments, and need the reader's zone to be written."""
    fields = variables.model_fields.items()
    return frozenset(name for name, field in fields if field.annotation is datetime)
