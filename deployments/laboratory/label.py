"""The label of a specimen: 50 x 25 mm, Code 128 (ISO/IEC 15417), as PDF and as picture."""

import io
from dataclasses import dataclass
from typing import Final

from barcode import Code128
from barcode.writer import ImageWriter
from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.barcode.code128 import Code128 as Bars
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from deployments.paper.lettering import fonts

WIDE: Final = 50 * mm
TALL: Final = 25 * mm
MOST_LETTERS: Final = 34


@dataclass(frozen=True)
class Label:
    """What stands on a tube.

    Attributes:
        patient: short id; no name, tubes travel.
        tests: codes.
        stat: printed large, so that it is seen.
    """

    accession: str
    patient: str
    container: str
    tests: tuple[str, ...]
    stat: bool

    @property
    def tests_text(self) -> str:
        """The codes, as many as fit."""
        text = " ".join(self.tests)
        return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"


def as_pdf(label: Label) -> bytes:
    """One page of the size of the label."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(WIDE, TALL), invariant=1)
    canvas.setTitle(label.accession)
    bars = Bars(label.accession, barHeight=9 * mm, barWidth=0.33 * mm, quiet=0)
    bars.drawOn(canvas, (WIDE - bars.width) / 2, 11.5 * mm)
    canvas.setFont(fonts().bold, 8)
    canvas.drawCentredString(WIDE / 2, 8.3 * mm, label.accession)
    canvas.setFont(fonts().plain, 5.5)
    canvas.drawString(2 * mm, 5.3 * mm, f"{label.patient} · {label.container}")
    canvas.drawString(2 * mm, 2.4 * mm, label.tests_text)
    if label.stat:
        canvas.setFont(fonts().bold, 9)
        canvas.drawRightString(WIDE - 2 * mm, 4.6 * mm, "STAT")
    canvas.save()
    return target.getvalue()


def as_png(label: Label) -> bytes:
    """The same as a picture, 300 dots to the inch."""
    picture = Image.new("RGB", (590, 295), "white")
    bars = Code128(label.accession, writer=ImageWriter()).render(
        {"module_width": 0.33, "module_height": 9, "quiet_zone": 1, "write_text": False, "dpi": 300}
    )
    picture.paste(bars, ((590 - bars.width) // 2, 4))
    draw = ImageDraw.Draw(picture)
    words = ImageFont.load_default(26)
    draw.text(
        (295, 172), label.accession, fill="black", anchor="mm", font=ImageFont.load_default(34)
    )
    draw.text((24, 205), f"{label.patient} {label.container}", fill="black", font=words)
    draw.text((24, 245), label.tests_text.replace("…", "..."), fill="black", font=words)
    if label.stat:
        draw.text((566, 225), "STAT", fill="black", anchor="rm", font=ImageFont.load_default(40))
    target = io.BytesIO()
    picture.save(target, "PNG", dpi=(300, 300))
    return target.getvalue()
