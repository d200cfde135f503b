"""What the table of contents says of pages and experiments."""

from __future__ import annotations

import re

from lab.report import catalogue


def test_every_page_of_the_contents_is_there_once_and_in_order() -> None:
    files = re.findall(r"(?:root|file): (\S+)", catalogue.TOC.read_text())
    assert [file for _, file in catalogue.pages()] == files
    assert catalogue.pages()[0] == ("", "index")


def test_experiments_are_the_pages_that_are_notebooks() -> None:
    found = [f"notebooks/{entry.slug}" for entry in catalogue.entries()]
    assert found == [file for _, file in catalogue.pages() if file.startswith("notebooks/")]
    assert all(entry.theme for entry in catalogue.entries())
