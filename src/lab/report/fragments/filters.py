"""Controls that narrow a list of items. They are hidden until `_static/filter.js` runs: without it all is shown.

An item carries `data-item="LIST"` and `data-KEY="VALUE"` for each menu; items of a group stand in a `data-group`.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping


def form(items: str, controls: str, noun: str) -> str:
    """The controls for the list called `items`, and how many items are shown, for those who hear the page too."""
    return (
        f'<form class="lab-filter" role="search" aria-label="Filter the {noun}" data-for="{items}" '
        f'data-noun="{noun}" hidden>{controls}<output aria-live="polite"></output></form>'
    )


def menu(key: str, values: Iterable[str]) -> str:
    """A choice among `values` of one key."""
    options = "".join(f"<option>{html.escape(value)}</option>" for value in dict.fromkeys(values))
    return (
        f'<label>{key.capitalize()} <select data-key="{key}" autocomplete="off">'
        f'<option value="">all</option>{options}</select></label>'
    )


def words(label: str) -> str:
    """A field; an item is shown if it holds each of the words typed."""
    return f'<label>{label} <input type="search" autocomplete="off" spellcheck="false"></label>'


def attributes(items: str, keys: Mapping[str, str]) -> str:
    """What makes an element an item of the list."""
    pairs = {"item": items, **keys}
    return "".join(f' data-{key}="{html.escape(value, quote=True)}"' for key, value in pairs.items())
