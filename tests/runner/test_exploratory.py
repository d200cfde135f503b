"""Only a run with the notebook's own parameters is published; any other is kept where the book never looks."""

from __future__ import annotations

import errno
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scratch
from lab import declared
from lab.evidence import sources
from lab.files import write_atomically
from lab.runner import current, execute
from lab.runner.place import Place, exploratory, point_name, published
from samples import sample_record

pytestmark = pytest.mark.notebook


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which `quick` was run for the book."""
    folder = scratch.project(tmp_path_factory.mktemp("project"))
    done = scratch.lab(folder, "run", "quick")
    assert done.returncode == 0, done.stderr
    return folder


def _published(project: Path) -> dict[str, str]:
    places = [*project.glob("build/records/**/*"), *project.glob("build/notebooks/*")]
    files = [path for path in places if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _runs(project: Path) -> set[Path]:
    return set(project.glob("build/exploratory/quick/*"))


@pytest.mark.parametrize(
    ("assignment", "status", "verdict"),
    [("rate=20", 0, "pass"), ("rate=600", 1, "fail"), ("rate=999", 4, "error")],
)
def test_an_exploratory_run_leaves_what_is_published_as_it_was(
    project: Path, assignment: str, status: int, verdict: str
) -> None:
    before, runs = _published(project), _runs(project)
    listed = scratch.lab(project, "list").stdout
    done = scratch.lab(project, "run", "quick", "-p", assignment)
    assert done.returncode == status, done.stderr
    (folder,) = _runs(project) - runs
    assert assignment in folder.name
    assert f"{folder.relative_to(project)}/quick.json" in done.stdout
    assert "exploratory" in done.stdout
    assert json.loads((folder / "quick.json").read_text())["verdict"] == verdict
    assert nbformat.read(folder / "quick.ipynb", as_version=4).cells
    assert (folder / "quick" / "wait.csv").exists() == (verdict != "error")
    assert _published(project) == before
    assert scratch.lab(project, "list").stdout == listed


def test_a_run_that_names_the_notebooks_own_values_is_published(project: Path) -> None:
    before, runs = _published(project), _runs(project)
    done = scratch.lab(project, "run", "quick", "-p", "rate=10", "-p", "share=0.5")
    assert "record: build/records/quick.json" in done.stdout
    assert "exploratory" not in done.stdout
    assert _runs(project) == runs
    assert _published(project) != before


def test_the_book_counts_it_and_the_check_reads_it(project: Path) -> None:
    assert "quick                    ✓ pass" in scratch.lab(project, "list").stdout
    assert "✓ quick                    pass" in scratch.lab(project, "check").stdout


@pytest.mark.parametrize("options", [[], ["-p", "rate", "20"]])
def test_papermill_alone_never_publishes(project: Path, tmp_path: Path, options: list[str]) -> None:
    """Its notebook is wherever its caller wanted it, so the book could not show notebook and record of one run."""
    before, runs = _published(project), _runs(project)
    command = [sys.executable, "-m", "papermill", "notebooks/quick.ipynb", str(tmp_path / "out.ipynb")]
    subprocess.run(
        [*command, *options], cwd=project, env=scratch.environment(project), check=True, capture_output=True
    )
    (folder,) = _runs(project) - runs
    assert (folder / "quick.json").exists()
    assert str(folder) in (tmp_path / "out.ipynb").read_text()
    assert _published(project) == before


def test_exploratory_runs_are_compared(project: Path) -> None:
    scratch.lab(project, "run", "quick", "-p", "rate=40")
    (folder,) = project.glob("build/exploratory/quick/*rate=40")
    done = scratch.lab(project, "compare", "build/records", str(folder))
    assert done.returncode == 0, done.stderr
    assert "different parameters" in done.stdout
    assert "× 4.00" in done.stdout


def test_a_sweep_is_kept_apart(project: Path) -> None:
    before, runs = _published(project), _runs(project)
    done = scratch.lab(project, "sweep", "quick", "-p", "rate=10,30")
    assert done.returncode == 0, done.stderr
    assert (project / "build" / "sweeps" / "quick" / "rate=30" / "quick.json").exists()
    assert (_published(project), _runs(project)) == (before, runs)


def test_a_sweep_goes_on_where_it_was_stopped_and_is_kept_when_asked(project: Path) -> None:
    scratch.lab(project, "sweep", "quick", "-p", "rate=50")
    place = project / "build" / "sweeps" / "quick" / "rate=50" / "quick.json"
    first = place.read_bytes()
    done = scratch.lab(project, "sweep", "quick", "-p", "rate=50,600", "--keep")
    assert done.returncode == 0, done.stderr
    assert place.read_bytes() == first
    assert "kept: sweeps/quick.json" in done.stdout
    points = json.loads((project / "sweeps" / "quick.json").read_text())["points"]
    assert [(item["at"], item["record"]["verdict"]) for item in points] == [
        ({"rate": 50}, "pass"),
        ({"rate": 600}, "fail"),
    ]
    scratch.lab(project, "sweep", "quick", "-p", "rate=50", "--force")
    assert place.read_bytes() != first


def test_a_sweep_with_an_error_is_not_kept(project: Path) -> None:
    scratch.lab(project, "sweep", "quick", "-p", "rate=10,50", "--keep")
    before = (project / "sweeps" / "quick.json").read_bytes()
    done = scratch.lab(project, "sweep", "quick", "-p", "rate=10,999", "--keep")
    assert done.returncode == 4
    assert "not kept: at {'rate': 999} there was an error" in done.stderr
    done = scratch.lab(project, "sweep", "quick", "-p", "rate=10,999")
    assert (done.returncode, "page: build/sweeps/quick/index.html" in done.stdout) == (4, True)
    assert (project / "sweeps" / "quick.json").read_bytes() == before


def test_a_stored_record_of_other_parameters_is_never_current(build: Path) -> None:
    place, defaults = published("kafka_lag"), declared.defaults("kafka_lag")
    for params, is_current in ((defaults, True), (defaults | {"rate": 5_000}, False)):
        made = sample_record({"fast": 0.05}, 0.2) | {"experiment": "kafka_lag", "params": params}
        made["provenance"]["source_hash"] = sources.digest("kafka_lag", params)
        place.notebooks.mkdir(parents=True, exist_ok=True)
        place.records.mkdir(parents=True, exist_ok=True)
        place.notebook.write_text("{}")
        place.record.write_text(json.dumps(made))
        assert (current.current("kafka_lag") is not None) == is_current


def test_what_an_earlier_run_left_is_not_offered_as_that_of_the_next(tmp_path: Path) -> None:
    staged, place = (Place("something", tmp_path / name, tmp_path / name) for name in ("staged", "kept"))
    for folder, names in ((staged, ("a.csv", "new.html")), (place, ("a.csv", "old.csv", "old.html"))):
        (folder.records / "something").mkdir(parents=True)
        for name in names:
            (folder.records / "something" / name).write_text(str(folder))
    execute.keep(staged, sample_record({"fast": 0.05}, 0.2), place)
    assert [path.name for path in (*place.figures, *place.pages)] == ["a.csv", "new.html"]
    assert place.figures[0].read_text() == str(staged)
    execute.keep(staged, sample_record({"fast": 0.05}, 0.2), staged)  # it was written where it stays
    assert [path.name for path in (*staged.figures, *staged.pages)] == ["a.csv", "new.html"]


@pytest.fixture
def two_runs(tmp_path: Path) -> tuple[Place, Place]:
    """A run that is staged and an earlier one in its place: notebook, a figure's data and a record of each."""
    staged, place = (Place("something", tmp_path / name, tmp_path / name) for name in ("staged", "kept"))
    for folder in (staged, place):
        (folder.records / "something").mkdir(parents=True)
        (folder.records / "something" / "a.csv").write_text(str(folder))
        folder.notebook.write_text(str(folder))
        folder.record.write_text("{}")
    return staged, place


def test_an_end_while_a_run_is_put_in_place_leaves_no_earlier_record_beside_its_notebook(
    two_runs: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    staged, place = two_runs
    replace = Path.replace

    def end(source: Path, target: Path) -> Path:
        if target == place.record:
            raise KeyboardInterrupt
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", end)
    with pytest.raises(KeyboardInterrupt):
        execute.keep(staged, sample_record({"fast": 0.05}, 0.2), place)
    assert (place.notebook.read_text(), place.record.exists()) == (str(staged), False)


@pytest.mark.parametrize("before_it", range(2))
def test_a_full_disk_leaves_an_earlier_run_as_it_was(
    two_runs: tuple[Place, Place], before_it: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged, place = two_runs
    written: list[Path] = []

    def full(path: Path, content: bytes) -> Path:
        if len(written) == before_it:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        return write_atomically(path, content)

    monkeypatch.setattr(execute, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        execute.keep(staged, sample_record({"fast": 0.05}, 0.2), place)
    kept = [path.read_text() for path in (place.notebook, *place.figures, place.record)]
    assert kept == [str(place), str(place), "{}"]
    assert [path.name for path in place.records.iterdir() if path.name.startswith(".")] == []


def test_two_runs_in_one_second_have_a_folder_each(build: Path) -> None:
    places: list[Place] = [exploratory("kafka_lag", {"rate": 5}) for _ in range(3)]
    assert len({place.records for place in places}) == 3


values = st.one_of(st.integers(), st.floats(), st.text(max_size=200), st.lists(st.text(max_size=20)))


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), values, max_size=5))
def test_the_name_of_a_folder_is_one(parameters: dict) -> None:
    name = point_name(parameters)
    assert "/" not in name
    assert len(name) <= 80
    assert not name.startswith(".")
