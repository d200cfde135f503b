"""What is asked often answers at once, with a whole book of thirty experiments too."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import scratch
from lab import paths

# Stored as if each had just been published.
PUBLISH = """
import json, sys
from lab import declared
from lab.evidence import sources
from lab.runner.place import published
for slug, path in json.loads(sys.argv[1]).items():
    record, place = json.load(open(path)), published(slug)
    record |= {"experiment": slug, "params": declared.defaults(slug)}
    record["provenance"]["source_hash"] = sources.digest(slug, record["params"])
    for folder in (place.records, place.notebooks):
        folder.mkdir(parents=True, exist_ok=True)
    place.record.write_text(json.dumps(record))
    place.notebook.write_text("{}")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = scratch.project(tmp_path_factory.mktemp("project"))
    slugs = scratch.thirty(folder)
    records = {slug: str(_baseline(slug)) for slug in slugs}
    command = [sys.executable, "-c", PUBLISH, json.dumps(records)]
    subprocess.run(command, env=scratch.environment(folder), check=True)
    return folder


def _baseline(slug: str) -> Path:
    own = paths.PROJECT / "baseline" / f"{slug}.json"
    return own if own.exists() else own.with_name(f"{slug.rpartition('_')[0]}.json")


@pytest.mark.parametrize("command", ["list", "check"])
def test_it_takes_a_second_with_thirty_experiments(project: Path, command: str) -> None:
    """Of the processor, so that a busy machine does not matter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = scratch.lab(project, command).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert said.count("✓") == 30
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) <= 1.0
