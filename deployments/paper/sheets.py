"""Sheets of A4 with the hospital's head and a numbered foot on each page."""

import io
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final, NamedTuple

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate

from deployments.paper.lettering import fonts

_ALONE: Final = Lock()
"""reportlab keeps what it knows of fonts for the whole process, and not for several threads."""
MARGIN: Final = 15 * mm
QUIET: Final = colors.HexColor("#5f6368")
HEAD: Final = colors.HexColor("#e8eef5")
RULE: Final = colors.HexColor("#c9ced6")


class Sheet(NamedTuple):
    """What stands on every page.

    Attributes:
        hospital: its name.
        title: what kind of paper it is.
        subject: title and number, for the file.
        foot: which paper it is.
        page: the word for page.
        locale: of the words.
    """

    hospital: str
    title: str
    subject: str
    foot: str
    page: str
    locale: str


def printed(sheet: Sheet, story: Callable[[], Sequence[Any]]) -> bytes:
    """The PDF; the same content gives the same bytes. One is made at a time.

    Args:
        sheet: what stands on every page.
        story: makes what flows over the pages; called when it is its turn.
    """
    with _ALONE:
        target = io.BytesIO()
        document = SimpleDocTemplate(
            target, pagesize=A4, invariant=1, title=sheet.subject, author=sheet.hospital,
            lang=sheet.locale,
            leftMargin=MARGIN, rightMargin=MARGIN, topMargin=26 * mm, bottomMargin=20 * mm,
        )  # fmt: skip
        document.build(list(story()), canvasmaker=_pages(sheet))
        return target.getvalue()


def _pages(sheet: Sheet) -> type[Canvas]:
    """Head and foot of each page; the number of pages is known at the end only."""

    class Pages(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  # reportlab calls it so
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._kept, 1):
                self.__dict__.update(page)
                self._frame(number, len(self._kept))
                super().showPage()
            super().save()

        def _frame(self, number: int, count: int) -> None:
            wide, tall = A4
            self.setFont(fonts().bold, 13)
            self.drawString(MARGIN, tall - 16 * mm, sheet.hospital)
            self.setFont(fonts().plain, 9)
            self.drawRightString(wide - MARGIN, tall - 16 * mm, sheet.title)
            self.setStrokeColor(QUIET)
            self.line(MARGIN, tall - 19 * mm, wide - MARGIN, tall - 19 * mm)
            self.setFont(fonts().plain, 7)
            self.drawString(MARGIN, 12 * mm, sheet.foot)
            page = f"{sheet.page} {number} / {count}"
            self.drawRightString(wide - MARGIN, 12 * mm, page)

    return Pages
