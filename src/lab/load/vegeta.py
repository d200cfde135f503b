"""Vegeta, an open-loop HTTP load tool that nobody here wrote: requests at a constant rate, whatever the answers do."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lab import paths
from lab.errors import ServiceError
from lab.services.commands import run
from lab.services.session import session

_INSTALL = "Run: lab setup backpressure"
_COLUMNS = ("at", "status", "latency", "out", "in", "error", "body", "attack", "seq")  # the first of its CSV


@dataclass(frozen=True)
class Target:
    """One request."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def line(self) -> str:
        """As a line of Vegeta's JSON format."""
        headers = {name: [value] for name, value in self.headers.items()}
        told = {"method": self.method, "url": self.url, "header": headers}
        return json.dumps(told | ({"body": base64.b64encode(self.body).decode()} if self.body else {}))


@dataclass(frozen=True)
class Attack:
    """A load that is being sent."""

    rate: float
    _child: subprocess.Popen[bytes]
    _results: Path
    _end_s: float

    def results(self) -> pd.DataFrame:
        """Wait for the last answer; one row per request, in the order in which they were sent.

        at: s since 1970, when it was sent; late: s after it was due; latency: s; status: 0 for no answer; error; body: of
        the answer. ServiceError if Vegeta failed.
        """
        try:
            status = self._child.wait(self._end_s)
        except subprocess.TimeoutExpired:
            raise ServiceError(f"Vegeta was not done after {self._end_s:g} s") from None
        if status:
            said = self._results.with_suffix(".err").read_text()[-500:]
            raise ServiceError(f"Vegeta ended with status {status}. {said}")
        table = self._results.with_suffix(".csv")
        run([str(program()), "encode", "-to=csv", f"-output={table}", str(self._results)], "vegeta encode")
        return _read(table, self.rate)


@contextmanager
def attack(
    targets: Sequence[Target], rate: float, seconds: float, timeout_s: float = 30, connections: int = 10_000
) -> Iterator[Attack]:
    """Begin to send at `rate` requests/s for `seconds`, the targets one after the other, and again from the first one on.

    connections: idle ones that are kept. It opens as many as it needs. Broken off when the block ends.
    """
    if not (targets and rate > 0 and seconds > 0):
        raise ValueError(
            f"a load needs targets, a rate and a duration, not {len(targets)}, {rate}, {seconds}"
        )
    results = session().folder / f"vegeta-{uuid.uuid4().hex[:8]}.bin"
    given = results.with_suffix(".targets")
    given.write_text("".join(f"{target.line()}\n" for target in targets))
    command = [str(program()), "attack", "-format=json", f"-targets={given}", f"-output={results}"]
    # A rate is a whole number of requests in a time.
    command += [f"-rate={round(rate * 1000)}/1000s", f"-duration={round(seconds * 1e6)}us"]
    command += [f"-timeout={timeout_s:g}s", f"-connections={connections}"]
    with results.with_suffix(".err").open("wb") as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env=session().environment(),
            start_new_session=True,
        )
    try:
        yield Attack(rate, child, results, seconds + timeout_s + 10)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def program() -> Path:
    """Where Vegeta is; ServiceError with what to do if it is not there."""
    found = paths.tools() / "go-vegeta" / "vegeta"
    if not found.exists():
        raise ServiceError(f"Vegeta is not installed. {_INSTALL}")
    return found


def version() -> str:
    """Version that set-up builds."""
    pin = (paths.PROJECT / "env" / "go" / "vegeta" / "go.mod").read_text()
    return re.findall(r"tsenart/vegeta/v12 v([\d.]+)", pin)[0]


def _read(table: Path, rate: float) -> pd.DataFrame:
    told = pd.read_csv(table, header=None, dtype=str, keep_default_na=False)
    frame = told.iloc[:, : len(_COLUMNS)].set_axis(list(_COLUMNS), axis=1)
    frame = frame.assign(seq=frame["seq"].astype(int)).sort_values("seq", ignore_index=True)
    at = frame["at"].astype("int64")
    since = frame["seq"] * 1e9 / rate
    due = (at - since).min() + since  # its first request may itself be late
    return pd.DataFrame(
        {
            "at": at / 1e9,
            "late": (at - due) / 1e9,
            "latency": frame["latency"].astype("int64") / 1e9,
            "status": frame["status"].astype(int),
            "error": frame["error"],
            "body": [base64.b64decode(body) for body in frame["body"]],
        }
    )
