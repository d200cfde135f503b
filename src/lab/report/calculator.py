"""A model's calculator as a form on the experiment's page: the reader's own numbers, the answer, its grade.

Only the book has it. In a notebook the law is at hand as Python, and JupyterLab runs no script of a record.
"""

from __future__ import annotations

import html
import json
from functools import cache
from pathlib import Path
from typing import Any

from lab.report import tables

Item = dict[str, Any]


def calculator(item: Item | None) -> str:
    """The form as HTML without a blank line, hidden until its script runs; "" where the model has none."""
    if not item:
        return ""
    fields = "".join(map(_field, item["inputs"])) + (_lines(item["listed"]) if item["listed"] else "")
    answers = "".join(_answer(output, item["inputs"]) for output in item["outputs"])
    spec = {name: item[name] for name in ("inputs", "outputs", "constants", "listed")} | {
        "grades": tables.GRADES
    }
    return (
        '<form class="lab-calculator" hidden autocomplete="off" novalidate aria-labelledby="calculator-title">'
        '<p class="lab-calculator-title" id="calculator-title">With your own numbers</p>'
        f'<div class="lab-calculator-fields">{fields}</div><dl>{answers}</dl>'
        '<p class="lab-calculator-said"><span role="status" id="calculator-said"></span> '
        '<button type="reset">Back to this run’s numbers</button></p></form>\n'
        f"<script>({_page_script()})(document.currentScript.previousElementSibling, {_embedded(spec)}, "
        f"({_inside(item['script'])}));</script>"
    )


def _field(item: Item) -> str:
    name, unit = f"calculator-{item['name']}", html.escape(item["unit"])
    return (
        f'<div><label for="{name}">{html.escape(item["label"])}{f" <small>{unit}</small>" if unit else ""}</label>'
        f'<input id="{name}" name="{item["name"]}" type="number" inputmode="decimal" step="{1 if item["whole"] else "any"}" '
        f'min="{item["low"]:.15g}" max="{item["high"]:.15g}" value="{_six_digits(item["value"])}" '
        'aria-describedby="calculator-said" required></div>'
    )


def _lines(item: Item) -> str:
    name = f"calculator-{item['name']}"
    return (
        f'<div><label for="{name}">{html.escape(item["label"])} <small>a name and a count a line</small></label>'
        f'<textarea id="{name}" name="{item["name"]}" rows="2" spellcheck="false" '
        f'placeholder="{html.escape(item["example"])}" aria-describedby="calculator-said"></textarea></div>'
    )


def _answer(item: Item, inputs: list[Item]) -> str:
    names = " ".join(f"calculator-{each['name']}" for each in inputs)
    return (
        f"<div><dt>{html.escape(item['label'])}</dt>"
        f'<dd><output for="{names}" data-answer="{item["name"]}"></output> '
        f'<span class="lab-grade lab-{item["grade"]}" data-grade="{item["name"]}">{item["grade"]}</span></dd></div>'
    )


def _six_digits(value: float) -> str:
    """As it stands in a field; a count of the run stays as it is."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.6g}"


def _embedded(spec: Item) -> str:
    """JSON that can't end the script it stands in."""
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _page_script() -> str:
    return _inside(Path(__file__).with_name("calculator.js").read_text())


def _inside(script: str) -> str:
    """As it stands in a page of Markdown: a blank line would end the HTML there, and a closing tag the script."""
    return "\n".join(line for line in script.splitlines() if line.strip()).replace("</", "<\\/")
