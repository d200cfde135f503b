"""Data Docs of one validation as a page that asks nobody for anything: no style, script or picture from elsewhere."""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Callable
from typing import Any

import pandas as pd

STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:1.5rem;max-width:70rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #ccc;padding:.3rem .5rem;text-align:left;
vertical-align:top;overflow-wrap:anywhere}.row{display:block}.ge-navigation-sidebar-container,nav,.modal{display:none}"""
_TAKEN_OUT = (
    r"<script\b.*?</script>",
    r"<style\b.*?</style>",  # it loads a logo
    r"<link\b[^>]*>",
    r"<img\b[^>]*>",
    r"<nav\b.*?</nav>",
    r"<footer\b.*?</footer>",
    r"<button\b.*?</button>",
)


def data_docs(result: Any, title: str) -> str:
    """Great Expectations' page for a validation `result`, self-contained; what came from the data is escaped in it."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    document = ValidationResultsPageRenderer(run_info_at_end=True).render(_escaped(result))
    page = DefaultJinjaPageView().render(document, show_how_to_buttons=False)
    for pattern in _TAKEN_OUT:
        page = re.sub(pattern, "", page, flags=re.DOTALL | re.IGNORECASE)
    # What links elsewhere, or to pages that are not made here, stays as text.
    page = re.sub(r"<a\b[^>]*\bhref=\"[^#\"][^>]*>(.*?)</a>", r"\1", page, flags=re.DOTALL | re.IGNORECASE)
    page = re.sub(r"<title>.*?</title>", "", page, flags=re.DOTALL)
    head = f"<head><title>{html.escape(title)}</title><style>{STYLE}</style>"
    return page.replace("<head>", head, 1).replace("<html>", '<html lang="en">', 1)


def _escaped(result: Any) -> Any:
    """A copy whose texts can't be taken for markup: the library writes values of the data into its page as they are."""
    made = copy.deepcopy(result)
    for item in made.results:
        item.result = _each_text(item.result, _harmless)
        item.exception_info = _each_text(item.exception_info, _harmless)
        # Names of columns and learned values are data too.
        item.expectation_config.kwargs = _each_text(item.expectation_config.kwargs, _harmless)
    return made


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if value is pd.NA or value is pd.NaT:  # the renderer asks each value whether it is true
        return None
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if hasattr(value, "item"):  # the library's renderer knows no numbers of NumPy's
        return value.item()
    if isinstance(value, list | tuple):
        return type(value)(_each_text(item, change) for item in value)
    return value


def _harmless(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return html.escape(printable, quote=False)
