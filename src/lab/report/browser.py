"""A browser without a window: it prints the book, takes pictures of it, and drives it in the tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.errors import SetupError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium until the block ends. SetupError if it, or what drives it, is not there."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        raise SetupError(
            "playwright is not installed; it comes with the tests' packages. Run: make dev"
        ) from None
    if program is None:
        raise SetupError("there is no Chromium. Run: make dev")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield opened
        opened.close()
