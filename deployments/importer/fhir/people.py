"""FHIR Patient, and Practitioner with its PractitionerRoles, to `ImportedPerson`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from deployments.access import Role
from deployments.importer import vocabulary
from deployments.importer.fhir.shape import (
    NotTaken,
    S,
    built,
    code_in,
    codings,
    extension,
    full_date,
    identifiers,
    objects,
    text,
    texts,
)
from deployments.importer.reading import Json
from deployments.users.codes import (
    AdministrativeGender,
    BloodGroup,
    LaboratorySection,
    Specialty,
)
from deployments.users.schemas import (
    AddressFields,
    EmergencyContact,
    ImportedPerson,
    Insurance,
)

HL7_ROLES: Final = {"doctor": Role.DOCTOR, "nurse": Role.NURSE, "pharmacist": Role.PHARMACIST}
OUR_ROLES: Final = {role.value: role for role in Role if role not in {Role.PATIENT, Role.SERVICE}}
SPECIALTIES: Final = {one.name.lower().replace("_", "-"): one for one in Specialty}
LICENCE_TYPES: Final = ("LN", "MD", "NPI")
GENDERS: Final = {gender.value for gender in AdministrativeGender}


def patient(resource: Json) -> ImportedPerson:
    """A patient.

    Raises:
        NotTaken: no identifier, no family or given name, merged into another, or a broken field.
    """
    if any(link.get("type") == "replaced-by" for link in objects(resource.get("link"))):
        raise NotTaken("link: merged into another patient")
    deceased = resource.get("deceasedBoolean") is True or "deceasedDateTime" in resource
    return built(
        ImportedPerson,
        {
            **_person(resource),
            "role": Role.PATIENT,
            "active": resource.get("active") is not False and not deceased,
            "locale": _locale(resource),
            "blood_group": _blood_group(resource),
            "emergency_contact": _emergency_contact(resource),
            "insurance": _insurance(resource),
        },
    )


def staff(practitioner: Json, roles: Sequence[Json], department: str | None) -> ImportedPerson:
    """A member of the staff, who is what their first PractitionerRole says.

    Args:
        practitioner: who it is.
        roles: what they do; specialties of all of them count.
        department: where, in words.

    Raises:
        NotTaken: as for patients, or the role is none that we know.
    """
    specialties = [one for role in roles for one in objects(role.get("specialty"))]
    qualifications = objects(practitioner.get("qualification"))
    return built(
        ImportedPerson,
        {
            **_person(practitioner),
            "role": role_of(roles),
            "active": practitioner.get("active") is not False,
            "locale": _first_of_ours(objects(practitioner.get("communication"))),
            "licence_number": _licence(practitioner, qualifications),
            "specialties": _specialties(specialties),
            "laboratory_section": _section(specialties),
            "department": department,
            "languages": _languages(practitioner),
            "qualifications": [
                found for one in qualifications if (found := _wording(one.get("code")))
            ],
        },
    )


def role_of(roles: Sequence[Json]) -> Role:
    """What the PractitionerRoles say that a person does here.

    Raises:
        NotTaken: none of their codes is one that we know.
    """
    concepts = [concept for role in roles for concept in objects(role.get("code"))]
    ours = OUR_ROLES.get(code_in(vocabulary.ROLE, *concepts) or "")
    found = ours or HL7_ROLES.get(code_in(vocabulary.HL7_ROLE, *concepts) or "")
    if found is None:
        raise NotTaken("PractitionerRole.code: none of the roles that are known here")
    return found


def left_out(resource: Json) -> Iterator[str]:
    """Parts of a Patient or Practitioner that are there and were not taken."""
    if "birthDate" in resource and full_date(resource["birthDate"]) is None:
        yield "birthDate: not a full date"
    if objects(resource.get("contact")) and _emergency_contact(resource) is None:
        yield "contact: needs name, relationship and phone"
    if objects(resource.get("address")) and _address(resource) is None:
        yield "address: needs line, city and a country of two letters"


def _person(resource: Json) -> dict[str, Any]:
    """What patients and staff have alike."""
    gender = text(resource.get("gender"))
    return {
        **_name(resource),
        "identifiers": identifiers(resource),
        "gender": gender if gender in GENDERS else None,
        "birth_date": full_date(resource.get("birthDate")),
        "email": _contact_point(resource, "email"),
        "phone": _contact_point(resource, "phone"),
        "address": _address(resource),
    }


def _name(resource: Json) -> dict[str, str | None]:
    """The official name, else the first that is not an old one."""
    names = [name for name in objects(resource.get("name")) if name.get("use") != "old"]
    names.sort(key=lambda name: name.get("use") != "official")
    if not names or not text(names[0].get("family")) or not texts(names[0].get("given")):
        raise NotTaken("name: needs family and given")
    return {
        "family_name": text(names[0]["family"]),
        "given_name": " ".join(texts(names[0]["given"])),
        "prefix": " ".join(texts(names[0].get("prefix"))) or None,
    }


def _contact_point(resource: Json, system: str) -> str | None:
    points = [p for p in objects(resource.get("telecom")) if p.get("system") == system]
    current = [p for p in points if p.get("use") != "old"]
    current.sort(key=lambda point: point.get("rank", 99) if _ranked(point) else 99)
    return next((found for point in current if (found := text(point.get("value")))), None)


def _ranked(point: Json) -> bool:
    return isinstance(point.get("rank"), int)


def _address(resource: Json) -> AddressFields | None:
    """The home address, else the first that is complete."""
    found = sorted(objects(resource.get("address")), key=lambda one: one.get("use") != "home")
    for one in found:
        fields = {key: one.get(key) for key in ("use", "line", "city", "district", "state")}
        values = {**fields, "postal_code": one.get("postalCode"), "country": one.get("country")}
        if address := _optional(AddressFields, values):
            return address
    return None


def _locale(resource: Json) -> str | None:
    """English or Vietnamese, the preferred language first; None when they speak neither."""
    spoken = sorted(
        objects(resource.get("communication")), key=lambda one: one.get("preferred") is not True
    )
    return _first_of_ours([one.get("language") for one in spoken])


def _first_of_ours(languages: Sequence[Any]) -> str | None:
    codes = (code[:2] for language in languages for _, code in codings(language))
    return next((code for code in codes if code in {"en", "vi"}), None)


def _blood_group(resource: Json) -> str | None:
    code = text(extension(resource, vocabulary.BLOOD_GROUP, "valueCode"))
    return code if code in set(BloodGroup) else None


def _emergency_contact(resource: Json) -> EmergencyContact | None:
    """The first contact that can be called."""
    for contact in objects(resource.get("contact")):
        name = contact.get("name")
        relationship = objects(contact.get("relationship"))
        values = {
            "name": _written(name) if isinstance(name, dict) else None,
            "relationship": _wording(relationship[0]) if relationship else None,
            "phone": _contact_point(contact, "phone"),
        }
        if all(values.values()):
            return _optional(EmergencyContact, values)
    return None


def _insurance(resource: Json) -> Insurance | None:
    """A social insurance number whose payer is named (HL7 table 0203, SB)."""
    for one in objects(resource.get("identifier")):
        payer, period = one.get("assigner"), one.get("period")
        if code_in(vocabulary.HL7_IDENTIFIER_TYPE, one.get("type")) == "SB":
            values = {
                "payer": text(payer.get("display")) if isinstance(payer, dict) else None,
                "member_number": text(one.get("value")),
                "valid_until": full_date(period.get("end")) if isinstance(period, dict) else None,
            }
            return _optional(Insurance, values)
    return None


def _languages(practitioner: Json) -> list[str]:
    concepts = objects(practitioner.get("communication"))
    return [code for concept in concepts for _, code in codings(concept)]


def _licence(practitioner: Json, qualifications: list[Json]) -> str | None:
    """The number on the licence: of a qualification, else of an identifier of that type."""
    listed = [one for held in qualifications for one in objects(held.get("identifier"))]
    for kind in LICENCE_TYPES:
        listed += [
            one
            for one in objects(practitioner.get("identifier"))
            if code_in(vocabulary.HL7_IDENTIFIER_TYPE, one.get("type")) == kind
        ]
    return next((found for one in listed if (found := text(one.get("value")))), None)


def _specialties(concepts: list[Json]) -> list[Specialty]:
    codes = (code for concept in concepts for _, code in codings(concept))
    return list(dict.fromkeys(SPECIALTIES[code] for code in codes if code in SPECIALTIES))


def _section(concepts: list[Json]) -> LaboratorySection | None:
    code = code_in(vocabulary.HL7_LABORATORY_SECTION, *concepts)
    return LaboratorySection(code) if code in set(LaboratorySection) else None


def _wording(concept: Any) -> str | None:
    """A CodeableConcept in words."""
    if not isinstance(concept, dict):
        return None
    displays = (text(coding.get("display")) for coding in objects(concept.get("coding")))
    return text(concept.get("text")) or next(filter(None, displays), None)


def _written(name: Json) -> str | None:
    """A HumanName as one text."""
    parts = [*texts(name.get("given")), *filter(None, [text(name.get("family"))])]
    return text(name.get("text")) or " ".join(parts) or None


def _optional(schema: type[S], values: Mapping[str, Any]) -> S | None:
    """A part that is left out when it is not complete."""
    try:
        return built(schema, values)
    except NotTaken:
        return None
