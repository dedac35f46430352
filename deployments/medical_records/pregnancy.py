"""Whether somebody is pregnant, by what their chart says.

Source: ICD-10-CM FY2026 tabular list, chapter 15 (O00-O9A) and chapter 21. Codes of chapter 15
stand for pregnancy, childbirth and the puerperium. Those for a pregnancy that has ended are left
out: O00-O04 and O08 (abortive outcome and its complications), O80-O82 (encounter for delivery),
O85-O92 (puerperium) and O94 (sequelae). O07 is a failed attempt to end a pregnancy, which goes
on. Of chapter 21: Z33.1 (pregnant state, incidental), Z34 (supervision of normal pregnancy),
Z32.01 (positive pregnancy test) and Z3A (weeks of gestation).
"""

from collections.abc import Iterable
from typing import Final

ENDED: Final = frozenset(
    {"O00", "O01", "O02", "O03", "O04", "O08", "O80", "O82", "O94"}
    | {f"O{number}" for number in range(85, 93)}
)
ELSEWHERE: Final = ("Z331", "Z34", "Z3201", "Z3A")


def is_pregnant(icd10: Iterable[str | None], sex: str | None) -> bool | None:
    """Whether active conditions say so; False for men, None when nothing says so or not.

    Args:
        icd10: ICD-10-CM codes of active conditions.
        sex: administrative gender, as FHIR codes it.
    """
    if any(_says_pregnant(code) for code in icd10 if code):
        return True
    return False if sex == "male" else None


def _says_pregnant(code: str) -> bool:
    plain = code.upper().replace(".", "")
    if plain.startswith("O"):
        return plain[:3] not in ENDED
    return plain.startswith(ELSEWHERE)
