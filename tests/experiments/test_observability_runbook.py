"""The runbook's runner and the example pipeline: commands of linked entries are run, hostile labels are not."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.experiments.observability.kit import FOLDER
from lab.experiments.observability.kit.pipelinewatch import runbook
from lab.experiments.observability.kit.pipelinewatch.runbook import RunbookError, Runner, entries

PATIENCE_S = 60  # on a machine that is busy with other work a shell takes its time
BOOK = (
    "# R\n\n## Disk Full\n\nText.\n\n```bash\necho $PIPELINE > seen\n```\n\n"
    "## Told\n\n```bash\nexit 3\n```\n\n## Empty\n\nNone.\n"
)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    (tmp_path / "book.md").write_text(BOOK)
    (tmp_path / "orders").mkdir()
    return Runner(tmp_path / "book.md", tmp_path, tmp_path / "journal")


def alert(anchor: str = "disk-full", pipeline: str = "orders", status: str = "firing") -> dict[str, Any]:
    labels = {"alertname": "DiskFull", "pipeline": pipeline}
    return {
        "labels": labels,
        "status": status,
        "annotations": {"runbook_url": f"https://example.org/r.md#{anchor}"},
    }


def journal(runner: Runner, until: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lines = [json.loads(line) for line in runner.journal.read_text().splitlines()]
        if lines and lines[-1]["event"] == until:
            return lines
        time.sleep(0.02)
    raise AssertionError(lines)


def test_the_commands_of_the_linked_entry_are_run_in_the_pipelines_folder(runner: Runner) -> None:
    runner.take(alert())
    assert [line["event"] for line in journal(runner, "done")] == ["acknowledged", "done"]
    assert (runner.folder / "orders" / "seen").read_text() == "orders\n"


def test_what_fails_is_told_and_the_next_alert_is_worked_on(runner: Runner) -> None:
    runner.take(alert("told"))
    assert journal(runner, "done")[-1]["status"] == 3
    runner.take(alert(pipeline="nowhere"))
    assert "FileNotFoundError" in journal(runner, "done")[-1]["said"]
    runner.take(alert())
    assert journal(runner, "done")[-1]["status"] == 0


@pytest.mark.parametrize("pipeline", ["../orders", "a b", "$(touch x)", "", "a\n", "-x", "größe"])
def test_a_name_that_could_do_more_than_name_is_refused(runner: Runner, pipeline: str) -> None:
    runner.take(alert(pipeline=pipeline))
    assert [line["event"] for line in journal(runner, "refused")] == ["refused"]


@pytest.mark.parametrize("anchor", ["empty", "nowhere", ""])
def test_an_entry_without_commands_is_refused(runner: Runner, anchor: str) -> None:
    runner.take(alert(anchor))
    assert journal(runner, "refused")[-1]["anchor"] == anchor


def test_a_resolved_alert_runs_nothing(runner: Runner) -> None:
    runner.take(alert(status="resolved"))
    assert journal(runner, "resolved") and not (runner.folder / "orders" / "seen").exists()


def test_commands_that_take_too_long_are_killed(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runbook, "PATIENCE_S", 0.2)
    assert runner.shell("orders", "sleep 30 & sleep 30") == (-9, "killed after 0.2 s")


def test_a_service_that_the_commands_start_goes_on_and_is_not_waited_for(runner: Runner) -> None:
    begun = time.monotonic()
    status, said = runner.shell("orders", "echo begun; sleep 600 & echo $! > pid")
    assert (status, said) == (0, "begun\n") and time.monotonic() - begun < PATIENCE_S
    service = psutil.Process(int((runner.folder / "orders" / "pid").read_text()))
    assert service.is_running()
    service.kill()


def test_output_in_another_encoding_or_a_great_deal_of_it_is_no_failure(runner: Runner) -> None:
    status, said = runner.shell("orders", r"head -c 300000 /dev/zero | tr '\0' x; printf 'Zo\xeb'")
    assert status == 0 and said.endswith("xZo\ufffd") and len(said) <= 2_000


def test_a_journal_that_can_t_be_written_keeps_no_command_from_being_run(runner: Runner) -> None:
    runner.journal = runner.folder  # a folder, which nobody can write to as a file
    for _ in range(2):
        runner.take(alert())
        deadline = time.monotonic() + PATIENCE_S
        while not (runner.folder / "orders" / "seen").exists() or runner.running:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        (runner.folder / "orders" / "seen").unlink()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("## A\n```bash\n## stop it\nstop\n```\n## B\n", {"a": "## stop it\nstop\n", "b": ""}),
        ("## A\r\n~~~ bash\r\nstop\r\n~~~\r\n", {"a": "stop\n"}),
        ("## A ##\n````bash\ncat <<E\n```\nE\n````\n", {"a": "cat <<E\n```\nE\n"}),
        ("## A\n```\nlook\n```\n```bash\none\n```\n```bash\ntwo\n```\n", {"a": "one\n"}),
        ("```bash\nof no entry\n```\n## Größe voll\n```echo``` is inline\n", {"größe-voll": ""}),
        ("", {}),
    ],
)
def test_blocks_and_headings_are_told_apart(text: str, found: dict[str, str]) -> None:
    assert entries(text) == found


def test_a_block_without_an_end_is_refused() -> None:
    with pytest.raises(RunbookError, match="does not end"):
        entries("## A\n```bash\nstop\n## B\n")


def test_an_anchor_is_read_as_browsers_write_it(runner: Runner) -> None:
    runner.entries |= {"größe-voll": "touch seen"}
    runner.take(alert("gr%C3%B6%C3%9Fe-voll"))
    assert journal(runner, "done")[-1]["status"] == 0


def test_two_entries_of_one_name_are_refused_and_the_kits_are_all_found() -> None:
    with pytest.raises(RunbookError, match="two entries"):
        entries("## A\n\n## A\n")
    assert set(entries((FOLDER / "runbook.md").read_text())) == {"rowsrejected", "rowslate", "rowsmissing"}


def test_a_row_that_the_sink_does_not_take_is_kept_as_rejected_and_the_worker_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    from lab.experiments.observability.kit.pipelinewatch import metrics, worker

    worker.prepare(tmp_path)
    foreign = [
        '{"id": 1, "amount": 1, "due": "soon"}',
        '{"id": 1, "amount": 2, "due": null}',  # the id is there already
        '{"id": 9223372036854775808, "amount": 1}',
        '{"id": 2, "amount": 1%s}' % ("0" * 30),
        '{"id": 3, "amount": NaN}',
        '{"id": 4, "amount": 1e999}',
        "[" * 100_000,
        '{"id": -9223372036854775808, "amount": -0.0, "due": 1e300}',
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(foreign) + "\n")
    with closing(sqlite3.connect(tmp_path / "sink.db", isolation_level=None)) as sink:
        assert worker.step(tmp_path, sink, metrics.Watch("foreign")) == len(foreign)
        assert sink.execute("SELECT id, amount FROM written ORDER BY id").fetchall() == [
            (-9223372036854775808, 0),
            (1, 1),
        ]
        assert sink.execute("SELECT count(*) FROM rejected WHERE reason != ''").fetchone() == (6,)


def test_a_latency_that_is_no_number_is_refused_before_anything_is_counted() -> None:
    client = pytest.importorskip("prometheus_client")
    from lab.experiments.observability.kit.pipelinewatch import metrics

    def value(name: str) -> float | None:
        return client.REGISTRY.get_sample_value(name, {"pipeline": "slow"})

    watch = metrics.Watch("slow")
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="no number"):
            watch.processed(1, 1, [0.1, wrong])
    assert value("pipeline_row_latency_seconds_count") == 0
    watch.processed(1, 0, [-5.0])  # due in the future, by a clock that is ahead
    assert value("pipeline_row_latency_seconds_sum") == 0 and value("pipeline_row_latency_seconds_count") == 1


def test_a_worker_takes_good_rows_and_keeps_bad_ones(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    from lab.experiments.observability.kit.pipelinewatch import metrics, worker

    worker.prepare(tmp_path)
    lines = [
        b'{"id": 1, "amount": 1.5, "due": 0}',
        b"\xff not JSON",
        b"[1]",
        b'{"id": true, "amount": 1}',
        b'{"id": 9, "amount"',
    ]
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines))
    watch = metrics.Watch("mine")
    with closing(sqlite3.connect(tmp_path / "sink.db", isolation_level=None)) as sink:
        assert worker.step(tmp_path, sink, watch) == 4  # the last line is not whole yet
        worker.deploy(tmp_path, 2)
        with (tmp_path / "log.jsonl").open("ab") as log:
            log.write(b': 2.5}\n{"id": 10, "amount": 2}\n')
        assert worker.step(tmp_path, sink, watch) == 2 and worker.step(tmp_path, sink, watch) == 0
        assert sink.execute("SELECT id FROM written").fetchall() == [(1,), (10,)]
        assert sink.execute("SELECT count(*) FROM rejected").fetchone() == (4,)
    with pytest.raises(ValueError, match="1 latencies for 2"):
        watch.processed(1, 1, [0.1])
