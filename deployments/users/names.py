"""How names are shown and how they are found."""

import unicodedata
from typing import Final

from deployments.schemas import Locale

# Letters that Unicode does not decompose into a base letter and a mark.
WHOLE_LETTERS: Final = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe"})


def search_form(text: str) -> str:
    """Lower case, without diacritics, single spaces: `Nguyễn  Đức` becomes `nguyen duc`."""
    letters = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.translate(WHOLE_LETTERS).split())


def display_name(family: str, given: str, prefix: str | None, locale: Locale) -> str:
    """The name as its owner's language writes it: family name first in Vietnamese."""
    name = f"{family} {given}" if locale == "vi" else f"{given} {family}"
    return f"{prefix} {name}" if prefix else name


def search_terms(name: str | None) -> tuple[str, ...]:
    """The words of a name as they are looked for, in any order."""
    return tuple(search_form(name).split()) if name else ()
