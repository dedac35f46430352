"""Who may call what is decided on purpose, for every route and role."""

from tests.architecture.matrix import EXPECTED, lines


def test_the_matrix_is_what_was_agreed() -> None:
    assert lines() == EXPECTED.read_text().splitlines(), "run: python -m tests.architecture.matrix"
