"""Values of marks: what Vega says of each mark to those who hear a drawing becomes the text of its tooltip."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element

MOST = 700  # marks of one drawing that tell their values; of more every second, third, ... does
SVG = "http://www.w3.org/2000/svg"
_TELLING = {"mark-symbol", "mark-rect", "mark-rule", "mark-arc"}  # a line or an area tells by its points
_POINTS = {"point", "circle", "square"}
Part = dict[str, Any]  # of a Vega-Lite specification
_PARTS = ("layer", "hconcat", "vconcat", "concat")


def with_points(part: Part, beside: Sequence[Part] = ()) -> Part:
    """The Vega-Lite specification with an unseen point at each value of a line or an area that shows none.

    beside: the points that are drawn in the same panel.
    """
    if _kind(part) in ("line", "area"):
        shown = part["mark"].get("point") or any(_drawn(points) == _drawn(part) for points in beside)
        return part if shown else part | _pointed(part, alone=not beside)
    points = [layer for layer in part.get("layer", ()) if _kind(layer) in _POINTS] or beside
    inner = {name: [with_points(item, points) for item in part[name]] for name in _PARTS if name in part}
    return part | inner | ({"spec": with_points(part["spec"])} if "spec" in part else {})


def _kind(part: Part) -> str:
    return part["mark"]["type"] if "mark" in part else ""


def _drawn(unit: Part) -> list[Any]:
    axes = [unit.get("encoding", {}).get(axis, {}).get("field") for axis in "xy"]
    return [*axes, unit.get("data"), unit.get("transform")]


def _pointed(unit: Part, alone: bool) -> Part:
    made: Part = {"mark": unit["mark"] | {"point": "transparent"}}
    color = unit.get("encoding", {}).get("color", {})
    if alone and _kind(unit) == "line" and "field" in color and color.get("legend", {}) is not None:
        # Points would turn the legend's strokes into dots.
        legend = {"symbolType": "stroke"} | color.get("legend", {})
        made["encoding"] = unit["encoding"] | {"color": color | {"legend": legend}}
    return made


def tell(root: Element) -> None:
    """Put `data-tip`, the values, on the marks of a drawing, and `data-fields`, their names, on each group of marks.

    Both are parted by "|". Points that are there for their values only become paths of no length.
    """
    marks = [(group, mark) for group in _groups(root) for mark in group if mark.get("aria-label")]
    every = math.ceil(len(marks) / MOST)
    for place, (group, mark) in enumerate(marks):
        telling = place % every == 0
        if telling:
            told = _fields(mark.get("aria-label", ""))
            group.set("data-fields", "|".join(told))
            mark.set("data-tip", "|".join(told.values()))
        if mark.get("opacity") == "0":
            _shrink(mark) if telling else group.remove(mark)


def _groups(root: Element) -> Iterator[Element]:
    for group in root.iter(f"{{{SVG}}}g"):
        kinds = set(group.get("class", "").split())
        if "role-mark" in kinds and kinds & _TELLING:
            yield group


def _shrink(mark: Element) -> None:
    x, y = re.findall(r"-?[\d.]+(?:e-?\d+)?", mark.get("transform", ""))[:2]
    tip = mark.get("data-tip", "")
    mark.attrib.clear()
    mark.attrib |= {"class": "lab-unseen", "d": f"M{float(x):.1f},{float(y):.1f}h0", "data-tip": tip}


def _fields(label: str) -> dict[str, str]:
    """Vega's "title: value; title: value" as names and values; a field that is drawn twice is told once."""
    told: dict[str, str] = {}
    for part in re.split(r"; (?=[^;]*?: )", label):
        name, _, value = part.replace("|", "/").partition(": ")
        told.setdefault(name.replace("_", " "), _short(value))
    return told


def _short(value: str) -> str:
    """A number to the digits that a reader can use; anything else as it is."""
    if not re.fullmatch(r"[-−]?[\d,]*\.\d+", value):
        return value
    number = float(value.replace(",", "").replace("−", "-"))
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"
