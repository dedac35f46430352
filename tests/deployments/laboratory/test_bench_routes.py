"""The bench over ASGI, through the whole edge: files in, pictures and papers out."""

import pytest

from deployments.access import Role

HEAD = "accession,parameter,value,unit,observed_at\n"
pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"a,b\n1,2\n", "the first line must be"),
        ((HEAD + "1,K\n").encode(), "line 2"),
        ((HEAD + "1,K,4,mmol/L,yesterday\n").encode(), "line 2"),
        ((HEAD + "1,K,4,mmol/L,2026-11-24T08:00:00\n").encode(), "zone"),
        ((HEAD + "1,K,4,mmol/L,\n" * 2001).encode(), "2000 lines"),
        ((HEAD + "1,K,4\x00,mmol/L,\n").encode(), "NUL"),
        (HEAD.replace(",", ";").encode(), "the first line must be"),
        ((HEAD + f"1,BCORG,{'x' * 2001},,\n").encode(), "line 2: at most 2000 letters"),
    ],
)
async def test_files_that_cannot_be_read_say_where(api, headers, content, words) -> None:
    answer = await api.post(
        "/result-files",
        content=content,
        headers={**headers(Role.LAB_TECHNICIAN), "Content-Type": "text/csv"},
    )
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["detail"]


async def test_a_file_is_taken_and_its_lines_answered(api, headers) -> None:
    content = (HEAD + "261124000017,K,4.1,mmol/L,\n").encode()
    technician = headers(Role.LAB_TECHNICIAN)
    answer = await api.post(
        "/result-files", content=content, headers={**technician, "Content-Type": "text/csv"}
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["held"] == 1
    held = (await api.get("/held-results", headers=technician)).json()["items"]
    assert held[0]["reason"] == "unknown_accession"


async def test_a_control_chart_is_a_picture(api, headers) -> None:
    lot = await api.post(
        "/control-lots",
        json={
            "parameter": "K", "instrument": "XN <1>", "name": "Serum & more", "lot": "L1",
            "level": 2, "target": "4.0", "sd": "0.1", "expires_on": "2027-12-31",
        },
        headers=headers(Role.ADMINISTRATOR),
    )  # fmt: skip
    assert lot.status_code == 201, lot.text
    technician = headers(Role.LAB_TECHNICIAN)
    for value in ("4.05", "3.9", "4.4"):
        run = {"control_lot_id": lot.json()["id"], "value": value}
        answer = await api.post("/control-runs", json=run, headers=technician)
        assert answer.status_code == 201, answer.text
    assert answer.json()["broken"] == ["1-3s"]
    picture = await api.get(f"/control-charts/{lot.json()['id']}/picture", headers=technician)
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.text.count("<circle") == 3
    assert "XN &lt;1&gt;" in picture.text
    assert "1-3s" in picture.text
    twice = await api.get("/qc-violations", headers=technician)
    closing = f"/qc-violations/{twice.json()['items'][0]['id']}/close"
    body = {"action": "calibrated"}
    first = await api.post(closing, json=body, headers=technician)
    again = await api.post(closing, json=body, headers=technician)
    assert (first.status_code, again.status_code) == (200, 409)


async def test_lines_are_counted_as_an_editor_counts_them(api, headers) -> None:
    """Also after a mark of the byte order, an empty line, and a text of two lines."""
    lines = HEAD + '\n1,BCORG,"two\nlines",,\n1,K,=4,mmol/L,\n1,K,"1,234",mmol/L,\n'
    answer = await api.post(
        "/result-files",
        content=lines.encode("utf-8-sig"),
        headers={**headers(Role.LAB_TECHNICIAN), "Content-Type": "text/csv"},
    )
    assert [one["line"] for one in answer.json()["lines"]] == [4, 5, 6]
