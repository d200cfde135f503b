"""The README's pictures: first screens of the built site, none too large."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from lab.authoring import pictures
from lab.errors import LabError

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_pictures_are_first_screens_and_small(browser: Browser, built_site: Path, tmp_path: Path) -> None:
    made = pictures.take(browser, built_site, tmp_path)
    assert [path.stem for path in made] == list(pictures.PAGES)
    for path in made:
        assert path.stat().st_size <= pictures.LARGEST
        assert Image.open(path).size == (pictures.WIDTH, pictures.HEIGHT)


def test_a_page_that_is_not_built_is_named(browser: Browser, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"no page .*index\.html"):
        pictures.take(browser, tmp_path / "no site", tmp_path)
