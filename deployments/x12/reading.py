"""Reading interchanges: pyx12 walks its maps of the guides, and says what is wrong."""

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from pyx12.error_999 import error_999_visitor
from pyx12.error_handler import err_handler
from pyx12.errors import EngineError, X12Error
from pyx12.map_if import load_map_file, segment_if
from pyx12.map_if._segment import apply_segment_errors
from pyx12.map_index import map_index
from pyx12.map_walker import apply_walk_errors, walk_tree
from pyx12.params import ParamsBase
from pyx12.segment import Segment
from pyx12.x12file import X12Reader

CONTROL_MAP: Final = "x12.control.00501.xml"
VERSION: Final = "00501"
LOOPS: Final = {
    "ISA": "/ISA_LOOP", "GS": "/ISA_LOOP/GS_LOOP",
}  # fmt: skip


_log = logging.getLogger("pyx12")
_log.addHandler(logging.NullHandler())
_log.propagate = False
"""pyx12 logs the values that are wrong, and those are patients'."""


class Unreadable(Exception):
    """It is no X12 5010 interchange of a kind that we know."""


class Fault(NamedTuple):
    """Something that the implementation guide does not allow.

    Attributes:
        level: `isa`, `gs`, `st`, `seg` or `ele`.
        code: pyx12's error code at that level, those of the 999.
        place: the segment or element.
    """

    level: str
    code: str
    place: str


class Found(NamedTuple):
    """A segment, and the loop of the implementation guide that it stands in."""

    loop: str
    segment: Segment

    @property
    def id(self) -> str:
        """The segment's identifier."""
        return str(self.segment.get_seg_id())

    def get(self, place: str) -> str:
        """The element or component at `02` or `01-2`; empty when absent."""
        return self.segment.get_value(place) or ""

    def composite(self, place: str) -> list[str]:
        """The components of an element."""
        return self.get(place).split(self.segment.subele_term)


@dataclass(frozen=True)
class Reading:
    """What an interchange says.

    Attributes:
        sender, receiver: ISA06 and ISA08.
        control_number: ISA13.
        version: GS08, which names the implementation guide.
        segments: between ST and SE.
        faults: none when it keeps to the guide.
    """

    sender: str
    receiver: str
    control_number: str
    version: str
    segments: tuple[Found, ...]
    faults: tuple[Fault, ...]
    _tree: "_Faults"
    _terms: tuple[str | None, ...]

    def acknowledge(self) -> str:
        """The 999 that answers it; only for kinds that name their guide in ST03: the 837."""
        answer = io.StringIO()
        self._tree.accept(error_999_visitor(answer, self._terms))
        return answer.getvalue()


def read(text: str) -> Reading:
    """Reads one interchange.

    Raises:
        Unreadable: it is not X12 5010, or of no kind that we know.
    """
    try:
        return _read(text)
    except (X12Error, EngineError, AssertionError, IndexError, UnicodeError) as error:
        raise Unreadable(type(error).__name__) from None


class _Faults(err_handler):  # type: ignore[misc]
    """pyx12's tree of errors, and beside it a flat list without the values that were wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.flat: list[Fault] = []
        self.place = ""

    def isa_error(self, err_cde: str, err_str: str) -> None:
        self.flat.append(Fault("isa", err_cde, "ISA"))
        super().isa_error(err_cde, err_str)

    def gs_error(self, err_cde: str, err_str: str) -> None:
        self.flat.append(Fault("gs", err_cde, "GS"))
        super().gs_error(err_cde, err_str)

    def st_error(self, err_cde: str, err_str: str) -> None:
        self.flat.append(Fault("st", err_cde, "ST"))
        super().st_error(err_cde, err_str)

    def seg_error(self, err_cde: str, err_str: str, *more: Any) -> None:
        self.flat.append(Fault("seg", err_cde, self.place))
        super().seg_error(err_cde, err_str, *more)

    def ele_error(self, err_cde: str, err_str: str, *more: Any) -> None:
        refdes = str(more[1]) if len(more) > 1 else self.place
        self.flat.append(Fault("ele", err_cde, refdes))
        super().ele_error(err_cde, err_str, *more)


@cache
def _map(name: str) -> Any:
    """A map of pyx12; loaded once, since that takes a second, and never changed by walking it."""
    return load_map_file(name, ParamsBase())


@cache
def _index() -> map_index:
    return map_index()


def _read(text: str) -> Reading:
    source = X12Reader(io.StringIO(text))
    if source.icvn != VERSION:
        raise Unreadable(source.icvn)
    faults = _Faults()
    walker = walk_tree()
    found = list(_walk(source, walker, faults))
    source.cleanup()
    faults.handle_errors(source.pop_errors())
    heads = {one.id: one for one in found if one.id in LOOPS}
    if len(heads) != len(LOOPS) or sum(one.id in {"ISA", "ST"} for one in found) != 2:
        raise Unreadable("one interchange has one transaction")
    return Reading(
        sender=heads["ISA"].get("06").strip(),
        receiver=heads["ISA"].get("08").strip(),
        control_number=heads["ISA"].get("13"),
        version=heads["GS"].get("08"),
        segments=tuple(one for one in found if one.id not in {*LOOPS, "GE", "IEA"}),
        faults=tuple(faults.flat),
        _tree=faults,
        _terms=source.get_term(),
    )


def _walk(source: X12Reader, walker: walk_tree, faults: _Faults) -> Iterator[Found]:
    """Places each segment in the map, and has the walker and the map check it."""
    node = _map(CONTROL_MAP).getnodebypath("/ISA_LOOP/ISA")
    for segment in source:
        name = str(segment.get_seg_id())
        faults.place = name
        if name in LOOPS:
            walker.forceWalkCounterToLoopStart(LOOPS[name], f"{LOOPS[name]}/{name}")
            node = _start(name, segment)
        else:
            placed, _, _, wrong = walker.walk_errors(
                node, segment, source.get_seg_count(), source.get_cur_line(), source.get_ls_id()
            )
            apply_walk_errors(faults, wrong)
            if placed is None:
                continue
            node = placed
        _note(name, node, segment, source, faults)
        if isinstance(node, segment_if):
            apply_segment_errors(node, segment, faults)
        yield Found(str(node.parent.id), segment)


def _start(name: str, segment: Segment) -> Any:
    if name == "ISA":
        return _map(CONTROL_MAP).getnodebypath("/ISA_LOOP/ISA")
    version, group = segment.get_value("GS08"), segment.get_value("GS01")
    file = _index().get_filename(VERSION, version, group)
    if file is None:
        raise Unreadable(f"no map for {group} {version}")
    return _map(file).getnodebypath("/ISA_LOOP/GS_LOOP/GS")


def _note(name: str, node: Any, segment: Segment, source: X12Reader, faults: _Faults) -> None:
    """Tells the tree of errors where we are; it answers with the 999."""
    if name in {"ISA", "GS", "ST"}:
        {"ISA": faults.add_isa_loop, "GS": faults.add_gs_loop, "ST": faults.add_st_loop}[name](
            segment, source
        )
        faults.handle_errors(source.pop_errors())
        return
    faults.handle_errors(source.pop_errors())
    closing = {
        "IEA": faults.close_isa_loop, "GE": faults.close_gs_loop, "SE": faults.close_st_loop,
    }  # fmt: skip
    if name in closing:
        closing[name](node, segment, source)
    else:
        faults.add_seg(
            node, segment, source.get_seg_count(), source.get_cur_line(), source.get_ls_id()
        )
