"""Keys rotated while readers read, and how long that takes against files and their size."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from lab.experiments.encrypted_pipeline.measure.flow import PLAINLY
from lab.experiments.encrypted_pipeline.measure.place import FOOTER, PII, Place
from lab.experiments.encrypted_pipeline.mechanism import encrypt_table, field_cipher, read_table, rotate
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.workload import orders
from lab.load.interleave import interleaved

if TYPE_CHECKING:
    from lab.experiments.encrypted_pipeline.kit.kms import FieldCipher

READERS = 2
_BEFORE_S = _AFTER_S = 0.4
# A reader that has opened a file goes on with the wrapped keys that it found: it must have asked for them by then.
GRACE_S = 0.5
MASTERS = (FOOTER, PII)
REWRAP = "re-wrap"
CARD = b"4111 1111 1111 1111"


@dataclass
class Rotation:
    """reads: start_s, ms, failed, why. steps: name, start_s, end_s; times from the readers' start. lost: files whose rows
    or bytes differ afterwards. opened: what old wrapped keys still open, of `tried`."""

    reads: pd.DataFrame
    steps: pd.DataFrame
    files: int
    lost: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    tried: int = 0


def rotated(place: Place, params: Params, revoke_first: bool = False) -> Rotation:
    """All keys of a lake rotated, wrapped anew and the old ones revoked, under readers."""
    lake, tables = _lake(place, params, "revoked-first" if revoke_first else "rotated", params.files[0])
    before = _hashes(lake)
    old = {path: path.read_bytes() for path in lake.glob("_KEY_MATERIAL*")}
    cipher, sealed = _field(place)
    readers = _Readers(place, lake, tables)
    with readers:
        time.sleep(_BEFORE_S)
        steps = _steps(place, lake, cipher, readers.began, revoke_first)
        time.sleep(_AFTER_S)
    found = Rotation(readers.reads(), steps, len(tables))
    if not revoke_first:
        found.lost = _lost(place, lake, tables, before)
        _old(place, lake, old, sealed, cipher, found)
    return found


def _steps(place: Place, lake: Path, cipher: FieldCipher, began: float, revoke_first: bool) -> pd.DataFrame:
    operator, steps = place.kms("operator"), []

    def new() -> None:
        for name in MASTERS:
            operator.rotate(name)

    def revoke() -> None:
        for name in MASTERS:
            operator.revoke(name, operator.latest(name))

    def rewrap() -> None:
        rotate(lake, operator)
        cipher.rewrap()

    def wait() -> None:
        time.sleep(GRACE_S)

    ordered = [("new version", new), (REWRAP, rewrap), ("wait", wait), ("revoke", revoke)]
    for name, step in (ordered[0], ordered[3], ordered[1]) if revoke_first else ordered:
        start = time.perf_counter()
        try:
            step()
        except Exception as error:  # revoked before: what can't be unwrapped can't be wrapped anew
            name = f"{name} ({type(error).__name__})"
        steps.append({"step": name, "start_s": start - began, "end_s": time.perf_counter() - began})
    return pd.DataFrame(steps)


class _Readers:
    """Threads that read one file after the other, each time with the key service asked anew."""

    def __init__(self, place: Place, lake: Path, tables: dict[Path, pa.Table]) -> None:
        self._kms, self._tables, self._ended = place.kms("reader"), tables, threading.Event()
        self._seen: list[dict[str, object]] = []
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(READERS)]
        self.began = 0.0

    def __enter__(self) -> None:
        self.began = time.perf_counter()
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def reads(self) -> pd.DataFrame:
        return pd.DataFrame(self._seen, columns=["start_s", "ms", "failed", "why"])

    def _read(self, number: int) -> None:
        draw, files = random.Random(number), list(self._tables)
        while not self._ended.is_set():
            path, start, why = draw.choice(files), time.perf_counter(), ""
            try:
                if not read_table(path, self._kms).equals(self._tables[path]):
                    why = "other rows"
            except Exception as error:  # whatever it is, a read failed
                why = f"{type(error).__name__}: {error}"[:120]
            took = 1e3 * (time.perf_counter() - start)
            self._seen.append({"start_s": start - self.began, "ms": took, "failed": bool(why), "why": why})


def _lake(
    place: Place, params: Params, name: str, files: int, rows: int | None = None
) -> tuple[Path, dict[Path, pa.Table]]:
    from lab.experiments.encrypted_pipeline.kit.kms import Keys

    lake, count = place.folder / name, rows or params.file_rows
    lake.mkdir()
    # All hold the same few tables: it is keys that are counted here.
    tables = [orders(count, "x" * 30, params.seed, first * count) for first in range(3)]
    found = {lake / f"{number:05}.parquet": tables[number % 3] for number in range(files)}
    kms, keys = place.kms("lake"), Keys(FOOTER, {"name": PII, "card": PII, "note": PII})
    for path, table in found.items():
        encrypt_table(table, path, kms, keys, **PLAINLY)
    return lake, found


def _hashes(lake: Path) -> dict[Path, str]:
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in lake.glob("*.parquet")}


def _lost(place: Place, lake: Path, tables: dict[Path, pa.Table], before: dict[Path, str]) -> list[str]:
    after, kms = _hashes(lake), place.kms("reader")
    changed = [path.name for path in tables if after.get(path) != before[path]]
    return changed + [path.name for path, table in tables.items() if not read_table(path, kms).equals(table)]


def _field(place: Place) -> tuple[FieldCipher, tuple[bytes, dict[str, str]]]:
    """A cipher of the operator's, who can wrap its key anew, and what the source sealed."""
    from lab.experiments.encrypted_pipeline.kit.kms import Field

    source = field_cipher(place.kms("source"), PII)
    sealed = source.seal(CARD, Field("orders", "card", "1")) or b""
    return field_cipher(place.kms("operator"), PII, source.wrapped), (sealed, dict(source.wrapped))


def _old(
    place: Place,
    lake: Path,
    old: dict[Path, bytes],
    sealed: tuple[bytes, dict[str, str]],
    cipher: FieldCipher,
    found: Rotation,
) -> None:
    """Try what somebody kept: wrapped keys of files and of fields from before the rotation, and the new ones of fields."""
    from lab.experiments.encrypted_pipeline.kit.kms import Field

    kms, where = place.kms("reader"), Field("orders", "card", "1")
    value, wrapped = sealed
    if field_cipher(kms, PII, cipher.wrapped).open(value, where) != CARD:
        found.lost.append("a sealed field")
    found.tried = 1 + len(old)
    if _opens(lambda: field_cipher(kms, PII, wrapped).open(value, where)):
        found.opened.append("a field")
    for path, content in old.items():
        new, file = path.read_bytes(), path.name.removeprefix("_KEY_MATERIAL_FOR_").removesuffix(".json")
        path.write_bytes(content)
        if _opens(partial(read_table, lake / file, kms)):
            found.opened.append(file)
        path.write_bytes(new)


def _opens(attempt: Callable[[], object]) -> bool:
    from lab.experiments.encrypted_pipeline.kit.kms import DecryptionError, KmsError

    try:
        attempt()
        return True
    except (DecryptionError, KmsError):
        return False


def timed(place: Place, params: Params) -> pd.DataFrame:
    """files, rows, keys (wrapped, of each file), bytes, round, seconds: of a rotation of each size of lake, and of one with
    larger files."""
    from lab.experiments.encrypted_pipeline.kit.kms import material

    sizes = [(count, params.file_rows) for count in params.files]
    sizes.append((params.files[0], params.file_rows * params.grown))
    lakes = {size: _lake(place, params, f"lake-{number}", *size)[0] for number, size in enumerate(sizes)}
    weights = {
        size: sum(path.stat().st_size for path in lake.glob("*.parquet")) for size, lake in lakes.items()
    }
    keys = {
        size: len(json.loads(material(next(lake.glob("*.parquet"))).read_text()))
        for size, lake in lakes.items()
    }
    operator, seen = place.kms("operator", wired=False), []
    for number, size in interleaved(sizes, params.rounds, params.seed):
        start = time.perf_counter()
        rotate(lakes[size], operator)
        took = time.perf_counter() - start
        own = {"files": size[0], "rows": size[1], "keys": keys[size], "bytes": weights[size]}
        seen.append(own | {"round": number, "seconds": took})
    return pd.DataFrame(seen)
