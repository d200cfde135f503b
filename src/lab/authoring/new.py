"""The skeleton of an experiment: every room as a short real file that runs, and says `not run`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template

import nbformat

from lab import paths
from lab.authoring import contents
from lab.errors import ParameterError
from lab.files import write_atomically
from lab.report import catalogue, own

SKELETON = Path(__file__).with_name("skeleton")
LONGEST_SLUG, LONGEST_QUESTION = 30, 100


@dataclass(frozen=True)
class Proposal:
    """A new experiment, in words. question: ends with a question mark; theme: a part of the book, or a new one."""

    slug: str
    theme: str
    question: str

    @property
    def title(self) -> str:
        return self.slug.replace("_", " ").capitalize()


def propose(slug: str, theme: str | None, question: str | None) -> Proposal:
    """A checked proposal.

    ParameterError, which says what to do, if the name, the theme or the question is missing or can't be used.
    """
    _check_slug(slug)
    return Proposal(slug, _checked_theme(theme or ""), _checked_question(question or ""))


def write(proposal: Proposal) -> list[Path]:
    """Write the skeleton; the files that were made or changed. If one can't be written, none is left."""
    files = rendered(proposal)
    before: dict[Path, bytes | None] = {}
    try:
        for path, text in files.items():
            was = path.read_bytes() if path.exists() else None
            write_atomically(path, text)
            before[path] = was
    except BaseException:
        for path, was in before.items():
            _put_back(path, was)
        raise
    return list(files)


def rendered(proposal: Proposal) -> dict[Path, str]:
    """Text by file; the table of contents, which makes it count, comes last."""
    slug = proposal.slug
    package, tests = _experiments() / slug, paths.PROJECT / "tests" / "experiments"
    rooms = sorted((SKELETON / "package").glob("*.txt"))
    files = {package / room.stem: _fill(room, proposal) for room in rooms}
    files[paths.notebook(slug)] = _notebook(proposal)
    files[own.file(slug)] = _fill(SKELETON / "own.py.txt", proposal)
    files[tests / f"test_{slug}.py"] = _fill(SKELETON / "test.py.txt", proposal)
    files[tests / f"{slug}.small.yaml"] = _fill(SKELETON / "small.yaml.txt", proposal)
    return files | _book(proposal)


def _check_slug(slug: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", slug) or keyword.iskeyword(slug) or len(slug) > LONGEST_SLUG:
        raise ParameterError(
            f"{slug!r} can't name an experiment. Take small letters, digits and _, a letter first, "
            f"at most {LONGEST_SLUG}, no word of Python's own."
        )
    if slug in (taken := _taken()):
        raise ParameterError(f"{slug!r} is there already. Take another name.")
    if near := sorted(name for name in taken if name.startswith(slug) or slug.startswith(name)):
        raise ParameterError(
            f"tests of {slug!r} and of {near[0]!r} could not be told apart by their files' names. Take another name."
        )


def _taken() -> set[str]:
    """Names of which there is anything, and those of files of tests."""
    packages = [path.name for path in _experiments().glob("[a-z]*")]
    notebooks = [path.stem for path in (paths.PROJECT / "notebooks").glob("*.ipynb")]
    tests = paths.PROJECT / "tests" / "experiments"
    small = [path.name.removesuffix(".small.yaml") for path in tests.glob("*.small.yaml")]
    modules = [path.stem.removeprefix("test_") for path in tests.glob("test_*.py")]
    return {*packages, *notebooks, *small, *modules, *catalogue.slugs()}


def _checked_theme(theme: str) -> str:
    toc = catalogue.TOC.read_text()
    known = contents.themes(toc)
    said = ", ".join(f'"{name}"' for name in known)
    name = contents.page_name(theme)
    if not name or "\n" in theme or "-->" in theme:
        raise ParameterError(f"no theme. Add --theme with a new one, or one of the book's: {said}.")
    is_other_part = theme in contents.captions(toc) or (_themes() / f"{name}.md").exists()
    if theme not in known and is_other_part:
        raise ParameterError(
            f"a new theme {theme!r} would take the place of another part. The book's themes: {said}."
        )
    return theme


def _checked_question(question: str) -> str:
    if not question:
        raise ParameterError('no question. Add --question "...?".')
    if not question.endswith("?") or len(question) > LONGEST_QUESTION or re.search(r'["\\\n]', question):
        raise ParameterError(
            f"the question is {question!r}. Make it one line of at most {LONGEST_QUESTION} characters without "
            "double quotes or backslashes, with a question mark at its end."
        )
    return question


def _book(proposal: Proposal) -> dict[Path, str]:
    """Theme page if the theme is new, table of contents."""
    files = {}
    toc = catalogue.TOC.read_text()
    if proposal.theme not in contents.themes(toc):
        name = contents.page_name(proposal.theme)
        files[_themes() / f"{name}.md"] = _fill(SKELETON / "theme.md.txt", proposal)
        toc = contents.with_theme(toc, proposal.theme, f"themes/{name}")
    files[catalogue.TOC] = contents.with_chapter(toc, proposal.theme, f"notebooks/{proposal.slug}")
    return files


def _experiments() -> Path:
    return paths.PROJECT / "src" / "lab" / "experiments"


def _themes() -> Path:
    return paths.PROJECT / "book" / "themes"


def _notebook(proposal: Proposal) -> str:
    """The notebook, from text that is written as MyST Markdown."""
    from myst_nb.core.read import read_myst_markdown_notebook
    from myst_parser.config.main import MdParserConfig

    text = _fill(SKELETON / "notebook.md.txt", proposal)
    notebook = read_myst_markdown_notebook(text, MdParserConfig())
    for place, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{place:02}", _tags(cell.metadata)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook) + "\n"


def _tags(metadata: Mapping[str, object]) -> dict[str, object]:
    return {"tags": metadata["tags"]} if "tags" in metadata else {}


def _fill(template: Path, proposal: Proposal) -> str:
    words = {"slug": proposal.slug, "theme": proposal.theme, "question": proposal.question}
    return Template(template.read_text()).substitute(words, title=proposal.title)


def _put_back(path: Path, content: bytes | None) -> None:
    if content is not None:
        write_atomically(path, content)
        return
    path.unlink()
    with suppress(OSError):  # a folder that holds something else stays
        path.parent.rmdir()
