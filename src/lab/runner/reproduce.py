"""One experiment once more, with its own parameters and one core kept busy, held against the baseline."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from lab import declared, paths
from lab.errors import EvidenceError
from lab.evidence import baseline, record, sources
from lab.evidence.record import Record
from lab.evidence.reproduction import Load, Reproduction, compare
from lab.files import write_atomically
from lab.runner.busy import BUSY_S, PAUSE_S, busy
from lab.runner.execute import run
from lab.runner.place import Place


class Loaded(BaseModel):
    """The load of one run, kept beside its record. run_id: which one, for another run may have taken the place."""

    run_id: str
    load: Load


def reproduce(slug: str, seed: int, force: bool = False) -> Reproduction:
    """Run under the load of `seed` and compare. EvidenceError if there is no baseline of the notebook's parameters.

    A run that came to a verdict under the same load, with the code as it is now, is not made again unless `force`.
    """
    before = baseline.kept(slug)
    if before is None or before["params"] != declared.defaults(slug):
        raise EvidenceError(
            f"there is no baseline of {slug} with its own parameters; lab run {slug}, lab keep {slug}"
        )
    place = _place(slug)
    found = None if force else _known(place, seed)
    return compare(before, *(found or _run(place, seed)))


def _run(place: Place, seed: int) -> tuple[Record, Load]:
    with busy(seed) as told:
        made = run(place.slug, {}, place).record
        load = told()
    kept = Loaded(run_id=made["run_id"], load=load)
    write_atomically(_load(place), kept.model_dump_json(indent=1) + "\n")
    return made, load


def _known(place: Place, seed: int) -> tuple[Record, Load] | None:
    try:
        found, kept = record.read(place.record), Loaded.model_validate_json(_load(place).read_text())
    except (OSError, ValueError, EvidenceError):
        return None
    load, told = kept.load, found["verdict"] not in ("error", "not run")
    same = (kept.run_id, load.seed, load.busy_s, load.pause_s) == (found["run_id"], seed, BUSY_S, PAUSE_S)
    fresh = found["provenance"]["source_hash"] == sources.digest(place.slug, found["params"])
    return (found, load) if told and same and fresh else None


def _place(slug: str) -> Place:
    folder = paths.build() / "reproduction" / slug
    return Place(slug, folder, folder)


def _load(place: Place) -> Path:
    return place.records / "load.json"
