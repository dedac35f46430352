"""Decisions on plain values."""

from contextlib import suppress
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.access import Role
from deployments.users.errors import LastAdministrator, ProfileMissing, WeakPassword
from deployments.users.names import display_name, search_form, search_terms
from deployments.users.rules import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    check_administrator_remains,
    check_password,
    check_profiles,
    luhn_digit,
    medical_record_number,
    normalised_password,
    patient_view,
)

ME = {"email": "mai.nguyen@clinic.example", "names": ("Nguyễn", "Thị Mai")}


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("short", {"too_short"}),
        ("eleven-char", {"too_short"}),
        ("x" * 11 + "y" * 5, {"monotonous"}),
        ("ab" * 100, {"too_long", "monotonous"}),
        ("PasswordPassword", {"common"}),
        ("password12345!", {"common"}),
        ("matkhaumatkhau", {"common"}),
        ("mai.nguyen-2026", {"personal"}),
        ("Nguyễn-nguyen-1", {"personal"}),
    ],
)
def test_a_weak_password_is_refused_with_every_reason(password, codes):
    with pytest.raises(WeakPassword) as refusal:
        check_password(password, **ME, pointer="/new_password")
    assert {error.code for error in refusal.value.errors} == codes
    assert {error.pointer for error in refusal.value.errors} == {"/new_password"}


@pytest.mark.parametrize(
    "password",
    ["violet-canoe-42-lamps", "hai mươi con mèo", "Mai-loves-ripe-mango", "correcthorse"],
)
def test_a_long_password_needs_no_special_characters(password):
    check_password(password, **ME)


@given(st.text(max_size=200))
def test_any_text_is_judged_and_never_breaks_the_rules(password):
    with suppress(WeakPassword):
        check_password(password, **ME)
        assert SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD


def test_the_same_password_from_every_keyboard():
    assert normalised_password("Nguyê\u0303n") == normalised_password("Nguy\u1ec5n")


@pytest.mark.parametrize(
    ("text", "found_as"),
    [
        ("Nguyễn", "nguyen"),
        ("ĐẶNG  Thị\tÁnh", "dang thi anh"),
        ("Ångström", "angstrom"),
        ("Łukasz", "lukasz"),
        ("O'Brien", "o'brien"),
    ],
)
def test_search_form(text, found_as):
    assert search_form(text) == found_as


@given(st.text(max_size=60))
def test_search_form_of_a_search_form_is_itself(text):
    once = search_form(text)
    assert search_form(once) == once
    assert "  " not in once


def test_search_terms_are_words():
    assert search_terms("  Mai  Nguyễn ") == ("mai", "nguyen")
    assert search_terms(None) == ()


@pytest.mark.parametrize(
    ("locale", "prefix", "shown"),
    [
        ("vi", None, "Nguyễn Thị Mai"),
        ("vi", "BS.", "BS. Nguyễn Thị Mai"),
        ("en", "Dr", "Dr Thị Mai Nguyễn"),
    ],
)
def test_display_name(locale, prefix, shown):
    assert display_name("Nguyễn", "Thị Mai", prefix, locale) == shown


@pytest.mark.parametrize(("digits", "check"), [("7992739871", 3), ("0", 0), ("00000001", 8)])
def test_luhn_digit(digits, check):
    assert luhn_digit(digits) == check


@given(st.integers(1, 99_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_record_number_is_noticed(serial, place, by):
    number = medical_record_number(serial).removeprefix("MR")
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert luhn_digit(number[:-1]) == int(number[-1])
    assert luhn_digit(wrong[:-1]) != int(wrong[-1])


@given(st.integers(1, 99_999_999), st.integers(1, 99_999_999))
def test_record_numbers_differ(one, other):
    assert (medical_record_number(one) == medical_record_number(other)) == (one == other)


@pytest.mark.parametrize(
    ("roles", "profiles", "missing"),
    [
        ({Role.PATIENT}, {Role.PATIENT}, None),
        ({Role.BILLING_OFFICER, Role.ADMINISTRATOR}, set(), None),
        ({Role.DOCTOR}, {Role.NURSE}, "doctor"),
        ({Role.DOCTOR, Role.NURSE}, {Role.PATIENT}, "doctor, nurse"),
    ],
)
def test_clinical_roles_need_their_profile(roles, profiles, missing):
    if missing is None:
        check_profiles(roles, profiles)
    else:
        with pytest.raises(ProfileMissing, match=missing):
            check_profiles(roles, profiles)


def test_the_last_administrator_stays():
    me, other = uuid4(), uuid4()
    check_administrator_remains({me, other}, me)
    check_administrator_remains({other}, me)
    with pytest.raises(LastAdministrator):
        check_administrator_remains({me}, me)


@pytest.mark.parametrize(
    ("roles", "own", "clinical", "insurance", "contact"),
    [
        ({Role.PATIENT}, True, True, True, True),
        ({Role.PATIENT}, False, False, False, False),
        ({Role.DOCTOR}, False, True, False, True),
        ({Role.LAB_TECHNICIAN}, False, True, False, True),
        ({Role.BILLING_OFFICER}, False, False, True, True),
        ({Role.ADMINISTRATOR}, False, False, True, True),
        ({Role.DOCTOR, Role.ADMINISTRATOR}, False, True, True, True),
    ],
)
def test_readers_see_what_their_work_needs(roles, own, clinical, insurance, contact):
    view = patient_view(roles, own=own)
    assert (view.clinical, view.insurance, view.contact) == (clinical, insurance, contact)
