"""Keeps the example running: a source that writes rows on a fixed schedule, and a worker for each pipeline, started anew
when it ends (as systemd's `Restart=always` does).

`python -m pipelinewatch.plant FOLDER RATE PORT NAME=PORT...`: folder of all pipelines, rows/s for each, the port of the
source's own metrics, then each pipeline with the port of its worker's.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from prometheus_client import start_http_server

from .metrics import Watch
from .worker import prepare

TICK_S = 0.02
AGAIN_S = 0.2


def row(number: int, due: float) -> dict[str, Any]:
    """Two of five amounts have a fraction, which only release 2 does not know."""
    return {"id": number, "due": due, "amount": number % 500 + (0.5 if number % 5 < 2 else 0)}


def produce(folder: Path, names: list[str], rate: float) -> None:
    """Row i is due at i / rate, whatever becomes of the rows before it: an open loop."""
    logs = [(folder / name / "log.jsonl").open("a") for name in names]
    watches = [Watch(name) for name in names]
    begun, sent = time.time(), 0
    first = int(begun * 1000)  # ids go on where an earlier run ended
    while True:
        now = time.time()
        due = [begun + number / rate for number in range(sent, int((now - begun) * rate) + 1)]
        lines = [json.dumps(row(first + sent + place, at) | {"sent": now}) for place, at in enumerate(due)]
        for log, watch in zip(logs, watches, strict=True):
            log.write("".join(f"{line}\n" for line in lines))
            log.flush()
            watch.arrived(len(lines))
        sent += len(lines)
        time.sleep(TICK_S)


def keep(home: Path, name: str, port: int, children: set[subprocess.Popen[bytes]]) -> None:
    """A worker, and another one whenever it has ended."""
    while True:
        child = subprocess.Popen([sys.executable, "-m", "pipelinewatch.worker", str(home), name, str(port)])
        children.add(child)
        child.wait()
        children.discard(child)
        time.sleep(AGAIN_S)


def main(folder: Path, rate: float, port: int, workers: dict[str, int]) -> None:
    children: set[subprocess.Popen[bytes]] = set()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for name in workers:
        prepare(folder / name)
    for name, own in workers.items():
        threading.Thread(target=keep, args=(folder / name, name, own, children), daemon=True).start()
    start_http_server(port, addr="127.0.0.1")
    try:
        produce(folder, list(workers), rate)
    finally:
        for child in list(children):
            child.kill()


if __name__ == "__main__":
    given = dict(pair.split("=") for pair in sys.argv[4:])
    main(
        Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), {name: int(of) for name, of in given.items()}
    )
