"""The report on paper: A4, both languages, a small plot of earlier values beside each number."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.graphics.shapes import Circle, Drawing, PolyLine, Rect
from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, Spacer, Table, TableStyle

from deployments.laboratory.report_schemas import ReportContent, ReportTest, ReportValue
from deployments.laboratory.report_values import interval, printed_unit, said
from deployments.laboratory.report_words import WORDS, Words
from deployments.paper.lettering import fonts, style
from deployments.paper.sheets import HEAD, Sheet, printed
from deployments.schemas import Locale

SIDES: Final = ("TOP", "BOTTOM")
WIDTHS: Final = [62 * mm, 32 * mm, 22 * mm, 36 * mm, 28 * mm]
TREND_SIZE: Final = (26 * mm, 6 * mm)
MARKS: Final = {"L": "L", "H": "H", "LL": "LL !!", "HH": "HH !!", "A": "A !"}
ABNORMAL: Final = colors.HexColor("#b3261e")
BAND: Final = colors.HexColor("#dfeee0")


class Issue(NamedTuple):
    """The version of a report.

    Attributes:
        zone: IANA name, for times on paper.
        hospital: its name.
    """

    report_id: UUID
    version: int
    status: str
    at: datetime
    zone: str
    hospital: str


def render(content: ReportContent, issue: Issue, locale: Locale) -> bytes:
    """The PDF; the same report gives the same bytes.

    Args:
        content: what it says.
        issue: which version it is.
        locale: of the words.
    """
    words, zone = WORDS[locale], ZoneInfo(issue.zone)
    issued = f"{issue.at.astimezone(zone):%d/%m/%Y %H:%M %Z}"
    sheet = Sheet(
        hospital=issue.hospital,
        title=words.title,
        subject=f"{words.title} {issue.report_id}",
        foot=f"{words.report} {issue.report_id} · {words.version} {issue.version} · {issued}",
        page=words.page,
        locale=locale,
    )
    return printed(sheet, lambda: _story(content, issue, locale))


def _story(content: ReportContent, issue: Issue, locale: Locale) -> list[Any]:
    words, zone = WORDS[locale], ZoneInfo(issue.zone)
    story: list[Any] = [_banner(issue, words), *_whose(content, words, zone), Spacer(1, 4 * mm)]
    for department, tests in groupby(content.tests, key=lambda one: one.department):
        title = words.departments.get(department, department)
        story.append(Paragraph(escape(title), style(11, bold=True)))
        story.append(_table(list(tests), words, locale, zone))
        story.append(Spacer(1, 3 * mm))
    if content.pending:
        names = ", ".join(getattr(one, f"name_{locale}") for one in content.pending)
        story.append(Paragraph(escape(f"{words.pending}: {names}"), style(9, bold=True)))
    story.append(Paragraph(escape(words.legend), style(7, colour="#5f6368")))
    return story


def _banner(issue: Issue, words: Words) -> Any:
    colour = {"final": "#1b5e20", "preliminary": "#8a5a00"}.get(issue.status, "#b3261e")
    text = f"{words.statuses[issue.status]} · {words.version} {issue.version}"
    return Paragraph(escape(text), style(13, bold=True, colour=colour))


def _whose(content: ReportContent, words: Words, zone: ZoneInfo) -> list[Any]:
    birth = content.patient_birth_date
    left = [
        (words.patient, str(content.patient_id)),
        (words.born, f"{birth:%d/%m/%Y}" if birth else "-"),
        (words.sex, words.sexes.get(content.patient_sex, content.patient_sex)),
    ]
    right = [
        (words.order, str(content.order_id)),
        (words.ordered, _time(content.ordered_at, zone)),
        (words.reason, content.reason or "-"),
    ]
    rows = [
        [Paragraph(escape(one), style(8, colour="#5f6368")) if at % 2 == 0
         else Paragraph(escape(one), style(8)) for at, one in enumerate((*a, *b))]
        for a, b in zip(left, right, strict=True)
    ]  # fmt: skip
    table = Table(rows, colWidths=[22 * mm, 68 * mm, 24 * mm, 66 * mm])
    every = (0, 0), (-1, -1)
    rules = [("VALIGN", *every, "TOP"), *((f"{side}PADDING", *every, 1) for side in SIDES)]
    table.setStyle(TableStyle(rules))
    return [Spacer(1, 2 * mm), table]


def _table(tests: Sequence[ReportTest], words: Words, locale: Locale, zone: ZoneInfo) -> Table:
    rows: list[list[Any]] = [[Paragraph(escape(one), style(8, bold=True)) for one in words.columns]]
    rules: list[tuple[Any, ...]] = [
        ("BACKGROUND", (0, 0), (-1, 0), HEAD),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#c9ced6")),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    for test in tests:
        rules.append(("SPAN", (0, len(rows)), (-1, len(rows))))
        rows.append([_heading(test, words, locale, zone), "", "", "", ""])
        for value in test.values:
            if value.text is not None:  # it is long, and has neither flag nor interval
                rules.append(("SPAN", (1, len(rows)), (-1, len(rows))))
            rows.append(_line(value, words, locale))
    table = Table(rows, colWidths=WIDTHS, repeatRows=1, splitInRow=1)
    table.setStyle(TableStyle(rules))
    return table


def _heading(test: ReportTest, words: Words, locale: Locale, zone: ZoneInfo) -> Any:
    name = getattr(test, f"name_{locale}")
    how = words.by_rules if test.verified_how == "auto" else words.by_person
    facts = [
        f"{words.specimen} {test.accession}",
        f"{words.collected} {_time(test.collected_at, zone)}",
        f"{words.released} {_time(test.released_at, zone)} ({how})",
    ]
    if test.condition:
        facts.append(", ".join(words.conditions.get(one, one) for one in test.condition))
    small = f"<font size='7' color='#5f6368'>{escape(' · '.join(facts))}</font>"
    lines = [f"<font name='{fonts().bold}'>{escape(name)}</font> {small}"]
    if test.corrected:
        lines.append(
            f"<font color='#b3261e'>{escape(f'{words.corrected}: {test.corrected}')}</font>"
        )
    if test.comment:
        lines.append(escape(test.comment))
    if not test.values:
        lines.append(escape(words.not_calculated))
    return Paragraph("<br/>".join(lines), style(8.5))


def _line(value: ReportValue, words: Words, locale: Locale) -> list[Any]:
    abnormal = value.flag not in (None, "N")
    shown = said(value, locale)
    cell = f"{escape(shown)} <font size='7'>{escape(printed_unit(value.unit))}</font>"
    if value.replaced is not None:
        cell += f"<br/><font size='7'>{escape(f'{words.before} {value.replaced}')}</font>"
    colour = "#b3261e" if abnormal else "black"
    return [
        Paragraph("&nbsp;&nbsp;" + escape(getattr(value, f"name_{locale}")), style()),
        Paragraph(
            cell,
            style(bold=abnormal, colour=colour),
        ),
        Paragraph(escape(MARKS.get(value.flag or "", "")), style(bold=True, colour=colour)),
        Paragraph(escape(interval(value.normal_low, value.normal_high)), style()),
        _trend(value),
    ]


def _trend(value: ReportValue) -> Any:
    """Earlier values and this one, with the reference band behind them."""
    if value.value is None or not value.earlier:
        return ""
    width, height = TREND_SIZE
    numbers = [float(one.value) for one in value.earlier] + [float(value.value)]
    ends = [float(one) for one in (value.normal_low, value.normal_high) if one is not None]
    low, high = min(numbers + ends), max(numbers + ends)
    scale = (height - 4) / ((high - low) or 1)
    points = [
        (2 + at * (width - 4) / (len(numbers) - 1), 2 + (one - low) * scale)
        for at, one in enumerate(numbers)
    ]
    drawing = Drawing(width, height)
    bottom = 0.0 if value.normal_low is None else 2 + (float(value.normal_low) - low) * scale
    top = height if value.normal_high is None else 2 + (float(value.normal_high) - low) * scale
    if ends:
        drawing.add(Rect(0, bottom, width, top - bottom, fillColor=BAND, strokeColor=None))
    drawing.add(PolyLine([at for point in points for at in point], strokeWidth=0.7))
    colour = ABNORMAL if value.flag not in (None, "N") else colors.black
    drawing.add(Circle(*points[-1], 1.6, fillColor=colour, strokeColor=None))
    return drawing


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M}" if at else "-"
