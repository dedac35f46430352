"""Requests made from the OpenAPI document: one that should pass, and many that should not."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from tests.factories.users import PASSWORD

Json = Any
BY_PATTERN = {
    r"^\+?[0-9][0-9 ().-]{4,28}[0-9]$": "+84 912 345 678",
    r"^[A-Za-z0-9 -]{2,12}$": "700000",
    r"^[0-9]{6}$": "123456",
    r"^[A-Z]{2}$": "VN",
    r"^[a-z0-9][a-z0-9-]{0,63}$": "follow-up",
    r"^[a-z]{2,3}(-[A-Z]{2})?$": "vi",
}
BY_FORMAT = {
    "password": PASSWORD,
    "date-time": "2026-12-01T02:00:00Z",
    "time": "08:00:00",
    "date": "2026-12-01",
}
UNIQUE = {"licence_number", "code"}
BY_NAME = {"time_zone": "Asia/Ho_Chi_Minh", "end": "12:00:00", "to": "2026-12-02"}
HANGUL = "".join(chr(0xAC00 + 211 * place % 11_172) for place in range(200))
"""200 letters, of nine bytes each when taken apart, and hard to compress."""
VALUES: tuple[Json, ...] = (
    None, True, -1, 2**63, 10**400, "", "\ud800", "\u202e💥", "x" * 5000, HANGUL,
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", [], {"": {"\ud800": 1}}, ["x"] * 1000,
)  # fmt: skip
"""What no field wants; some are good for one or another, which is no harm."""
BODIES = (
    b"", b"null", b"[]", b'"x"', b"0", b"{", b"\xff\xfe", b"NaN", b"[" * 20_000, b'{"a":' * 9_000,
    b'{"\\u0000": 1}', b'{"\\ud800": "\\udfff"}', b'{"surprise": 1}', b"\xef\xbb\xbf{}", b"{}",
)  # fmt: skip
PARAMETERS = (
    "", " ", "%00", "%FF", "%ED%A0%80", "-1", "1e9", "9" * 400, "NaN", "x" * 9000, "%F0%9F%92%A5",
    "9999-12-31", "0001-01-01", "2026-02-30", "null", "[]", "..%2f..", "%0d%0aSet-Cookie:x",
    "WyJhIiwgImIiXQ", "WzFd", "e30", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwieCJd",
)  # fmt: skip


class Examples:
    """Makes bodies that fit the schemas of a document, with every field filled in.

    Args:
        document: OpenAPI.
        known: ids of things that are there, by the name of the field.
    """

    def __init__(self, document: Json, known: Mapping[str, str]) -> None:
        self._schemas = document["components"]["schemas"]
        self._known = known

    def of(self, schema: Json, name: str = "") -> Json:
        """A value that fits."""
        if name in self._known:
            return self._known[name]
        if "$ref" in schema:
            return self.of(self._schemas[schema["$ref"].rpartition("/")[2]], name)
        for choices in ("anyOf", "oneOf"):
            if choices in schema:
                return self.of(schema[choices][0], name)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        if schema.get("type") == "object":
            fields = schema.get("properties", {})
            return {field: self.of(inner, field) for field, inner in fields.items()}
        return self._plain(schema, name)

    def _plain(self, schema: Json, name: str) -> Json:
        match schema.get("type"):
            case "array":
                return [self.of(schema["items"])]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
        if schema.get("format") == "uuid":
            return str(uuid4())
        if name in UNIQUE:
            return uuid4().hex
        if schema.get("format") == "email":
            return f"{uuid4().hex}@clinic.example"
        known = BY_PATTERN.get(schema.get("pattern", "")) or BY_FORMAT.get(schema.get("format", ""))
        return BY_NAME.get(name) or known or "x" * max(1, schema.get("minLength", 1))


def spoilt(example: Callable[[], Json]) -> Iterator[bytes]:
    """Fresh examples with one thing wrong: each leaf in turn, missing fields, odd bodies."""
    yield from BODIES
    for path in _paths(example()):
        for value in VALUES:
            body = example()
            _place(body, path)[path[-1]] = value
            yield encoded(body)
        body = example()
        del _place(body, path)[path[-1]]
        yield encoded(body)


def _paths(value: Json, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, item in inner:
        yield (*above, key)
        yield from _paths(item, (*above, key))


def _place(body: Json, path: tuple[Any, ...]) -> Json:
    for key in path[:-1]:
        body = body[key]
    return body


def encoded(value: Json) -> bytes:
    return json.dumps(value).encode()
