"""The Levey-Jennings chart as a picture (SVG)."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final
from xml.sax.saxutils import escape

from deployments.laboratory.control_schemas import ControlChart, ControlLot, ControlRun

WIDTH: Final = 960
HEIGHT: Final = 460
LEFT: Final = 120
RIGHT: Final = 24
TOP: Final = 70
BOTTOM: Final = 64
MOST_SD: Final = 4.2
"""What is farther out is drawn here, as an arrowhead."""
EDGE_SD: Final = 6.0
"""Room for the rules that an arrowhead breaks."""
DATES: Final = 10
WARNINGS: Final = frozenset({"1-2s"})
MEAN: Final = "#1b5e20"
COLOURS: Final = {0: MEAN, 1: "#9e9e9e", 2: "#f9a825", 3: "#c62828"}
POINT: Final = "#1565c0"
WARNED: Final = "#b25f00"
REJECTED: Final = "#c62828"
HALO: Final = 'paint-order="stroke" stroke="white" stroke-width="4" stroke-linejoin="round"'


def draw(chart: ControlChart, zone: tzinfo) -> str:
    """Mean, 1, 2 and 3 SD lines, the points in order, and the rules that they break.

    Args:
        chart: oldest point first.
        zone: of the dates.
    """
    lot = chart.lot
    title = f"{lot.parameter} · {lot.name} · lot {lot.lot} · level {lot.level} · {lot.instrument}"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="12" role="img">'
        ),
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="16" y="26" font-size="15">{escape(title)}</text>',
        f'<text x="16" y="46" fill="#555">{escape(_subtitle(lot))}</text>',
        *_key(),
        *_lines(lot),
        *_dates(chart.points, zone),
        *_points(chart.points, zone),
        "</svg>",
    ]
    return "\n".join(parts)


def _subtitle(lot: ControlLot) -> str:
    unit = lot.unit or ""
    return f"target {lot.target} {unit}, SD {lot.sd} {unit}, expires {lot.expires_on}"


def _key() -> list[str]:
    words = ((690, POINT, "in control"), (782, WARNED, "warning"), (862, REJECTED, "rejection"))
    return [
        f'<text x="{x}" y="46" fill="{colour}">● <tspan fill="#555">{word}</tspan></text>'
        for x, colour, word in words
    ]


def _y(z: float) -> float:
    inside = max(-MOST_SD, min(MOST_SD, z))
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
    return round(middle - inside * (HEIGHT - TOP - BOTTOM) / 2 / EDGE_SD, 1)


def _x(place: int, count: int) -> float:
    return round(LEFT + (place + 0.5) * (WIDTH - LEFT - RIGHT) / max(count, 1), 1)


def _lines(lot: ControlLot) -> list[str]:
    middle = _y(0)
    words = escape(f"{lot.parameter}, {lot.unit}" if lot.unit else lot.parameter)
    found = [
        (
            f'<text x="18" y="{middle}" transform="rotate(-90 18 {middle})" text-anchor="middle" '
            f'fill="#555">{words}</text>'
        )
    ]
    for sd in range(-3, 4):
        y, colour = _y(sd), COLOURS[abs(sd)]
        dash = "" if sd == 0 else ' stroke-dasharray="4 3"'
        value = (lot.target + sd * lot.sd).normalize()
        label = "mean" if sd == 0 else f"{sd:+d} SD".replace("-", "\u2212")
        found.append(
            f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{colour}"{dash}/>'
            f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:f} ({label})</text>'
        )
    return found


def _dates(points: Sequence[ControlRun], zone: tzinfo) -> list[str]:
    """An axis with the day of some points, so many that they do not touch."""
    base, middle = HEIGHT - BOTTOM, (LEFT + WIDTH - RIGHT) / 2
    found = [f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - RIGHT}" fill="none" stroke="#555"/>']
    every = -(-len(points) // DATES) or 1
    for at in range(0, len(points), every):
        x = _x(at, len(points))
        day = points[at].measured_at.astimezone(zone)
        found.append(f'<path d="M{x} {base}v5" stroke="#555"/>')
        found.append(f'<text x="{x}" y="{base + 19}" text-anchor="middle">{day:%F}</text>')
    words = f"day of the run ({zone})" if points else "no run yet"
    found.append(
        f'<text x="{middle}" y="{HEIGHT - 16}" text-anchor="middle" fill="#555">'
        f"{escape(words)}</text>"
    )
    return found


def _points(points: Sequence[ControlRun], zone: tzinfo) -> list[str]:
    """The line first, the points over it, and the rules over everything."""
    count = len(points)
    places = [(_x(at, count), _y(float(one.z)), one) for at, one in enumerate(points)]
    path = " ".join(f"{x},{y}" for x, y, _ in places)
    line = f'<polyline points="{path}" fill="none" stroke="{POINT}" stroke-opacity="0.6"/>'
    radius = 4 if count <= DATES * 6 else 2.5
    marks = [_mark(x, y, one, radius, zone) for x, y, one in places]
    return [line, *marks, *(_rules(x, y, one) for x, y, one in places if one.broken)]


def _colour(run: ControlRun) -> str:
    if not run.broken:
        return POINT
    return WARNED if WARNINGS.issuperset(run.broken) else REJECTED


def _mark(x: float, y: float, run: ControlRun, radius: float, zone: tzinfo) -> str:
    """A circle, or an arrowhead where it is off the picture; larger where a rule is broken."""
    words = f"{run.measured_at.astimezone(zone):%F %H:%M}: {run.value} ({run.z:+.2f} SD)"
    if abs(run.z) > MOST_SD:
        tip = -7 if run.z > 0 else 7
        shape = f'path d="M{x - 6} {y}h12l-6 {tip}z"'
    else:
        shape = f'circle cx="{x}" cy="{y}" r="{5 if run.broken else radius}"'
    name = shape.split()[0]
    return f'<{shape} fill="{_colour(run)}"><title>{words}</title></{name}>'


def _rules(x: float, y: float, run: ControlRun) -> str:
    """Away from the mean, where the line to the next point does not go; one below the other."""
    up = run.z > 0
    step = -13 if up else 13
    first = y - 11 if up else y + 19
    lines = [
        f'<text x="{x}" y="{round(first + at * step, 1)}" text-anchor="middle" '
        f'fill="{_colour(run)}" font-weight="bold" {HALO}>{escape(rule)}</text>'
        for at, rule in enumerate(run.broken)
    ]
    return "".join(lines)
