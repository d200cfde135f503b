"""What a reader can take from a page: notebook, notebook as run, record, data behind figures, the run's own pages, the kit."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.report.row import Row


@dataclass(frozen=True)
class Download:
    """One file beside a page, with the words of its link."""

    text: str
    path: Path


def downloads(row: Row, folder: Path) -> list[Download]:
    """Copy what there is for the experiment into `folder`."""
    slug = row.entry.slug
    folder.mkdir(parents=True)
    made = [_copy("notebook", paths.notebook(slug), folder / f"{slug}.ipynb")]
    if row.record:
        made.append(_copy("notebook as run", row.place.notebook, folder / f"{slug}.executed.ipynb"))
        made.append(_copy("record", row.place.record, folder / f"{slug}.json"))
        made.append(_zip("data of the figures", row.place.figures, folder / f"{slug}-figures.zip"))
        made += [_copy(page.stem.replace("-", " "), page, folder / page.name) for page in row.place.pages]
    kit = paths.PROJECT / "src" / "lab" / "experiments" / slug / "kit"
    if kit.is_dir():
        files = sorted(path for path in kit.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        made.append(_zip("starter kit", files, folder / f"{slug}-kit.zip", kit))
    return made


def _copy(text: str, source: Path, target: Path) -> Download:
    shutil.copyfile(source, target)
    return Download(text, target)


def _zip(text: str, files: list[Path], target: Path, base: Path | None = None) -> Download:
    """An archive of `files`, in their folders below `base`; without it all in one."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            # A fixed date, so that the same content makes the same archive.
            name = path.relative_to(base).as_posix() if base else path.name
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes())
    return Download(text, target)
