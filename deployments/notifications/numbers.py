"""Telephone numbers in the one form that providers and consents know (ITU-T E.164)."""

import phonenumbers


def e164(typed: str | None, region: str) -> str | None:
    """`+84912345678` from what somebody typed; None when it is no number that can exist.

    Args:
        typed: as people write numbers.
        region: ISO 3166-1 country of numbers without a prefix.
    """
    if typed is None:
        return None
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
