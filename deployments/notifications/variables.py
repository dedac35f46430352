"""What templates may say: one model per kind of message, so that nothing is sent blank."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


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
