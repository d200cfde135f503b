"""The figures of small runs: how large the largest is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bench import limits
from bench.budget import Budget, Found
from bench.runs import latest, longest

_FIGURE = re.compile(r'<style>[^<]*</style><figure class="lab-figure" id="figure-.*?</figure>', re.DOTALL)


def figures() -> dict[Budget, Found]:
    """Of the small runs that `make test` left; bytes of a figure's HTML with its style."""
    sizes = {
        slug: max((len(each.encode()) for each in drawn(path)), default=0)
        for slug, path in latest("ipynb").items()
    }
    return {limits.FIGURE: longest(limits.FIGURE, sizes, "notebooks of make test's small runs")}


def drawn(notebook: Path) -> list[str]:
    """The figures that an executed notebook shows, as HTML."""
    cells = json.loads(notebook.read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    shown = ("".join(output.get("data", {}).get("text/html", ())) for output in outputs)
    return [figure for text in shown for figure in _FIGURE.findall(text)]
