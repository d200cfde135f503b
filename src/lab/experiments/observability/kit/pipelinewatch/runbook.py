"""The runbook as a program: Alertmanager's webhook, which runs the commands of the entry that an alert links.

`python -m pipelinewatch.runbook RUNBOOK FOLDER PORT JOURNAL`. An alert's `runbook_url` ends in the anchor of its entry; the
entry's first `bash` block is run in FOLDER/PIPELINE, with PIPELINE and PIPELINE_HOME in its environment. Labels are data: a
name with anything but letters, digits, `_` and `-` is refused, and none becomes part of a command. Each event is a line of the
journal; `acknowledged` is the moment from which somebody, or here something, works on the alert.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

PATIENCE_S = 60
LONGEST = 1_000_000  # bytes of a delivery
SAID = 2_000  # bytes of what commands said, the last ones
_ENTRY = re.compile(r"## +(.+?)(?: +#+)? *")
_FENCE = re.compile(r" {0,3}(`{3,}(?!.*`)|~{3,}) *(\w*)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class RunbookError(ValueError):
    """A runbook that can't be run."""


def entries(text: str) -> dict[str, str]:
    """Commands by anchor, of each entry (`## Heading`) of a runbook; a line in a block is no heading.

    RunbookError for a heading that is there twice, and for a block that does not end.
    """
    found: dict[str, str] = {}
    anchor, fence, wanted = "", "", False
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2]:
                fence = ""
            elif wanted:
                found[anchor] += line + "\n"
        elif mark:
            fence, wanted = mark[1], mark[2] == "bash" and found.get(anchor) == ""
        elif heading := _ENTRY.fullmatch(line):
            if (anchor := _anchor(heading[1])) in found:
                raise RunbookError(f"two entries {heading[1]!r}")
            found[anchor] = ""
    if fence:
        raise RunbookError(f"a block of {anchor!r} does not end")
    return found


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


class Runner:
    """Runs entries: for each alert of each pipeline one at a time."""

    def __init__(self, runbook: Path, folder: Path, journal: Path) -> None:
        self.entries, self.folder, self.journal = entries(runbook.read_text()), folder, journal
        self.lock, self.running = threading.Lock(), set[tuple[str, str]]()

    def take(self, alert: dict[str, Any]) -> None:
        """Start on an alert that fires, unless its commands are running."""
        name, pipeline = (str(alert["labels"].get(label, "")) for label in ("alertname", "pipeline"))
        anchor = unquote(str(alert.get("annotations", {}).get("runbook_url", "")).rpartition("#")[2])
        if alert.get("status") != "firing":
            return self.write(event="resolved", alert=name, pipeline=pipeline)
        if not _NAME.fullmatch(pipeline) or not self.entries.get(anchor):
            return self.write(event="refused", alert=name, pipeline=pipeline, anchor=anchor)
        with self.lock:
            if (name, pipeline) in self.running:
                return None
            self.running.add((name, pipeline))
        self.write(event="acknowledged", alert=name, pipeline=pipeline)
        threading.Thread(target=self.run, args=(name, pipeline, self.entries[anchor])).start()
        return None

    def run(self, name: str, pipeline: str, commands: str) -> None:
        try:
            status, said = self.shell(pipeline, commands)
        except Exception as error:  # whatever it is, the next alert must find a runner that works
            status, said = -1, f"{type(error).__name__}: {error}"
        with self.lock:
            self.running.discard((name, pipeline))
        self.write(event="done", alert=name, pipeline=pipeline, status=status, said=said)

    def shell(self, pipeline: str, commands: str) -> tuple[int, str]:
        """Status and output; what takes too long is killed, with all that it started.

        A service that the commands start goes on, and is not waited for: output goes to memory, not to a pipe that it would keep.
        """
        home = self.folder / pipeline
        with os.fdopen(os.memfd_create("said"), "w+b") as output:
            child = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", commands],
                cwd=home,
                env=os.environ | {"PIPELINE": pipeline, "PIPELINE_HOME": str(home.resolve())},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                child.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                return child.wait(), f"killed after {PATIENCE_S} s"
            output.seek(max(0, output.seek(0, os.SEEK_END) - SAID))
            return child.returncode, output.read().decode(errors="replace")

    def write(self, **line: Any) -> None:
        """A journal that can't be written, as on a full disk, keeps no command from being run."""
        try:
            with self.lock, self.journal.open("a") as file:
                file.write(json.dumps({"at": time.time(), **line}) + "\n")
        except OSError as error:
            print(f"{self.journal}: {error}: {line}", file=sys.stderr, flush=True)


def serve(runner: Runner, port: int) -> None:
    """Take deliveries of Alertmanager's webhook, on the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200)

        def do_POST(self) -> None:
            try:
                length = int(self.headers.get("Content-Length", 0))
                if not 0 <= length <= LONGEST:
                    return self.answer(413)
                for alert in json.loads(self.rfile.read(length))["alerts"]:
                    runner.take(alert)
            except (ValueError, KeyError, TypeError, AttributeError):
                return self.answer(400)  # which Alertmanager does not send again
            return self.answer(200)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The journal has it."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(Runner(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[4])), int(sys.argv[3]))
