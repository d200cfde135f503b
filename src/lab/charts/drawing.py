"""A chart as SVG for a page: small, with ids of its own, its values on its marks."""

from __future__ import annotations

import importlib.util
import io
import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import vl_convert

from lab.charts import alt, theme, tips

_FONT = "font-family"
_INHERITED = {"fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "text-anchor"}
# What says nothing in a page: the box around the drawing carries its one text alternative.
_IDLE = {"role", "pointer-events", "aria-label", "aria-hidden", "aria-roledescription"}


def svg(chart: Any, prefix: str) -> str:
    """The drawing of an Altair chart (or of a matplotlib figure, without values). prefix: of the ids in it."""
    drawn = _matplotlib_svg(chart) if hasattr(chart, "savefig") else _altair_svg(chart)
    return with_own_ids(drawn, prefix)


def _altair_svg(chart: alt.TopLevelMixin) -> str:
    _give_font()
    specification = tips.with_points(chart.to_dict()) | {"config": theme.config()}
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(specification))
    tips.tell(root)
    root.set(_FONT, theme.FONT)
    _slim(root)
    ElementTree.register_namespace("", tips.SVG)
    return ElementTree.tostring(root, encoding="unicode")


@cache
def _give_font() -> None:
    # Matplotlib brings the font along; a machine need not have it.
    found = importlib.util.find_spec("matplotlib")
    assert found and found.origin
    vl_convert.register_font_directory(str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"))


def _slim(element: Element) -> None:
    """Take out what draws nothing, and digits that no screen shows: half of what Vega writes."""
    for child in list(element):
        if _is_unseen(child):
            element.remove(child)
            continue
        child.attrib = {name: _rounded(name, value) for name, value in child.items() if _counts(name, value)}
        _round(child)
        _slim(child)
    _inherit(element)


def _inherit(group: Element) -> None:
    """Say once, for a group of marks or texts, what all of them would say."""
    if len(group) < 2 or any(child.tag == group.tag for child in group):
        return
    for name in _INHERITED & set(group[0].keys()) - set(group.keys()):
        values = {child.get(name) for child in group}
        if len(values) == 1:
            group.set(name, values.pop() or "")
            for child in group:
                del child.attrib[name]


def _round(element: Element) -> None:
    """A circle in place of the path by which Vega draws one."""
    if circle := re.fullmatch(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0", element.get("d", "")):
        element.tag = f"{{{tips.SVG}}}circle"
        element.set("r", circle[1])
        del element.attrib["d"]


def _is_unseen(element: Element) -> bool:
    bare = element.get("class") == "background" and not {"fill", "stroke"} & set(element.keys())
    return (
        bare or element.get("display") == "none" or element.get("opacity") == "0"
    )  # labels that others hide


def _counts(name: str, value: str) -> bool:
    return name not in _IDLE and (name, value) not in {("opacity", "1"), (_FONT, theme.MEASURED_WITH)}


def _rounded(name: str, value: str) -> str:
    if name not in ("d", "transform"):
        return value
    return re.sub(
        r"-?\d+\.\d+(?:e-?\d+)?", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value
    )


def _matplotlib_svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, bbox_inches="tight")
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def with_own_ids(text: str, prefix: str) -> str:
    """`text` with `prefix` before its ids: several drawings share a page, and Vega numbers its clip paths from one in each."""
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    return re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
