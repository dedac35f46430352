"""ICD-10-CM from `simple-icd-10-cm`: categories and everything below them."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from deployments.medical_records.terminology_build.line import Line


def lines(packages: Path) -> Iterator[Line]:
    """Each code; chapters and blocks are headings, not codes, and are left out."""
    sys.path.insert(0, str(packages))
    tree: Any = import_module("simple_icd_10_cm")
    for code in dict.fromkeys(tree.get_all_codes(with_dots=True)):
        if _is_heading(code):
            continue
        parent = tree.get_parent(code)
        yield Line(
            code,
            tree.get_description(code),
            tree.is_leaf(code),
            "" if _is_heading(parent) or parent == code else parent,
            "; ".join(tree.get_inclusion_term(code)),
        )


def _is_heading(name: str) -> bool:
    """Chapters are numbers, blocks are ranges; a block of one category is that category."""
    return name.isdigit() or "-" in name
