"""Reports and labels on paper: every letter is there, bar codes are read back."""

import io
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pypdfium2
import pytest
from barcode.charsets import code128
from PIL import Image
from reportlab.pdfbase import pdfmetrics

from deployments.laboratory.label import Label, as_pdf, as_png
from deployments.laboratory.report_pdf import Issue, render
from deployments.laboratory.report_schemas import (
    ReportContent,
    ReportPoint,
    ReportTest,
    ReportValue,
)
from deployments.laboratory.report_values import interval, printed_unit
from deployments.laboratory.report_words import WORDS
from deployments.paper.lettering import fonts

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ISSUE = Issue(UUID(int=7), 2, "corrected", NOW, "Asia/Ho_Chi_Minh", "Bệnh viện Hòa Bình")


def value(**given) -> ReportValue:
    return ReportValue.model_validate(
        {
            "name_en": "Potassium", "name_vi": "Kali", "value": "7.1", "comparator": None,
            "choice_en": None, "choice_vi": None, "text": None, "unit": "mmol/L", "flag": "HH",
            "critical": True, "normal_low": "3.5", "normal_high": "5.1", "replaced": None,
            "earlier": [ReportPoint(observed_at=NOW, value=Decimal("4.1"))], **given,
        }
    )  # fmt: skip


def content(count: int = 1, **given) -> ReportContent:
    test = ReportTest(
        code="K", name_en="Potassium", name_vi="Kali", department="chemistry",
        accession="261124000017", collected_at=NOW, received_at=NOW, condition=["haemolysed"],
        released_at=NOW, verified_how="person", corrected="a <b> & c", comment=None,
        values=[value(**given) for _ in range(count)],
    )  # fmt: skip
    return ReportContent(
        order_id=UUID(int=1), patient_id=UUID(int=2), patient_sex="female",
        patient_birth_date=date(1968, 5, 1), practitioner_id=UUID(int=3), ordered_at=NOW,
        reason="E87.5", tests=[test], pending=[],
    )  # fmt: skip


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_the_letters_of_both_languages_are_in_the_font() -> None:
    vietnamese = "".join(
        unicodedata.normalize("NFC", letter + mark + tone)
        for letter in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
        for mark in ("",)
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    )
    said = "".join(str(asdict(words)) for words in WORDS.values())
    for name in fonts():
        glyphs = pdfmetrics.getFont(name).face.charToGlyph
        missing = {one for one in vietnamese + said + "đĐ·…" if ord(one) not in glyphs}
        assert missing == set(), name


def test_text_of_people_is_not_markup_and_corrections_name_what_they_replace() -> None:
    words = words_of(render(content(replaced="4.9"), ISSUE, "vi"))
    assert "a <b> & c" in words
    assert "trước đó: 4.9" in words
    assert "HH !!" in words
    assert "tán huyết" in words
    assert "KẾT QUẢ ĐÍNH CHÍNH" in words


def test_long_reports_go_on_with_their_heading_on_every_page() -> None:
    pdf = render(content(120), ISSUE, "en")
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    assert len(pages) > 2
    assert all("Reference interval" in page for page in pages)
    assert f"Page 1 / {len(pages)}" in pages[0]


@pytest.mark.parametrize("letters", ["word ", "W", "một\n"])
def test_the_longest_texts_are_printed_whole(letters) -> None:
    """A report that cannot be printed is never issued."""
    text = (letters * 2000)[:1999] + "."
    long = content(value=None, text=text, flag=None, unit=None, normal_low=None, normal_high=None)
    test = long.tests[0].model_copy(update={"comment": "W" * 3998 + "é."})
    long = long.model_copy(update={"tests": [test]})
    words = words_of(render(long, ISSUE, "vi"))
    assert words.count("W") >= 3998
    assert "é." in words


def test_what_has_no_value_says_why() -> None:
    assert "Not calculated" in words_of(render(content(0), ISSUE, "en"))
    assert "Không tính" in words_of(render(content(0), ISSUE, "vi"))


@pytest.mark.parametrize(
    ("unit", "printed"),
    [
        ("10*9/L", "×10⁹/L"), ("10*12/L", "×10¹²/L"), ("umol/L", "µmol/L"), ("ug/L", "µg/L"),
        ("mL/min/{1.73_m2}", "mL/min/1.73 m²"), ("{INR}", ""), ("m[IU]/L", "mIU/L"),
        ("mm[Hg]", "mmHg"), ("[pH]", "pH"), ("mmol/L", "mmol/L"), (None, ""),
    ],
)  # fmt: skip
def test_units_are_printed_as_people_read_them(unit, printed) -> None:
    assert printed_unit(unit) == printed
    if printed:
        assert printed in words_of(render(content(unit=unit), ISSUE, "en"))


def test_the_same_report_is_the_same_bytes() -> None:
    assert render(content(), ISSUE, "en") == render(content(), ISSUE, "en")


@pytest.fixture
def hasty():
    """Threads take turns far more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_reports_are_made_by_several_threads_at_once(hasty) -> None:
    wanted = {locale: render(content(40), ISSUE, locale) for locale in ("en", "vi")}
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda it: render(content(40), ISSUE, it), ["en", "vi"] * 40))
    assert made == [wanted["en"], wanted["vi"]] * 40


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [("3.5", "5.1", "3.5 - 5.1"), (None, "5", "≤ 5"), ("90", None, "≥ 90"), (None, None, "")],
)
def test_intervals(low, high, shown) -> None:
    assert interval(low and Decimal(low), high and Decimal(high)) == shown


LABEL = Label("261124000017", "AB12CD34", "edta-purple", ("CBC", "ESR"), stat=True)


def scanned(picture: Image.Image, row: int) -> str:
    """What a scanner reads on one line of a picture (Code 128, set C)."""
    line = [picture.getpixel((x, row)) < 128 for x in range(picture.width)]
    runs, last = [], None
    for dark in line[line.index(True) : len(line) - line[::-1].index(True)]:
        if dark == last:
            runs[-1] += 1
        else:
            runs.append(1)
        last = dark
    patterns = {bars: number for number, bars in enumerate(code128.CODES)}
    numbers = []
    for start in range(0, len(runs) - 7, 6):
        group = runs[start : start + 6]
        unit = sum(group) / 11
        bars = "".join(
            ("1" if place % 2 == 0 else "0") * round(width / unit)
            for place, width in enumerate(group)
        )
        numbers.append(patterns[bars])
    assert numbers[0] == 105, "it starts in set C"
    data, check = numbers[1:-1], numbers[-1]
    assert (105 + sum(at * one for at, one in enumerate(data, 1))) % 103 == check
    return "".join(f"{one:02d}" for one in data)


def test_bar_codes_are_read_back() -> None:
    picture = Image.open(io.BytesIO(as_png(LABEL))).convert("L")
    assert scanned(picture, 60) == LABEL.accession
    page = pypdfium2.PdfDocument(as_pdf(LABEL))[0]
    assert scanned(page.render(scale=12).to_pil().convert("L"), 300) == LABEL.accession


def test_labels_say_stat_and_no_name() -> None:
    words = words_of(as_pdf(LABEL))
    assert "STAT" in words
    assert LABEL.accession in words
    many = Label(
        "261124000017", "AB12CD34", "sst", tuple(f"TEST{n}" for n in range(20)), stat=False
    )
    assert "…" in words_of(as_pdf(many))
