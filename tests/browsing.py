"""A reader's browser: a page that refuses every request that is not for a local file, and remembers all."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

from playwright.sync_api import Page, Request, Route

PHONE = {"width": 390, "height": 844}


class Visit:
    """One page open in the browser."""

    def __init__(self, page: Page, site: Path) -> None:
        self.page, self._site = page, site
        self.refused: list[str] = []
        self.errors: list[str] = []
        self._loaded: set[Path] = set()
        page.route(re.compile(".*"), self._route)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", self._failed)

    def open(self, name: str) -> Page:
        self.page.goto((self._site / f"{name}.html").as_uri())
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(300)
        return self.page

    @property
    def weight(self) -> int:
        """Bytes of all files that were loaded, each counted once."""
        return sum(path.stat().st_size for path in self._loaded)

    def _route(self, route: Route) -> None:
        url = route.request.url
        if url.startswith("file:"):
            self._loaded.add(Path(unquote(urlparse(url).path)))
        if url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.refused.append(url)
            route.abort()

    def _failed(self, request: Request) -> None:
        self.errors.append(f"missing: {request.url}")


# Elements that stick out of the screen although none of their ancestors scrolls: besides code and formulas nothing
# may be wider than a phone.
CUT_OFF = """
() => [...document.querySelectorAll('main *')].filter(element => {
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.right <= window.innerWidth + 1) return false;
  if (element.closest('svg, math, .visually-hidden, .sr-only')) return false;
  for (let up = element; up; up = up.parentElement)
    if (['auto', 'scroll'].includes(getComputedStyle(up).overflowX)) return false;
  return true;
}).map(element => element.outerHTML.slice(0, 120))
"""
