"""Requests that no honest client sends: each is refused clearly, none is a fault of ours."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.errors import DomainError, Unavailable
from deployments.metrics import Metrics
from deployments.pagination import InvalidCursor, PageRequest, decode_cursor, encode_cursor
from deployments.runtime import Runtime
from storage.database import DatabaseUnavailable
from tests.deployments.gateway.conftest import Keys

PROBLEM = b"application/problem+json"


async def ask(
    api: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Mapping[str, Any] | Sequence[tuple[str, Any]] = (),
    body: bytes = b"",
) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request in the bytes of ASGI, which clients would not let us send."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    sent = [
        (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in pairs
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": sent,
        "server": ("medray.test", 80),
        "client": ("127.0.0.1", 1),
    }
    answer: dict[str, Any] = {"body": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.update(message)
        else:
            answer["body"] += message["body"]

    await api._transport.app(scope, receive, send)  # type: ignore[attr-defined]
    return answer["status"], dict(answer["headers"]), answer["body"]


@pytest.mark.parametrize("host", ["[", "[::1", "a/b?c#d", "\xff", "", "a" * 9000, "x:99999999"])
@pytest.mark.parametrize("path", ["/cached", "/notes"])
async def test_a_strange_host_header_changes_nothing(
    api: httpx.AsyncClient, patient: dict[str, str], host: str, path: str
) -> None:
    method = "GET" if path == "/cached" else "POST"
    headers = {**patient, "Host": host.encode("latin-1"), "Idempotency-Key": "k1"}
    headers["Content-Type"] = "application/json"
    status, found, body = await ask(api, method, path, headers=headers, body=b'{"text": "x"}')
    assert status in {200, 201}, body
    if status == 201:
        assert found[b"location"] == f"/notes/{json.loads(body)['id']}".encode()


async def test_a_host_header_cannot_reach_what_is_cached_for_another_path(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    first = await ask(api, "GET", "/cached", query=b"q=real", headers=patient)
    other = {**patient, "Host": "x/cached?q=real#"}
    second = await ask(api, "GET", "/cached", query=b"q=other", headers=other)
    assert (json.loads(first[2])[0], json.loads(second[2])[0]) == ("real", "other")


@pytest.mark.parametrize(
    "query", [b"q=\xff\xfe", b"q=%FF", b"\xc3", b"q=%ED%A0%80", b"&&=&=", b"q=" + b"%" * 5000]
)
async def test_a_query_string_that_is_no_utf8_is_no_fault(
    api: httpx.AsyncClient, patient: dict[str, str], query: bytes
) -> None:
    status, _, body = await ask(api, "GET", "/cached", query=query, headers=patient)
    assert status in {200, 422}, body
    keyed = {**patient, "Idempotency-Key": "k1", "Content-Type": "application/json"}
    status, _, body = await ask(
        api, "POST", "/notes", query=query, headers=keyed, body=b'{"text": "x"}'
    )
    assert status == 201, body


@pytest.mark.parametrize(
    ("path", "query"), [("/notes/a\x00b", b""), ("/cached", b"q=a%00b"), ("/cached", b"q=\x00")]
)
async def test_a_nul_in_the_target_is_malformed(
    api: httpx.AsyncClient, patient: dict[str, str], path: str, query: bytes
) -> None:
    headers = {**patient, "Idempotency-Key": "k1", "Content-Type": "application/json"}
    method = "PUT" if path.startswith("/notes") else "GET"
    status, found, body = await ask(
        api, method, path, query=query, headers=headers, body=b'{"text": "x"}'
    )
    assert (status, found[b"content-type"]) == (400, PROBLEM), body


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "x", "\\ud800": 1}',
        b'{"text": "x", "at": "\\udfff"}',
        b'{"text": "x", "a/b~c\\u202e": 1}',
        b'["\\ud800"]',
        b'{"text": {"\\ud800": "\\ud800"}}',
        b'"\\ud800"',
        b'{"text": 1e999}',
        b'{"text": -Infinity, "at": NaN}',
        b'{"at": ' + b"9" * 4000 + b', "text": "x"}',
        b'{"at": -1e308, "text": "x"}',
        b"\xef\xbb\xbf{}",
        '{"text": "x"}'.encode("utf-16"),
        '{"text": "x"}'.encode("utf-32"),
        b'{"text": "x", "text": null}',
        b"{" + b",".join(b'"k%d": 1' % i for i in range(5000)) + b"}",
    ],
)
async def test_odd_json_is_refused(
    api: httpx.AsyncClient, patient: dict[str, str], body: bytes
) -> None:
    headers = {**patient, "Content-Type": "application/json"}
    status, found, answer = await ask(api, "POST", "/notes", headers=headers, body=body)
    assert status in {400, 422}, answer
    assert found[b"content-type"] == PROBLEM
    json.loads(answer)


@pytest.mark.parametrize(
    "sent",
    [
        [("Idempotency-Key", "\xe9")],
        [("Idempotency-Key", "")],
        [("Idempotency-Key", "x" * 256)],
        [("Idempotency-Key", "a\tb")],
        [("If-Match", "\xb2\xb3")],
        [("If-Match", 'W/"\xb2"')],
        [("If-Match", 'W/"' + "9" * 4000 + '"')],
        [("If-Match", '"1", "2"')],
        [("If-Match", "")],
    ],
)
async def test_odd_headers_are_refused(
    api: httpx.AsyncClient, patient: dict[str, str], sent: list[tuple[str, str]]
) -> None:
    headers = [*patient.items(), ("Content-Type", "application/json"), *sent]
    raw = [(name, value.encode("latin-1")) for name, value in headers]
    status, found, body = await ask(
        api, "PUT", f"/notes/{uuid4()}", headers=raw, body=b'{"text": "x"}'
    )
    assert (status, found[b"content-type"]) == (422, PROBLEM), body


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Basic x", "bearer \xff.\xfe.\xfd", "Bearer a.b.c.d.e", "\x80" * 9000]
    + [f"Bearer {base64.urlsafe_b64encode(head).decode()}.e30.AA" for head in (
        b"[]", b"null", b'"x"', b'{"alg":[],"typ":{}}', b'{"alg":"EdDSA","typ":"at+jwt","kid":7}',
        b'{"alg":"EdDSA","typ":"at+jwt"}', b'{"alg":"EdDSA","typ":"at+jwt","kid":"\\ud800"}',
        b"[" * 5000, b'{"alg":"EdDSA","typ":"at+jwt","kid":"first","crit":["x"]}',
        b'{"alg":"EdDSA","typ":"at+jwt","kid":"first","b64":false}',
    )],
)  # fmt: skip
async def test_odd_credentials_are_refused(api: httpx.AsyncClient, value: str) -> None:
    headers = [("Authorization", value.encode("latin-1"))]
    status, found, body = await ask(api, "GET", "/cached", headers=headers)
    assert (status, found[b"content-type"]) == (401, PROBLEM), body


@pytest.mark.parametrize("value", ["\xff" * 10, "a" * 65, "a b c d e f", "x\r\nSet-Cookie: a=b"])
async def test_an_odd_request_id_is_replaced(api: httpx.AsyncClient, value: str) -> None:
    headers = [("X-Request-Id", value.encode("latin-1"))]
    _, found, _ = await ask(api, "POST", "/quiet", headers=headers)
    assert found[b"x-request-id"] != value.encode("latin-1")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "FOO", "get"])
@pytest.mark.parametrize("path", ["/cached", "/quiet", "/nowhere", "", "//", "/../etc", "*"])
async def test_odd_methods_are_refused(api: httpx.AsyncClient, method: str, path: str) -> None:
    status, found, body = await ask(api, method, path)
    assert status in {404, 405}, body
    assert found[b"content-type"] == PROBLEM
    if status == 405:
        assert found[b"allow"]


async def test_made_up_methods_do_not_become_metrics(
    api: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: set[str] = set()

    def note(method: str, route: str, status: int, seconds: float) -> None:
        counted.add(method)

    monkeypatch.setattr(Metrics, "request", lambda _self, *args: note(*args))
    for number in range(3):
        await ask(api, f"FOO{number}", "/cached")
    assert counted == {"other"}


@pytest.mark.parametrize(
    "parts",
    [[], ["x"], ["x", 5], ["x", [1]], ["x", None], {"x": 1, "y": 2}, "xy", 7, None, ["x\0", "y"],
     ["\ud800", str(uuid4())], ["a\0b", str(uuid4())]],
)  # fmt: skip
def test_a_forged_cursor_is_refused(parts: Any) -> None:
    text = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
    with pytest.raises(InvalidCursor):
        decode_cursor(text, str, UUID)


@pytest.mark.parametrize("text", ["", "\xff", "e", "====", "💥", "A" * 499, "\0"])
def test_a_cursor_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(DomainError):
        decode_cursor(text, str)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-13-01", "now"]
)
def test_a_cursor_of_no_moment_is_refused(moment: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(encode_cursor(moment), datetime.fromisoformat)


def test_a_cursor_with_an_odd_offset_is_a_moment_in_utc() -> None:
    (moment,) = decode_cursor(encode_cursor("2026-01-01T00:00:00+23:59"), datetime.fromisoformat)
    assert moment.utcoffset() == timedelta(0)


async def test_a_revoked_token_is_refused_by_a_replica_that_has_just_started(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    keys.revoke(token_id="gone")
    token = keys.token(Role.PATIENT, jti="gone")
    answer = await api.get("/cached", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("error", [Unavailable("restarting"), DatabaseUnavailable("57P01")])
async def test_who_follows_revocations_outlives_their_source(
    runtime: Runtime, keys: Keys, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(_sequence: int) -> None:
        raise error

    monkeypatch.setattr(keys, "revocations_after", fail)
    await runtime.authenticator.refresh()


async def test_an_older_revocation_that_commits_later_takes_nothing_back(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    person, now = str(uuid4()), datetime.now(UTC)
    token = keys.token(Role.PATIENT, sub=person, iat=(now - timedelta(seconds=5)).timestamp())
    for seconds_ago in (1, 10):
        keys.revoke(user_id=person, not_before=now - timedelta(seconds=seconds_ago))
    answer = await api.get("/cached", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_what_one_person_was_answered_is_not_reused_for_another(
    api: httpx.AsyncClient, patient: dict[str, str]
) -> None:
    first = await api.get(f"/notes/{uuid4()}", headers=patient)
    assert first.headers["vary"] == "Authorization"
    again = await api.get(
        str(first.url), headers={**patient, "If-None-Match": first.headers["etag"]}
    )
    kept = ("etag", "vary", "cache-control")
    assert again.status_code == 304
    assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]


def test_a_cursor_of_the_longest_name_fits() -> None:
    cursor = encode_cursor("ễ" * 401, uuid4())
    assert PageRequest(cursor=cursor).cursor == cursor
