"""Letters on paper: Open Sans, plain and bold, in every size that is asked for."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont


class Fonts(NamedTuple):
    """Names of the letters, plain and bold."""

    plain: str
    bold: str


@cache
def fonts() -> Fonts:
    """Open Sans, which has all letters of Vietnamese; read once."""
    folder = files("ttf_opensans") / "ttf"
    for name in ("OpenSans-Regular", "OpenSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    return Fonts("OpenSans-Regular", "OpenSans-Bold")


@cache
def style(size: float = 8.5, *, bold: bool = False, colour: str = "black") -> ParagraphStyle:
    """Letters of one size."""
    name = fonts().bold if bold else fonts().plain
    return ParagraphStyle(
        f"{name}{size}{colour}", fontName=name, fontSize=size, leading=size * 1.35,
        textColor=colors.toColor(colour),
    )  # fmt: skip
