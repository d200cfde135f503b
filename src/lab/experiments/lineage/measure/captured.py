"""The pipeline run once with its events sent to the served application; then asked by REST, command line and browser."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

from lab.errors import ServiceError
from lab.experiments.lineage.measure.seen import Captured, Column
from lab.experiments.lineage.mechanism import store
from lab.experiments.lineage.mechanism.app import DATABASE
from lab.experiments.lineage.mechanism.capture import Recorder
from lab.experiments.lineage.mechanism.coverage import coverage
from lab.experiments.lineage.mechanism.flow import table_and_column
from lab.experiments.lineage.workload.pipeline import MARTS, TASKS, Pipeline, Tables, database
from lab.services.commands import run as command
from lab.services.session import session
from lab.services.webapp import web_app

_APPLICATION = "lab.experiments.lineage.mechanism.app:app"
_BROWSER = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
)
_PATIENCE_MS = 20_000  # of the page's own clock, which waits for its requests


def captured(raw: Tables, silent: Iterable[str] = (), ways: bool = True) -> Captured:
    """What the store tells after one run. silent: outputs of tasks that send nothing; ways: ask CLI and page as well."""
    path = session().folder / f"lineage-{len(list(session().folder.iterdir()))}.db"
    with (
        database() as connection,
        web_app(_APPLICATION, ready="/api/columns", environment={DATABASE: str(path)}) as app,
    ):
        pipeline = Pipeline(connection)
        pipeline.load(raw)
        pipeline.run(Recorder(app.url, "flights"), silent)
        catalog = pipeline.catalog()
        wanted = [(table, column) for table in MARTS for column in catalog[table]]
        answers = {name: _ask(app.url, "upstream", name) for name in wanted}
        rest = {
            name: {f"{i['dataset']}.{i['field']}": i["kind"] for i in a["fields"]}
            for name, a in answers.items()
        }
        graph = _get(f"{app.url}/api/graph")
        page = _page(app.url) if ways else {}
    cli = _cli(path, wanted) if ways else {}
    with store.opened(path) as kept:
        assets, columns = coverage(kept, catalog)
        by_events, _ = coverage(kept, store.columns(kept))
        events = _events(kept)
    rows_of = {table: answers[table, column]["rows_of"] for table, column in wanted}
    edges = pd.DataFrame(graph["edges"])
    return Captured(catalog, rest, cli, page, rows_of, assets, columns, by_events, events, edges)


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def _ask(url: str, what: str, name: Column) -> dict[str, Any]:
    query = urllib.parse.urlencode(dict(zip(("dataset", "field"), name, strict=True)))
    try:
        answer: dict[str, Any] = _get(f"{url}/api/{what}?{query}")
    except urllib.error.HTTPError as error:
        if error.code != 404:  # 404: no event has named the column
            raise
        return {"fields": [], "rows_of": []}
    return answer


def _cli(path: Path, wanted: Iterable[Column]) -> dict[Column, dict[str, str]]:
    names = [f"{table}.{column}" for table, column in wanted]
    module = "lab.experiments.lineage.mechanism.cli"
    done = command([sys.executable, "-m", module, str(path), "upstream", *names], "the lineage command")
    found: dict[Column, dict[str, str]] = {}
    for line in done.stdout.splitlines():
        column, source, kind = line.split("\t")
        found.setdefault(table_and_column(column), {})[source] = kind
    return found


def _events(kept: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {task.output: [] for task in TASKS}
    for job, kind in kept.execute("SELECT job, kind FROM event ORDER BY rowid"):
        found.setdefault(job.partition("/")[2], []).append(kind)
    return found


def _page(url: str) -> dict[Column, dict[str, str]]:
    """What the table of final columns shows in a real browser: raw fields by column."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise ServiceError("There is no browser. Run: lab setup lineage")
    profile = session().folder / "browser"
    options = [*_BROWSER, f"--user-data-dir={profile}", f"--virtual-time-budget={_PATIENCE_MS}"]
    done = command(
        [program, *options, "--dump-dom", f"{url}/"], "the browser", environment={"HOME": str(profile)}
    )
    return shown(done.stdout)


def shown(html: str) -> dict[Column, dict[str, str]]:
    """The rows of a page's table `final`: column, direct sources, indirect ones."""
    reader = _Rows()
    reader.feed(html)
    found = {}
    for column, direct, indirect in reader.rows:
        kinds = (("DIRECT", direct), ("INDIRECT", indirect))
        found[table_and_column(column)] = {
            name: kind for kind, text in kinds for name in text.split(", ") if name
        }
    return found


class _Rows(HTMLParser):
    """Cells of the body of the table with the id "final"."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._inside = ("id", "final") in attrs
        elif tag == "tr" and self._inside:
            self.rows.append([])
        elif tag == "td" and self._inside:
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._cell = False
        elif tag == "table":
            self._inside = False
            self.rows = [row for row in self.rows if row]

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data
