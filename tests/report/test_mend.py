"""What is taken out of the pages that the builder wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.report.mend import mend

PAGE = """<html><head>
<script defer src="_static/scripts/fontawesome.js?digest=1"></script>
<script src="https://elsewhere.example/live.js"></script>
<script>let toggleHintShow = 'Click to show';</script>
<script src="_static/searchtools.js"></script><script src="searchindex.js"></script>
<link rel="stylesheet" href="_static/sphinx-design.min.css?v=1" />
<link rel="stylesheet" href="_static/theme.css" />
<script src="_static/scripts/bootstrap.js"></script>
</head><body class="kept"></body></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("index.html", "search.html"):
        (tmp_path / name).write_text(PAGE)
    files = (
        "scripts/fontawesome.js",
        "scripts/bootstrap.js",
        "scripts/bootstrap.js.map",
        "vendor/icons.woff2",
    )
    for name in files:
        (tmp_path / "_static" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "_static" / name).write_text("")
    (tmp_path / "_static" / "theme.css").write_text(".kept{top:0}\n.fa-bell{top:0}\n")
    mend(tmp_path)
    return tmp_path


def test_a_page_loads_what_it_uses(site: Path) -> None:
    text = (site / "index.html").read_text()
    for gone in ("fontawesome", "elsewhere", "toggle", "searchtools", "searchindex", "sphinx-design"):
        assert gone not in text
    assert "bootstrap.js" in text
    assert "theme.css" in text


def test_the_page_of_search_keeps_its_tools(site: Path) -> None:
    text = (site / "search.html").read_text()
    assert "searchtools.js" in text
    assert "searchindex.js" in text


def test_files_that_no_page_loads_are_left_out(site: Path) -> None:
    left = {path.name for path in (site / "_static").rglob("*") if path.is_file()}
    assert left == {"bootstrap.js", "theme.css"}
    assert (site / "_static" / "theme.css").read_text() == ".kept{top:0}\n"
