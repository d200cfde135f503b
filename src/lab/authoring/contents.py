"""The book's table of contents, changed as text: comments and layout stay what they are."""

from __future__ import annotations

import re

import yaml

# The part that stays the last one, whatever themes are added.
LAST = "Reference"


def captions(toc: str) -> list[str]:
    """Captions of all parts."""
    return [part["caption"] for part in yaml.safe_load(toc)["parts"]]


def themes(toc: str) -> list[str]:
    """Captions of the parts that begin with a theme's page."""
    parts = yaml.safe_load(toc)["parts"]
    return [part["caption"] for part in parts if part["chapters"][0]["file"].startswith("themes/")]


def with_chapter(toc: str, theme: str, file: str) -> str:
    """`toc` with `file` as the last chapter of `theme`, a part that there is."""
    parts = _parts(toc)
    place = next(number for number, part in enumerate(parts) if _caption(part) == theme)
    parts[place] = f"{parts[place].rstrip()}\n      - file: {file}\n"
    return "".join(parts)


def with_theme(toc: str, theme: str, page: str) -> str:
    """`toc` with a new part `theme` that begins with `page`, before the last part."""
    caption = yaml.safe_dump({"caption": theme}, width=1000, allow_unicode=True).removesuffix("\n")
    part = f"  - {caption}\n    chapters:\n      - file: {page}\n"
    parts = _parts(toc)
    place = next((number for number, item in enumerate(parts) if _caption(item) == LAST), len(parts))
    return "".join([*parts[:place], part, *parts[place:]])


def page_name(theme: str) -> str:
    """The name of a theme's page: its words, in small letters."""
    return "-".join(re.findall(r"[a-z0-9]+", theme.lower()))


def _parts(toc: str) -> list[str]:
    return re.split(r"^(?=  - caption:)", toc, flags=re.M)


def _caption(part: str) -> str | None:
    return yaml.safe_load(part)[0]["caption"] if part.startswith("  - caption:") else None
