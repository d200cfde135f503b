"""Mend the pages that the builder wrote: nothing from another host, nothing that no page uses, roles put right."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lab.report import styles

# Live code (thebe) is always built in, loads from another host, and is declared twice; the pages don't use it.
_OUTSIDE = (
    r'<script\b[^>]*>[^<]*THEBE_JS_URL[^<]*</script>|<script type="text/x-thebe-config">[^<]*</script>'
    r'|<(?:script|link)\b[^>]*\b(?:src|href)="https?://[^"]*"[^>]*>(?:</script>)?'
)
# Icons are drawn by book/_static/icons.css; the other parts serve elements that these pages don't have.
_UNUSED = ("sphinx-thebe", "fontawesome", "sphinx-design", "design-tabs", "togglebutton")
_UNWANTED = re.compile(
    rf"{_OUTSIDE}|<(?:script|link)\b[^>]*\b(?:{'|'.join(_UNUSED)})\b[^>]*>(?:</script>)?"
    r"|<script>[^<]*(?:toggleHint|toggleOpen|togglebutton)[^<]*</script>"
)
# Search is typed on any page and done on one, which alone needs its tools and an index that grows with the book.
_SEARCH = re.compile(r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
# The theme leaves the book's title outside of every landmark, and has no name for what shows the pages below another.
_UNNAMED = re.compile(r'<summary>(<span class="toctree-toggle")')
_LOGO = re.compile(r'(<div class="sidebar-primary-item")(>\s*<a class="navbar-brand)')


def mend(site: Path) -> None:
    """Rewrite the pages in `site`, leave out the files that none of them loads, and prune the styles."""
    for path in site.rglob("*.html"):
        if path.name.endswith("webpack-macros.html"):
            path.unlink()  # left behind by the themes, with links to nowhere
            continue
        path.write_text(_mended(path.read_text(), searches=path == site / "search.html"))
    _remove_unused(site / "_static")
    styles.prune(site)


def _mended(text: str, searches: bool) -> str:
    text = _UNWANTED.sub("", text)
    text = text if searches else _SEARCH.sub("", text)
    text = text.replace(' role="doc-biblioentry"', ' role="listitem"')
    text = _UNNAMED.sub(r'<summary aria-label="pages below">\1', text)
    return _LOGO.sub(r'\1 role="region" aria-label="title of the book"\2', text)


def _remove_unused(static: Path) -> None:
    shutil.rmtree(static / "vendor", ignore_errors=True)  # the icons' fonts
    for path in [*static.rglob("*.*")]:
        if path.suffix == ".map" or path.name.startswith(_UNUSED):
            path.unlink()
