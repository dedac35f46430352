"""How rows of new people are made: by registering, by invitation, by import."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from deployments.access import Role
from deployments.schemas import Locale
from deployments.users.account_schemas import PersonFields
from deployments.users.codes import AccountStatus
from deployments.users.names import search_form
from deployments.users.rules import medical_record_number
from storage.columns import new_id
from storage.users import accounts, profiles


class Enrolment:
    """Makes people, with the hospital's language and time zone unless they say otherwise."""

    def __init__(self, locale: Locale, time_zone: str) -> None:
        self._locale = locale
        self._time_zone = time_zone

    def person_values(self, fields: PersonFields) -> dict[str, Any]:
        """Columns of what people say about themselves."""
        return {
            "family_name": fields.family_name,
            "given_name": fields.given_name,
            "prefix": fields.prefix,
            "search_name": search_form(f"{fields.family_name} {fields.given_name}"),
            "phone": fields.phone,
            "locale": fields.locale or self._locale,
            "time_zone": fields.time_zone or self._time_zone,
        }

    def add_person(
        self,
        connection: Connection,
        fields: PersonFields,
        *,
        status: AccountStatus,
        role: Role,
        now: datetime,
        **others: Any,
    ) -> Row[Any]:
        """Inserts a person; `others` are further columns."""
        values = self.person_values(fields) | others
        return accounts.add(
            connection,
            values
            | {
                "id": new_id(),
                "status": status,
                "roles": [role],
                "created_at": now,
                "updated_at": now,
            },
        )


def add_patient_profile(connection: Connection, user: Row[Any], values: dict[str, Any]) -> Row[Any]:
    """Inserts a patient's profile with a new medical record number."""
    number = medical_record_number(profiles.next_record_serial(connection))
    return profiles.add(
        connection, Role.PATIENT, user.id, values | {"medical_record_number": number}
    )
