"""Made-up people, and what they send."""

from itertools import count
from typing import Any
from uuid import UUID, uuid4

from deployments.access import Principal, Role
from deployments.users.account_schemas import InvitationRequest, RegistrationRequest
from deployments.users.schemas import ImportedPerson
from deployments.users.session_schemas import SignInRequest

PASSWORD = "violet-canoe-42-lamps"
ANOTHER_PASSWORD = "seven-quiet-otters-sing"
_numbers = count(1)


def an_email(name: str = "mai") -> str:
    return f"{name}.{next(_numbers)}@clinic.example"


def registration(**changes: Any) -> RegistrationRequest:
    values = {
        "email": an_email(),
        "password": PASSWORD,
        "family_name": "Nguyễn",
        "given_name": "Thị Mai",
        "locale": "vi",
        "birth_date": "1990-05-17",
        "gender": "female",
        "phone": "+84 912 345 678",
    }
    return RegistrationRequest.model_validate({**values, **changes})


def credentials(email: str, password: str = PASSWORD, **codes: str) -> SignInRequest:
    return SignInRequest.model_validate({"email": email, "password": password, **codes})


def doctor_profile(**changes: Any) -> dict[str, Any]:
    values = {
        "role": "doctor",
        "licence_number": f"VN-{next(_numbers):06d}",
        "department": "Cardiology",
        "specialties": ["cardiology"],
        "languages": ["vi", "en"],
    }
    return {**values, **changes}


def invitation(**changes: Any) -> InvitationRequest:
    values = {
        "email": an_email("doctor"),
        "family_name": "Trần",
        "given_name": "Văn Đức",
        "prefix": "BS.",
        "locale": "vi",
        "profile": doctor_profile(),
    }
    return InvitationRequest.model_validate({**values, **changes})


def imported_patient(**changes: Any) -> ImportedPerson:
    values = {
        "role": "patient",
        "identifiers": [{"system": "urn:other", "value": f"p-{next(_numbers)}"}],
        "family_name": "Lê",
        "given_name": "Hoàng",
        "gender": "male",
        "birth_date": "1971-02-03",
        "blood_group": "O-",
        "address": {"line": ["1 Lê Lợi"], "city": "Huế", "country": "VN"},
    }
    return ImportedPerson.model_validate({**values, **changes})


def imported_doctor(**changes: Any) -> ImportedPerson:
    number = next(_numbers)
    values = {
        "role": "doctor",
        "identifiers": [{"system": "urn:other", "value": f"d-{number}"}],
        "family_name": "Phạm",
        "given_name": "Quang",
        "licence_number": f"L-{number:06d}",
        "department": "Neurology",
        "specialties": ["neurology"],
        "languages": ["vi"],
    }
    return ImportedPerson.model_validate({**values, **changes})


def principal(user_id: UUID | None = None, *roles: Role, session_id: UUID | None = None) -> Any:
    made = Principal.for_service("test").model_dump(exclude={"roles"})
    return Principal(
        **{
            **made,
            "user_id": user_id or uuid4(),
            "roles": frozenset(roles or {Role.PATIENT}),
            "session_id": session_id,
        }
    )


def administrator() -> Principal:
    person: Principal = principal(uuid4(), Role.ADMINISTRATOR)
    return person
