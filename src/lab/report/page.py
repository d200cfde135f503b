"""An experiment's page: the executed notebook with a box at its top and the plumbing's input hidden."""

from __future__ import annotations

import ast
import html
import json
from collections.abc import Sequence

from lab import paths
from lab.report import tables
from lab.report.downloads import Download
from lab.report.fragments import Row, machine_line

_SHOWING = {"criteria_table", "publish", "say", "show", "show_model", "source", "table", "text_file"}


def page(row: Row, files: Sequence[Download]) -> str:
    """The page's notebook. Without a current record it is the notebook as written, marked `not run`."""
    source = row.place.notebook if row.record else paths.notebook(row.entry.slug)
    notebook = json.loads(source.read_text())  # nbformat takes longer to import than all pages take
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and _only_shows("".join(cell["source"])):
            cell["metadata"].setdefault("tags", []).append("remove-input")
    top = {"cell_type": "markdown", "id": "lab-box", "metadata": {}, "source": box(row, files)}
    notebook["cells"].insert(1, top)
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def box(row: Row, files: Sequence[Download]) -> str:
    """Verdict, answer, command, machine and date, downloads."""
    links = " · ".join(
        f'<a href="../_static/downloads/{row.entry.slug}/{file.path.name}" download>{html.escape(file.text)}</a>'
        for file in files
    )
    return (
        f'<div class="lab-box">\n{_outcome(row)}\n<p>Repeat it: <code>lab run {row.entry.slug}</code></p>\n'
        f"<p>Download: {links}</p>\n</div>"
    )


def _outcome(row: Row) -> str:
    if row.record is None:
        return f'<p class="lab-verdict">{tables.badge("not run")} There is no result for the code as it is now.</p>'
    answer = f"<p>{html.escape(row.record['summary']['answer'])}</p>" if row.record["summary"] else ""
    attempts = row.record["attempts"]
    tries = f", attempt {attempts}" if attempts > 1 else ""
    origin = row.record["provenance"]
    services = ", ".join(f"{name} {version}" for name, version in origin["services"].items())
    run = (
        f"Run on {row.record['finished'][:10]}{tries}, {row.record['duration_s']:.0f} s, "
        f"{machine_line(origin['machine'])}. {services}."
    )
    return f"{tables.banner(row.record)}\n{answer}\n<p><small>{html.escape(run)}</small></p>"


def _only_shows(source: str) -> bool:
    """True if a cell does nothing but call what displays: its output says it all."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(statements) and all(_shows(statement) for statement in statements)


def _shows(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    if not isinstance(statement, (ast.Expr, ast.Assign)) or not isinstance(value, ast.Call):
        return False
    return isinstance(value.func, ast.Name) and value.func.id in _SHOWING
