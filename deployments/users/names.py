"""How names are shown and how they are found."""

from deployments.letters import plain_letters
from deployments.schemas import Locale


def search_form(text: str) -> str:
    """Lower case, without diacritics, single spaces: `Nguyễn  Đức` becomes `nguyen duc`."""
    return " ".join(plain_letters(text).split())


def display_name(family: str, given: str, prefix: str | None, locale: Locale) -> str:
    """The name as its owner's language writes it: family name first in Vietnamese."""
    name = f"{family} {given}" if locale == "vi" else f"{given} {family}"
    return f"{prefix} {name}" if prefix else name


def search_terms(name: str | None) -> tuple[str, ...]:
    """The words of a name as they are looked for, in any order."""
    return tuple(search_form(name).split()) if name else ()
