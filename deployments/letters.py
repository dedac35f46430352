"""Text as people type it into a search field: without capitals and accents."""

import unicodedata
from typing import Final

WHOLE_LETTERS: Final = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not decompose into a base letter and a mark."""


def plain_letters(text: str) -> str:
    """Lower case, without diacritics: `Nguyễn Đức` becomes `nguyen duc`."""
    lower = unicodedata.normalize("NFKD", text).casefold()
    marked = unicodedata.normalize("NFKD", lower)  # some letters come apart only when lowered
    bare = "".join(mark for mark in marked if not unicodedata.combining(mark))
    return bare.translate(WHOLE_LETTERS)
