"""A small notebook as a run left it, and the page that is made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from lab.evidence.record import Record
from lab.evidence.result import Advice, Alternative, Decision, Metric, Model, Prediction, Summary
from lab.report.catalogue import Entry
from lab.report.page import page
from lab.report.row import Row
from lab.runner.place import Place
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}
ANSWER = "Key by what needs order: it took 3.5 ms."
SUMMARY = Summary(
    ANSWER,
    Metric("latency", 3.5, "ms"),
    decisions=[
        Decision("How many <partitions>?", "Nine.", "extrapolated", ["kept"], "30 times, ±20 %", "tail"),
    ],
    conditions=["33 µs of work per message", "one broker"],
    figure="lag",
    alternatives=[Alternative("sticky", "fills a batch", "Kafka 4.1")],
)
MODEL = Model(
    "It grows.",
    "t = n",
    [Metric("c", 2.0, "s"), Metric("w", 3.0, "ms", "w, work", grade="simulated")],
    Prediction("the largest", 3.0, 2.0, "s", "fast"),
    pd.DataFrame({"factor": [1, 10], "rows": [5, 50], "time, s": [1.5, 15.0]}),
    [Advice("Salt it.", "arithmetic", "KIP-794")],
    grades={"rows": "arithmetic", "time, s": "measured"},
    checked_to=1,
    changes_at="9,500 messages/s of one key",
)
LONG = "<table><thead><tr><th>n</th></tr></thead>" + "<tr><td>1</td></tr>" * 13 + "</table>"


def output(kind: str, text: str, **mark: str) -> dict[str, Any]:
    metadata = {"lab": mark} if mark else {}
    return {
        "output_type": "display_data",
        "data": {kind: text.splitlines(keepends=True)},
        "metadata": metadata,
    }


def figure(name: str) -> dict[str, Any]:
    shown = f'<style>x</style><figure class="lab-figure" id="figure-{name}"><figcaption>{name.title()} is 3</figcaption>'
    return output("text/html", f"{shown}\n\n<svg></svg></figure>")


def code(source: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": "c",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": outputs,
    }


def words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": text.splitlines(keepends=True)}


CELLS = [
    words("# Title\n\n**Does it?**\n\nThe opening.\n\nMore of it."),
    words("## Acceptance criteria\n\nDeclared before."),
    code("from lab import x\nimport y"),
    code("criteria_table(CRITERIA)", output("text/html", "<p>as declared</p>", part="criteria")),
    code("rate = 1_000  # messages/s at the top, 1 to 5,000", tags=("parameters",)),
    code("params = parameters(Params)"),
    words("## The mechanism\n\nA function."),
    code(
        "source(keyed, salted)",
        output(
            "text/plain",
            "def keyed():\n    pass\n",
            part="source",
            name="keyed",
            module="e.mechanism",
            language="python",
        ),
        output(
            "text/plain",
            "def salted(): ...\n",
            part="source",
            name="salted",
            module="e.mechanism",
            language="python",
        ),
    ),
    code("treatment, controls = run_with_controls(params)"),
    words("## Verdict"),
    code(
        "figures, summary, model = publish(experiment, treatment, controls)",
        output("text/markdown", f"**Answer.** {ANSWER}", part="answer"),
        output("text/html", "<p>verdict</p>", part="verdict"),
    ),
    words("## Results"),
    code('show(figures, "lag")\nsay("Lag rises.")', figure("lag"), output("text/markdown", "Lag rises.")),
    code('show(figures, "tail")', figure("tail")),
    code('x = 1\ntable(rows, ["n"], "n")', output("text/html", LONG)),
    words("## At scale"),
    code("show_model(model)", output("text/markdown", "old model", part="model")),
    words("## Limits\n\nOne machine."),
]


def record_of(**seen: float) -> Record:
    made = sample_record(GOOD | seen, 0.2, SUMMARY, MODEL)
    machine = {"cpu": "Some CPU", "cores": 2, "memory_gib": 24}
    made["provenance"] |= {"machine": machine, "services": {"Kafka": "4.1"}}
    return made


def page_of(folder: Path, record: Record | None) -> str:
    place = Place("kafka_lag", folder, folder)
    place.notebook.write_text(json.dumps({"cells": CELLS}))
    row = Row(Entry("kafka_lag", "Streams"), "Title", "Does it?", record, place)
    return "\n\n".join(map(text_of, json.loads(page(row, []))["cells"]))


def text_of(cell: dict[str, Any]) -> str:
    hidden = "remove-input" in cell["metadata"].get("tags", ())
    outputs = ["".join(text) for each in cell.get("outputs", ()) for text in each["data"].values()]
    return "\n\n".join(["" if hidden else "".join(cell["source"]), *outputs])
