"""Whatever is wrong with a file, what is good in it is read and what is not is said."""

import gzip
import json
from pathlib import Path

import pytest

from deployments.importer import reading
from deployments.importer.reading import Entry, Unreadable, read
from tests.factories.importer import bundle, ndjson, patient


def names(path: Path) -> list[str]:
    return [item.name for item in read(path) if isinstance(item, Entry)]


def reasons(path: Path) -> list[tuple[str, str]]:
    return [
        (item.where.removeprefix(str(path)), item.reason)
        for item in read(path)
        if isinstance(item, Unreadable)
    ]


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_ndjson_gives_every_line_and_its_number(tmp_path: Path, name: str) -> None:
    path = ndjson(tmp_path / name, [patient("a"), "", patient("b")])

    assert [(item.where, item.name) for item in read(path) if isinstance(item, Entry)] == [
        (f"{path}:1", "Patient/a"),
        (f"{path}:3", "Patient/b"),
    ]


@pytest.mark.parametrize("kind", sorted(reading.BUNDLE_TYPES))
def test_bundle_gives_every_entry_and_its_url(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(bundle([patient("a"), patient("b")], kind))

    assert [(item.where, item.full_url) for item in read(path) if isinstance(item, Entry)] == [
        (f"{path}:entry[0]", "urn:uuid:a"),
        (f"{path}:entry[1]", "urn:uuid:b"),
    ]


def test_one_resource_alone_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(patient("a")).encode())

    assert names(path) == ["Patient/a"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "invalid JSON at character 1"),
        (b'{"resourceType":"Patient","name":"\xff"}', "invalid UTF-8 at byte 34"),
        (b'{"resourceType":"Patient","x":NaN}', "NaN is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a JSON object"),
        (b"{}", "no resourceType"),
        (b'{"resourceType":"<script>"}', "no resourceType"),
        (b'{"resourceType":"Patient","x":"\\u0000"}', "text with characters that are no text"),
        (b'{"resourceType":"Patient","x":"\\ud800"}', "text with characters that are no text"),
    ],
)
def test_a_broken_line_loses_only_itself(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "a.ndjson"
    good = [json.dumps(patient(name)).encode() for name in ("a", "b")]
    path.write_bytes(b"\n".join([good[0], line, good[1]]))

    assert names(path) == ["Patient/a", "Patient/b"]
    assert reasons(path) == [(":2", reason)]


def test_a_huge_line_is_skipped_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b'{"resourceType":"Patient","x":"')
        for _ in range(100):
            stream.write(b"x" * 2**20)
        stream.write(b'"}\n' + json.dumps(patient("b")).encode())

    assert names(path) == ["Patient/b"]
    assert reasons(path) == [(":1", "the line is longer than 16 MiB")]


@pytest.mark.parametrize("damage", ["truncated", "corrupt"])
def test_a_damaged_gzip_gives_what_stands_before(tmp_path: Path, damage: str) -> None:
    path = ndjson(tmp_path / "a.ndjson.gz", [patient(f"p{number}") for number in range(20_000)])
    body = bytearray(path.read_bytes())
    half = len(body) // 2
    path.write_bytes(body[:half] if damage == "truncated" else body[:half] + bytes(64))

    taken = names(path)
    assert taken[:2] == ["Patient/p0", "Patient/p1"]
    assert len(taken) > 5000
    assert reasons(path)[-1][1] == "damaged or cut off from here on"


def test_something_else_called_gz(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    path.write_text("no gzip")

    assert reasons(path) == [(":1", "damaged or cut off from here on")]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_bundle_that_is_cut_off_gives_what_stands_before(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    whole = bundle([patient(f"p{number}") for number in range(3)]).encode()
    cut = whole[: whole.index(b"urn:uuid:p2") + 40]
    path.write_bytes(gzip.compress(cut) if name.endswith("gz") else cut)

    assert names(path) == ["Patient/p0", "Patient/p1"]
    [(where, reason)] = reasons(path)
    assert where == ":entry[2]"
    assert reason.startswith("damaged or cut off from here on: invalid JSON")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"resourceType": "Bundle", "type": "history", "entry": []}, "a Bundle of none of the"),
        ({"resourceType": "Bundle", "type": "batch", "entry": {}}, "Bundle.entry is not a list"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [1]}, "the entry holds no resource"),
        (
            {"resourceType": "Bundle", "type": "batch", "entry": [
                {"resource": patient(), "request": {"method": "DELETE", "url": "Patient/p1"}}]},
            "the entry does not ask to store its resource",
        ),
    ],
)  # fmt: skip
def test_bundles_that_are_refused(tmp_path: Path, content: object, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))

    [(_, said)] = reasons(path)
    assert said.startswith(reason)


def test_a_bundle_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_BUNDLE", 2**20)
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * (3 * 2**20))

    assert reasons(path) == [("", "larger than 1 MiB: use NDJSON")]


def test_files_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    (tmp_path / "folder.ndjson").mkdir()

    for name in ("absent.ndjson", "folder.ndjson", "absent.json"):
        [(_, reason)] = reasons(tmp_path / name)
        assert reason.startswith("the file cannot be opened")
    [(_, reason)] = reasons(tmp_path / "a.csv")
    assert reason.startswith("the name ends in none of")


def test_an_id_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    path = ndjson(tmp_path / "a.ndjson", [patient("Nguyễn Thị Hoa\n")])

    assert names(path) == ["Patient/?"]
