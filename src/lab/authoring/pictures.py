"""Pictures of the built site for the README: what a reader sees first, no larger than need be."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from lab import paths
from lab.errors import LabError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = paths.PROJECT / ".github" / "pictures"
PAGES = {"landing": "index", "experiment": "notebooks/kafka_lag", "at-scale": "at-scale"}
WIDTH, HEIGHT = 1280, 860  # px of a screen
LARGEST = 200_000  # bytes


def take(browser: Browser, site: Path, folder: Path = FOLDER) -> list[Path]:
    """The first screen of each of PAGES as WebP in `folder`. LabError if a page is not there or a picture too large."""
    folder.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    made = [
        _taken(page, site / f"{name}.html", folder / f"{picture}.webp") for picture, name in PAGES.items()
    ]
    page.close()
    return made


def _taken(page: Page, source: Path, target: Path) -> Path:
    from PIL import Image

    if not source.exists():
        raise LabError(f"there is no page {source}. Run: make book")
    page.goto(source.as_uri())
    page.wait_for_load_state("load")
    shown = Image.open(BytesIO(page.screenshot()))
    shown.save(target, "WEBP", quality=80, method=6)
    if target.stat().st_size > LARGEST:
        raise LabError(f"{target} has {target.stat().st_size:,} bytes, more than {LARGEST:,}")
    return target
