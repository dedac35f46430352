"""The house keeps its own rules: see also the import contracts in pyproject.toml."""

import ast
import pickle
from pathlib import Path

import pytest

from deployments.errors import DomainError, FieldError
from tests.architecture.house import PACKAGES, refusals

ROOT = Path(__file__).parents[2]
FILES = sorted(file for package in PACKAGES for file in Path(package.__path__[0]).rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def names(files: list[Path]) -> list[str]:
    return [str(file.relative_to(ROOT)) for file in files]


@pytest.mark.parametrize("refusal", refusals(), ids=lambda kind: kind.__name__)
def test_every_refusal_survives_a_handle(refusal: type[DomainError]) -> None:
    field = FieldError("/start", "too_soon", "too soon")
    error = pickle.loads(pickle.dumps(refusal("detail", [field])))  # noqa: S301
    assert (type(error), error.detail, error.errors) == (refusal, "detail", [field])


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in refusals()]
    assert sorted(codes) == sorted(set(codes))


def test_packages_are_a_docstring_and_nothing_else() -> None:
    wordy = [
        file
        for file in FILES
        if file.name == "__init__.py"
        and [type(node) for node in ast.parse(file.read_text()).body] != [ast.Expr]
    ]
    assert names(wordy) == []


def test_no_file_is_too_long() -> None:
    long = [file for file in FILES if len(file.read_text().splitlines()) > LONGEST_FILE]
    assert names(long) == []


def test_no_function_is_too_long() -> None:
    long = [
        f"{file.relative_to(ROOT)}:{node.name}"
        for file in FILES
        if "versions" not in file.parts
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.body[0].lineno >= LONGEST_FUNCTION
    ]
    assert long == []
