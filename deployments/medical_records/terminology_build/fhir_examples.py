"""LOINC and CVX from the value sets and examples of FHIR R4."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deployments.medical_records.terminology_build.line import Line

LOINC: Final = "http://loinc.org"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
LOINC_SOURCES: Final = (
    "Bundle-valueset-expansions.json",
    "ValueSet-*.json",
    "Observation-*.json",
    "Bundle-*.json",
)
"""Value sets name codes as LOINC does; examples may paraphrase, so the first name stays."""


def loinc(package: Path) -> dict[str, Line]:
    """Codes of LOINC by code; parts and answers (LP, LA) are not observations."""
    found = _concepts(package, LOINC, LOINC_SOURCES)
    return {code: Line(code, name) for code, name in found.items() if code[0].isdigit()}


def cvx(package: Path) -> dict[str, Line]:
    """Vaccines by code, as of 2019."""
    names = ("Bundle-valueset-expansions.json", "ValueSet-vaccine-code.json")
    return {code: Line(code, name) for code, name in _concepts(package, CVX, names).items()}


def _concepts(package: Path, system: str, patterns: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pattern in patterns:
        for path in sorted(package.glob(pattern)):
            for code, display in _walk(json.loads(path.read_text()), system):
                found.setdefault(code, display)
    return found


def _walk(node: Any, system: str) -> Iterator[tuple[str, str]]:
    """Every coding of the system, and every concept that a value set includes from it."""
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, system)
    elif isinstance(node, dict):
        if node.get("system") == system:
            concepts = node.get("concept")
            for coding in [node, *(concepts if isinstance(concepts, list) else [])]:
                if "code" in coding and coding.get("display"):
                    yield coding["code"], coding["display"]
        for item in node.values():
            yield from _walk(item, system)
