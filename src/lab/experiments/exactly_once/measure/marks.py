"""Two files that outlive whoever writes them: how far a batch is, and what became of each."""

from __future__ import annotations

import json
import mmap
import struct
import time
from pathlib import Path

from lab.experiments.exactly_once.measure.seen import Told

_NUMBERS = struct.Struct("<qqq")


class Mark:
    """Numbers in a file: written without a system call, read by anybody, and still there after a SIGKILL.

    done of size: messages of a batch that are handed over, and all of it; 0 of 0 between batches. known: of these the
    broker has.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_NUMBERS.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _NUMBERS.size)

    def set(self, done: int, size: int = 0, known: int = 0) -> None:
        self._memory[:] = _NUMBERS.pack(done, size, known)

    def read(self) -> tuple[int, int, int]:
        """done, size, known."""
        done, size, known = _NUMBERS.unpack(self._memory[:])
        return done, size, known

    def idle(self) -> bool:
        return self.read() == (0, 0, 0)

    def exposed(self) -> bool:
        """Whether it is in the second half of a batch that can't have been committed, and the broker has a part of it."""
        done, size, known = self.read()
        return known > 0 and size <= 2 * done < 2 * size

    def writing(self) -> bool:
        """Whether a part of a batch is handed over, and a part is not: it can't have been committed."""
        done, size, _ = self.read()
        return 0 < done < size

    def __str__(self) -> str:
        done, size, known = self.read()
        return f"with {done} of {size} messages of a batch handed over and {known} acknowledged"


class Log:
    """Lines of one processor; `read` gives those of all in a folder."""

    def __init__(self, folder: Path, arm: str, member: int) -> None:
        self._arm, self._member = arm, member
        self._file = (folder / f"{arm.replace(' ', '-')}-{member}.log").open("a", buffering=1)

    def tell(self, batch: int, what: str, detail: str = "") -> None:
        line = [self._arm, self._member, batch, what, time.time(), detail]
        self._file.write(json.dumps(line) + "\n")


def read(folder: Path, arm: str = "") -> list[Told]:
    """What was told so far, by one arm or by all; a line that is half written does not count yet."""
    pattern = f"{arm.replace(' ', '-')}-*.log" if arm else "*.log"
    whole = [path.read_text().rpartition("\n")[0] for path in sorted(folder.glob(pattern))]
    return [Told(*json.loads(line)) for text in whole for line in text.splitlines()]
