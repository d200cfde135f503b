"""The built site in a browser: how long its pages are on a desktop, and what they weigh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from bench import limits
from bench.budget import Budget, Found
from bench.runs import longest
from lab import paths
from lab.errors import SetupError
from lab.report import catalogue
from lab.report.browser import chromium
from lab.setup.step import size_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_DESKTOP = {"width": 1280, "height": 900}
_BY_PAGE = (limits.PAGE_LENGTH, limits.PAGE_WEIGHT, limits.LANDING_LENGTH, limits.LANDING_WEIGHT)


@dataclass(frozen=True)
class Seen:
    """A page as it opens. length: px, with nothing unfolded; weight: bytes of all files that it loads, each once."""

    length: int
    weight: int


def pages() -> dict[Budget, Found]:
    """Of `build/site`; what needs a browser is not measured without one."""
    site = paths.build() / "site"
    if not (site / "index.html").exists():
        return dict.fromkeys((*_BY_PAGE, limits.SITE), Found(None, "there is no site here. Run: make book"))
    size = {limits.SITE: Found(size_of(site) / 1e6, "build/site")}
    try:
        with chromium() as browser:
            return size | _by_page(browser, site)
    except SetupError as error:
        return size | dict.fromkeys(_BY_PAGE, Found(None, str(error)))


def _by_page(browser: Browser, site: Path) -> dict[Budget, Found]:
    landing, origin = _look(browser, site / "index.html"), "build/site in Chromium, here"
    there = {slug: site / "notebooks" / f"{slug}.html" for slug in catalogue.slugs()}
    seen = {slug: _look(browser, path) for slug, path in there.items() if path.exists()}
    lengths, weights = (
        {slug: getattr(page, name) for slug, page in seen.items()} for name in ("length", "weight")
    )
    return {
        limits.PAGE_LENGTH: longest(limits.PAGE_LENGTH, lengths, origin),
        limits.PAGE_WEIGHT: longest(limits.PAGE_WEIGHT, weights, origin),
        limits.LANDING_LENGTH: Found(landing.length, origin),
        limits.LANDING_WEIGHT: Found(landing.weight, origin),
    }


def _look(browser: Browser, path: Path) -> Seen:
    page = browser.new_page(viewport=_DESKTOP)
    loaded: set[Path] = set()
    page.on("request", lambda request: loaded.add(_file(request.url)))
    page.goto(path.as_uri(), wait_until="load")
    page.wait_for_timeout(300)  # what its scripts add
    length = page.evaluate("document.documentElement.scrollHeight")
    page.close()
    return Seen(length, sum(each.stat().st_size for each in loaded if each.is_file()))


def _file(url: str) -> Path:
    """The file of this machine that a page asks for; none for what is not a file, such as data in the page."""
    parsed = urlparse(url)
    return Path(unquote(parsed.path)) if parsed.scheme == "file" else Path()
