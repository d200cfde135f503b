"""Reads files in a process of its own, as `python -m`: one that a damaged file brings down takes nobody with it.

Each line of standard input is {"path", "kms": [url, certificate, key, authority] or null for plain Parquet}; each line of
output {"rows": digest} or {"refused": why}.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.services.session import session


class Reader:
    """The process, seen from here. The next read after a crash starts another."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def read(self, path: Path, kms: list[str] | None) -> dict[str, str]:
        """What came of reading `path` now: rows, refused, or crashed."""
        child = self._running()
        assert child.stdin and child.stdout
        try:
            child.stdin.write(json.dumps({"path": str(path), "kms": kms}) + "\n")
            child.stdin.flush()
            said = child.stdout.readline()
        except BrokenPipeError:
            said = ""
        if said:
            return json.loads(said)
        self.close()
        return {"crashed": f"status {child.returncode}"}

    def close(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()
        self._child = None

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None:
            command = [sys.executable, "-m", "lab.experiments.encrypted_pipeline.measure.reader"]
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=session().environment(),
            )
        return self._child


def _answer(asked: dict[str, Any]) -> dict[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from lab.experiments.encrypted_pipeline.kit.kms import DecryptionError, KmsClient, KmsError
    from lab.experiments.encrypted_pipeline.mechanism import read_table
    from lab.experiments.encrypted_pipeline.oracle import digest

    try:
        kms = asked["kms"]
        rows = read_table(asked["path"], KmsClient(*kms)) if kms else pq.read_table(asked["path"])
        return {"rows": digest(rows.to_pylist())}
    except (DecryptionError, KmsError) as error:
        return {"refused": str(error)}
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        MemoryError,
    ) as error:  # pyarrow's own words on a plain file
        return {"refused": str(error)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)
