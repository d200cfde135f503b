"""What a page shows of the notebook's cells: figures and prose; code, sources and long tables behind a line.

`lab.notebook` marks what it displays (`metadata["lab"]["part"]`), so that the page can say each thing once: the
answer and the verdict stand in the box, what was claimed stands beside what was seen.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from lab.evidence.record import Record
from lab.report import evidence, tables
from lab.report.calculator import calculator
from lab.report.model import model

Cell = dict[str, Any]
LONGEST_TABLE = 12  # rows that are shown unfolded
_SHORTEST_FOLD = 4  # lines of code
_SHOWING = {
    "criteria_table",
    "parameters",
    "publish",
    "say",
    "show",
    "show_model",
    "source",
    "table",
    "text_file",
}


def markdown(name: str, text: str) -> Cell:
    """A cell of prose."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def code_cell(cell: Cell, record: Record | None, leading: str) -> Cell | None:
    """A code cell as the page shows it, or None if nothing of it is left.

    leading: name of the figure that stands in the box.
    """
    outputs = [
        made
        for part, group in groupby(cell["outputs"], key=_part)
        for made in _outputs(part, list(group), record, leading)
    ]
    source = "".join(cell["source"])
    if line := _line(source, cell):
        outputs.append(_output("text/markdown", _folded_code(line, source)))
    hidden = bool(line) or only_shows(source)
    if hidden and not outputs:
        return None
    tags = ["remove-input"] if hidden else []
    return cell | {"metadata": cell["metadata"] | {"tags": tags}, "outputs": outputs}


def figure(cells: Sequence[Cell], name: str = "") -> tuple[str, str]:
    """Name and HTML of the figure called `name` in the cells' outputs, else of the first one; ("", "") without any."""
    shown = "".join(text(output, "text/html") for cell in cells for output in cell.get("outputs", ()))
    found = _figure(name).search(shown) or _figure().search(shown)
    return (found[1], found[0]) if found else ("", "")


def parts(cell: Cell) -> set[str]:
    """What a cell's outputs are marked as."""
    return {_part(output) for output in cell.get("outputs", ())}


def text(output: Cell, kind: str) -> str:
    """What an output holds of one MIME type, "" if nothing."""
    return "".join(output.get("data", {}).get(kind, ""))


def _figure(name: str = "") -> re.Pattern[str]:
    named = re.escape(name) if name else '[^"]+'
    return re.compile(rf'<figure\b[^>]*\bid="figure-({named})".*?</figure>', re.DOTALL)


def _part(output: Cell) -> str:
    return output.get("metadata", {}).get("lab", {}).get("part", "")


def _outputs(part: str, outputs: list[Cell], record: Record | None, leading: str) -> list[Cell]:
    """Neighbouring outputs of one part as the page shows them."""
    if part in ("answer", "verdict"):
        return []
    if part == "criteria":
        return [_output("text/html", evidence.fold(record))] if record else []
    if part == "model" and record and (law := record["model"]):
        own = calculator(law.get("calculator"))  # records of earlier versions have none
        return [_output("text/markdown", model(law, record["criteria"], own))]
    if part == "source":
        return [_output("text/markdown", _folded_sources(outputs))]
    return [made for output in outputs if (made := _plain(output, leading))]


def _plain(output: Cell, leading: str) -> Cell | None:
    """An output without the leading figure, a long table in it folded."""
    for kind in ("text/html", "text/markdown"):
        shown = text(output, kind)
        if leading and (found := _figure(leading).search(shown)):
            return _output(kind, shown.replace(found[0], _pointer(leading, found[0])))
        if (rows := _rows(shown)) > LONGEST_TABLE:
            return _output(kind, tables.fold(f"Table: {_label(shown)} ({rows} rows)", shown))
    return output


def _pointer(name: str, shown: str) -> str:
    """In the place of a figure that stands in the box: its title as a link."""
    title = re.search(r"<figcaption\b[^>]*>(.*?)</figcaption>", shown, re.DOTALL)
    return f'<p class="lab-pointer">↑ <a href="#figure-{name}">{title[1] if title else name}</a></p>'


def _rows(shown: str) -> int:
    """Rows of the tables in an output, without their heads."""
    piped = len(re.findall(r"^\|", shown, re.MULTILINE)) - 2
    return max(len(re.findall(r"<tr\b", shown)) - len(re.findall(r"<thead\b", shown)), piped)


def _label(shown: str) -> str:
    found = re.search(r'aria-label="([^"]+)"', shown)
    return found[1] if found else "figures"


def _folded_sources(outputs: Sequence[Cell]) -> str:
    """Sources that were shown one after the other, behind one line that names them."""
    marks = [output["metadata"]["lab"] for output in outputs]
    sources = [text(output, "text/plain").rstrip("\n") for output in outputs]
    names = ", ".join(mark["name"] for mark in marks)
    mechanism = all(".mechanism" in mark["module"] for mark in marks)
    lines = sum(source.count("\n") + 1 for source in sources)
    fences = [_fence(mark["language"], source) for mark, source in zip(marks, sources, strict=True)]
    line = f"{'The mechanism' if mechanism else 'Source'}: {html.escape(names)} ({lines} lines)"
    return tables.fold(line, "\n\n".join(fences))


def _folded_code(line: str, source: str) -> str:
    return tables.fold(line, _fence("python", source))


def _fence(language: str, source: str) -> str:
    # More backticks than any that the source has in a row.
    ticks = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", source)), 3)
    return f"{ticks}{language}\n{source}\n{ticks}"


def _output(kind: str, shown: str) -> Cell:
    return {"output_type": "display_data", "data": {kind: shown}, "metadata": {}}


def _line(source: str, cell: Cell) -> str:
    """What stands for a cell's code on the page: a line to unfold, or "" if the code is shown or shows nothing."""
    lines = source.count("\n") + 1
    if only_shows(source):
        return ""
    if re.search(r"^(?:import|from)\s", source, re.MULTILINE):
        return "Imports"
    return f"Code ({tables.counted(lines, 'line')})" if cell["outputs"] or lines >= _SHORTEST_FOLD else ""


def only_shows(source: str) -> bool:
    """True if a cell does nothing but call what displays: its output says it all."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(statements) and all(map(_shows, statements))


def _shows(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.For):
        return all(map(_shows, statement.body))
    value = getattr(statement, "value", None)
    if not isinstance(statement, (ast.Expr, ast.Assign)) or not isinstance(value, ast.Call):
        return False
    return isinstance(value.func, ast.Name) and value.func.id in _SHOWING
