"""The table of contents is changed in one place and stays what it was elsewhere."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from lab.authoring import contents

TOC = """format: jb-book
root: index
parts:
  - caption: Streams  # first
    chapters:
      - file: themes/streams
      - file: notebooks/kafka_lag
  - caption: Reference
    chapters:
      - file: glossary
"""
captions = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1)


def test_a_chapter_is_the_last_of_its_theme() -> None:
    assert contents.with_chapter(TOC, "Streams", "notebooks/new") == TOC.replace(
        "notebooks/kafka_lag\n", "notebooks/kafka_lag\n      - file: notebooks/new\n"
    )


@given(captions)
def test_a_new_theme_stands_before_the_reference_whatever_its_name(theme: str) -> None:
    made = contents.with_chapter(contents.with_theme(TOC, theme, "themes/x"), theme, "notebooks/new")
    parts = yaml.safe_load(made)["parts"]
    assert [part["caption"] for part in parts if part["caption"] != theme] == ["Streams", "Reference"]
    assert parts[-1]["caption"] == "Reference"
    assert {"file": "notebooks/new"} in [chapter for part in parts for chapter in part["chapters"]]


def test_only_parts_with_a_page_of_their_own_are_themes() -> None:
    assert contents.themes(TOC) == ["Streams"]
