"""Refusals, in the words of the domain. Only `gateway/problems.py` knows their HTTP status.

Subclasses set `code` and `title` and have no constructor of their own, because exceptions that
have one do not survive pickling between Ray processes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field.

    Attributes:
        pointer: JSON pointer into the body, or the name of a parameter.
        code: stable word for programs.
        message: sentence for people.
    """

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """A refusal: `raise SlotTaken("detail")`.

    A list of `FieldError` may follow, and a mapping with further members of the answer.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    @property
    def detail(self) -> str:
        """The sentence given when it was raised, else the title."""
        return str(self.args[0]) if self.args else self.title

    @property
    def errors(self) -> Sequence[FieldError]:
        """What is wrong field by field; often empty."""
        return self.args[1] if len(self.args) > 1 else ()

    @property
    def extensions(self) -> Mapping[str, Any]:
        """Further members of the problem (RFC 9457, section 3.2), as JSON values; often empty."""
        given = self.args[2] if len(self.args) > 2 else None
        return given if isinstance(given, Mapping) else {}


class Invalid(DomainError):
    """The request is understood and breaks a rule."""

    code = "invalid"
    title = "Invalid request"


class Malformed(DomainError):
    """The request cannot be read."""

    code = "malformed"
    title = "Malformed request"


class Unauthenticated(DomainError):
    """Nobody, or not provably somebody, is asking."""

    code = "unauthenticated"
    title = "Sign in first"


class Forbidden(DomainError):
    """The caller may not do this."""

    code = "forbidden"
    title = "Not allowed"


class NotFound(DomainError):
    """There is nothing here, or nothing that the caller may know of."""

    code = "not_found"
    title = "Not found"


class Conflict(DomainError):
    """The state of things does not allow it."""

    code = "conflict"
    title = "Conflict"


class PreconditionFailed(DomainError):
    """It has changed since the caller read it (If-Match)."""

    code = "precondition_failed"
    title = "Changed meanwhile"


class TooLarge(DomainError):
    """The body is larger than accepted."""

    code = "too_large"
    title = "Body too large"


class TooMany(DomainError):
    """Too many requests; `args[2]` may hold the seconds to wait."""

    code = "too_many_requests"
    title = "Too many requests"


class Unavailable(DomainError):
    """Something that is needed does not answer; trying again may help."""

    code = "unavailable"
    title = "Try again shortly"
