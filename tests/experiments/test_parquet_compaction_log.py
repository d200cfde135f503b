"""The log and the compaction on a local folder: no row is lost or doubled, whoever is in the way."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.compaction import FULL, compact, plan, vacuum
from lab.experiments.parquet_compaction.mechanism.files import Files, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.table_format import (
    DATA,
    ConflictError,
    DataFile,
    append,
    fetch,
    write,
)
from lab.experiments.parquet_compaction.workload.event_log import generate, layouts
from lab.experiments.parquet_compaction.workload.maintenance import compact_in_place, listed

LOG = generate(3_000, 4, 50, seed=1)
NAMES = list(layouts(3))
BY_DAY = layouts(3)["date"]


@contextmanager
def dataset(batches: int, layout: Layout = BY_DAY, rows: int = 100) -> Iterator[Files]:
    with tempfile.TemporaryDirectory(prefix="lab-test-") as folder:
        files = open_files(folder)
        for batch in LOG.batches(rows)[:batches]:
            append(files, batch, layout)
        yield files


def ids(files: Files, version: table_format.Version | None = None) -> list[int]:
    found = (version or table_format.current(files)).files
    return fetch(files, found)["event_id"].to_pylist() if found else []


@settings(max_examples=25)
@given(
    st.integers(1, 12),
    st.sampled_from(NAMES),
    st.integers(2_000, 60_000),
    st.sampled_from([(), ("user_id", "event_time")]),
    st.integers(2, 5),
)
def test_compaction_keeps_every_row_in_its_partition(
    batches: int, name: str, target: int, sort_by: tuple[str, ...], min_files: int
) -> None:
    layout = layouts(3)[name]
    with dataset(batches, layout) as files:
        done = compact(files.uri, target, sort_by, min_files=min_files)
        assert sorted(ids(files)) == list(range(100 * batches))
        assert ids(files, done.before) != [] and sorted(ids(files, done.before)) == sorted(ids(files))
        assert len(done.after.files) <= len(done.before.files)
        for file in done.after.files:
            rows = fetch(files, [file])
            ((keys, _),) = layout.divide(rows)
            assert keys == file.partition
            assert file.rows == rows.num_rows


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 2)), max_size=40), st.integers(2, 6))
def test_a_plan_merges_small_files_of_one_partition_up_to_the_target(
    sizes: list[tuple[int, int]], min_files: int
) -> None:
    files = [DataFile(str(n), 1, size, {"p": str(part)}) for n, (size, part) in enumerate(sizes)]
    bins = plan(files, 100, min_files)
    chosen = [file.path for packed in bins for file in packed]
    assert len(chosen) == len(set(chosen))
    for packed in bins:
        assert len(packed) >= min_files
        assert len({file.partition["p"] for file in packed}) == 1
        assert all(file.bytes < FULL * 100 for file in packed)
        assert sum(file.bytes for file in packed) <= 100


@given(st.integers(1, 120), st.integers(1, 12), st.sampled_from([8, 64, 1_000]))
def test_a_byte_is_rewritten_at_most_as_often_as_its_file_can_double(
    batches: int, every: int, target: int
) -> None:
    files, rewritten = [], 0
    for number in range(1, batches + 1):
        files.append(DataFile(str(number), 1, 1))
        for merged in plan(files, target) if number % every == 0 else ():
            size = sum(file.bytes for file in merged)
            files = [file for file in files if file not in merged]
            files.append(DataFile(f"{number}-{merged[0].path}", size, size))
            rewritten += size
    assert sum(file.bytes for file in files) == batches
    assert rewritten <= batches * np.log2(target)


def test_a_second_compaction_finds_nothing_to_do() -> None:
    with dataset(12) as files:
        first = compact(files.uri, 1 << 30)
        again = compact(files.uri, 1 << 30)
        assert first.bytes_written > 0
        assert again.after == again.before == first.after
        assert again.bytes_written == 0


def test_a_merged_file_is_sorted() -> None:
    with dataset(12, Layout("none")) as files:
        after = compact(files.uri, 1 << 30, ["user_id", "event_time"]).after
        rows = fetch(files, after.files).select(["user_id", "event_time"]).to_pylist()
        assert rows == sorted(rows, key=lambda row: (row["user_id"], row["event_time"]))


def test_of_many_writers_none_overwrites_another() -> None:
    with dataset(0) as files, ThreadPoolExecutor(8) as pool:
        batches = LOG.batches(100)[:16]
        list(pool.map(lambda batch: append(files, batch, Layout("none")), batches))
        assert sorted(ids(files)) == list(range(1_600))
        assert table_format.current(files).number == 15


def test_writers_during_a_compaction_keep_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    with dataset(6) as files:
        real = table_format.commit

        def late(*args: object) -> table_format.Version:
            monkeypatch.setattr(table_format, "commit", real)
            append(files, LOG.batches(100)[6], BY_DAY)  # commits between plan and commit
            return real(*args)

        monkeypatch.setattr(table_format, "commit", late)
        compact(files.uri, 1 << 30)
        assert sorted(ids(files)) == list(range(700))


def test_of_two_compactions_of_the_same_files_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with dataset(6) as files:
        real = table_format.commit

        def late(*args: object) -> table_format.Version:
            monkeypatch.setattr(table_format, "commit", real)
            compact(files.uri, 1 << 30)  # the other one is faster
            return real(*args)

        monkeypatch.setattr(table_format, "commit", late)
        with pytest.raises(ConflictError, match="no longer in use"):
            compact(files.uri, 1 << 30)
        assert sorted(ids(files)) == list(range(600))


def test_a_writer_whose_answer_was_lost_recognises_its_own_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    with dataset(1) as files:
        real = Files.create

        def forgetful(self: Files, path: str, content: bytes) -> bool:
            real(self, path, content)
            return False

        monkeypatch.setattr(Files, "create", forgetful)
        append(files, LOG.batches(100)[1], Layout("none"))
        assert sorted(ids(files)) == list(range(200))


class Killed(BaseException):
    """The process is no more: no clean-up of its own comes through either."""


@contextmanager
def killed_after(changes: int) -> Iterator[list[str]]:
    """Only so many changes reach the store; a list of all that were tried."""
    tried: list[str] = []

    def guarded(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def change(self: Files, *given: object) -> object:
            tried.append(name)
            if len(tried) > changes:
                raise Killed
            return real(self, *given)

        return change

    with pytest.MonkeyPatch.context() as patch:
        for name in ("write", "create"):
            patch.setattr(Files, name, guarded(name, getattr(Files, name)))
        each = guarded("delete", Files.delete)
        patch.setattr(Files, "delete", lambda self, paths: [each(self, [path]) for path in list(paths)])
        yield tried


def test_killed_after_any_of_its_changes_a_compaction_has_lost_nothing_and_the_next_one_heals() -> None:
    with dataset(4) as files, killed_after(1_000) as all_changes:
        compact(files.uri, 1 << 30)
        vacuum(files.uri, 0)
    assert all_changes.count("create") == 1
    for changes in range(len(all_changes)):
        with dataset(4) as files:
            with killed_after(changes), pytest.raises(Killed):
                compact(files.uri, 1 << 30)
                vacuum(files.uri, 0)
            assert sorted(ids(files)) == list(range(400)), changes
            compact(files.uri, 1 << 30)
            vacuum(files.uri, 0)
            named = {file.path for file in table_format.current(files).files}
            assert {entry.path for entry in files.entries(DATA)} == named
            assert sorted(ids(files)) == list(range(400)), changes


def test_a_file_that_is_already_in_the_dataset_is_refused() -> None:
    with dataset(1) as files:
        before = table_format.current(files)
        for twice in (before.files, [before.files[0]] * 2):
            with pytest.raises(ConflictError, match="twice"):
                table_format.commit(files, twice)
        assert table_format.current(files) == before


def test_a_version_within_the_grace_period_stays_readable() -> None:
    with dataset(6) as files:
        before = compact(files.uri, 1 << 30).before
        vacuum(files.uri, grace_s=3_600)
        assert sorted(ids(files, table_format.read_version(files, before.number))) == list(range(600))
        vacuum(files.uri, grace_s=0)
        with pytest.raises(FileNotFoundError):
            table_format.read_version(files, before.number)


def test_a_vacuum_spares_what_a_writer_has_not_yet_committed() -> None:
    with dataset(2) as files:
        pending = write(files, LOG.batches(100)[2], {})
        vacuum(files.uri, grace_s=3_600)
        table_format.commit(files, [pending])
        assert sorted(ids(files)) == list(range(300))


def test_the_control_shows_rows_twice_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    with dataset(3, Layout("none")) as files:
        seen: list[int] = []
        real = Files.delete

        def watched(self: Files, paths: Iterator[str]) -> None:
            for path in paths:
                seen.extend(Counter(ids_in_folder(files)).values())
                real(self, [path])

        monkeypatch.setattr(Files, "delete", watched)
        compact_in_place(files.uri, ["user_id"])
        assert max(seen) == 2
        assert sorted(ids_in_folder(files)) == list(range(300))


def ids_in_folder(files: Files) -> list[int]:
    return fetch(files, listed(files.uri))["event_id"].to_pylist()


def test_a_local_dataset_opens_by_path_or_by_uri(tmp_path: Path) -> None:
    append(open_files(str(tmp_path)), LOG.batches(100)[0], Layout("none"))
    assert table_format.current(open_files(tmp_path.as_uri())).rows == 100
