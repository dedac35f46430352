"""The Levey-Jennings chart as a picture (SVG)."""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from deployments.laboratory.control_schemas import ControlChart, ControlRun

WIDTH: Final = 960
HEIGHT: Final = 420
LEFT: Final = 90
RIGHT: Final = 20
TOP: Final = 50
BOTTOM: Final = 50
MOST_SD: Final = 4.5
COLOURS: Final = {0: "#1b5e20", 1: "#9e9e9e", 2: "#f9a825", 3: "#c62828"}


def draw(chart: ControlChart) -> str:
    """Mean, 1, 2 and 3 SD lines, the points in order, and the rules that they break."""
    lot = chart.lot
    title = f"{lot.parameter} · {lot.name} · lot {lot.lot} · level {lot.level} · {lot.instrument}"
    unit = lot.unit or ""
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="12" role="img">'
        ),
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
        (
            f'<text x="{LEFT}" y="40" fill="#555">target {lot.target} {escape(unit)}, '
            f"SD {lot.sd} {escape(unit)}</text>"
        ),
        *_lines(chart),
        *_points(chart.points),
        "</svg>",
    ]
    return "\n".join(parts)


def _y(z: float) -> float:
    inside = max(-MOST_SD, min(MOST_SD, z))
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
    return round(middle - inside * (HEIGHT - TOP - BOTTOM) / 2 / MOST_SD, 1)


def _x(place: int, count: int) -> float:
    return round(LEFT + (place + 0.5) * (WIDTH - LEFT - RIGHT) / max(count, 1), 1)


def _lines(chart: ControlChart) -> list[str]:
    found = []
    for sd in range(-3, 4):
        y, colour = _y(sd), COLOURS[abs(sd)]
        dash = "" if sd == 0 else ' stroke-dasharray="4 3"'
        value = (chart.lot.target + sd * chart.lot.sd).normalize()
        label = "mean" if sd == 0 else f"{sd:+d} SD"
        found.append(
            f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{colour}"{dash}/>'
            f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:f} ({label})</text>'
        )
    return found


def _points(points: Sequence[ControlRun]) -> list[str]:
    count = len(points)
    places = [(_x(at, count), _y(float(one.z)), one) for at, one in enumerate(points)]
    path = " ".join(f"{x},{y}" for x, y, _ in places)
    found = [f'<polyline points="{path}" fill="none" stroke="#1565c0"/>']
    every = max(1, count // 10)
    for at, (x, y, one) in enumerate(places):
        colour = "#c62828" if one.broken else "#1565c0"
        words = f"{one.measured_at:%F %H:%M} UTC: {one.value} ({one.z:+.2f} SD)"
        found.append(
            f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"><title>{words}</title></circle>'
        )
        if one.broken:
            rules = escape(", ".join(one.broken))
            found.append(
                f'<text x="{x}" y="{y - 9}" text-anchor="middle" fill="#c62828" '
                f'font-weight="bold">{rules}</text>'
            )
        if at % every == 0:
            found.append(
                f'<text x="{x}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">'
                f"{one.measured_at:%d.%m.}</text>"
            )
    return found
