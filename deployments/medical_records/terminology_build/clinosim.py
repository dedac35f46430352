"""Codes of `clinosim`'s lists, and the ingredients that the pharmacy knows."""

import csv
import re
from pathlib import Path

import yaml

from deployments.medical_records.terminology_build.line import Line

CODE = re.compile(r"[0-9]+(-[0-9])?")


def lines(path: Path) -> dict[str, Line]:
    """The codes of one of its files, by code."""
    codes = yaml.safe_load(path.read_text())["codes"]
    named = {str(code): entry["en"] for code, entry in codes.items()}
    return {code: Line(code, name) for code, name in named.items() if CODE.fullmatch(code)}


def ingredients(path: Path) -> dict[str, Line]:
    """Ingredients of the pharmacy's own table by RxNorm code; none when it is not there."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["rxnorm"]]
    return {row["rxnorm"]: _line(row) for row in rows if CODE.fullmatch(row["rxnorm"])}


def _line(row: dict[str, str]) -> Line:
    also = ("name_vi", "name_fr", "synonyms")
    return Line(row["rxnorm"], row["name_en"], also=" ".join(row[name] or "" for name in also))
