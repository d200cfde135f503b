"""The pipeline run once with its events sent to the served application; then asked by REST, command line and browser."""

from __future__ import annotations

import json
import re
import shutil
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd

from lab.errors import ServiceError
from lab.experiments.lineage.kit import FOLDER as KIT
from lab.experiments.lineage.measure.seen import Captured, Column
from lab.experiments.lineage.mechanism import DATABASE, Recorder, coverage, source, store, table_and_column
from lab.experiments.lineage.workload.pipeline import MARTS, TASKS, Pipeline, Tables, database
from lab.services.commands import run as command
from lab.services.session import session
from lab.services.webapp import web_app

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
        web_app("lineage.app:app", KIT, "/api/columns", {DATABASE: str(path)}) as app,
    ):
        pipeline = Pipeline(connection)
        pipeline.load(raw)
        pipeline.run(Recorder(app.url, "flights"), silent)
        catalog = pipeline.catalog()
        wanted = [(table, column) for table in MARTS for column in catalog[table]]
        answers = {name: _ask(app.url, "upstream", name) for name in wanted}
        rest = {
            name: {source(i["dataset"], i["field"]): i["kind"] for i in a["fields"]}
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
    names = [source(*each) for each in wanted]
    done = command(
        [sys.executable, "-m", "lineage", str(path), "upstream", *names],
        "the lineage command",
        environment={"PYTHONPATH": str(KIT)},
    )
    found: dict[Column, dict[str, str]] = {}
    for line in done.stdout.splitlines():
        column, other, kind = line.split("\t")
        found.setdefault(table_and_column(column), {})[other] = kind
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
    (body,) = re.findall(r'<table id="final">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL):
        column, direct, indirect = map(unescape, re.findall(r"<td>(.*?)</td>", row, re.DOTALL))
        kinds = (("DIRECT", direct), ("INDIRECT", indirect))
        found[table_and_column(column)] = {
            name: kind for kind, text in kinds for name in text.split(", ") if name
        }
    return found
