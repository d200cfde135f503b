"""A pipeline with a gate: files come in, good ones go into the mart, the others into quarantine, untouched, with the reason."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from lab.experiments.data_quality.mechanism.gate import Decision
from lab.experiments.data_quality.mechanism.gate import gate as judge
from lab.experiments.data_quality.mechanism.suite import Suite

logger = logging.getLogger("data_quality")
Gate = Callable[[Suite, pd.DataFrame], Decision]


@dataclass(frozen=True)
class Pipeline:
    """Files of CSV in UTF-8 -> mart.duckdb or quarantine/, both in `folder`. suite: what the gate asks for.

    A batch is known by its file's name. It is loaded whole, in one transaction, or not at all, and never twice.
    A loader that was killed and is started again with the same file ends where it would have ended.
    """

    folder: Path
    suite: Suite
    gate: Gate = judge

    def create(self, like: pd.DataFrame) -> None:
        """Make the mart, with the columns and types of `like` and none of its rows.

        ValueError if two columns differ in capitals only, or one is called `batch`: the mart could not tell them apart.
        """
        names = ["batch", *(name.lower() for name in like.columns)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the mart can't tell these columns apart, or from its own `batch`: {twice}")
        self.quarantine.mkdir(parents=True)
        with self._mart() as mart:
            mart.register("sample", like)
            mart.execute("CREATE TABLE rows AS SELECT '' AS batch, * FROM sample LIMIT 0")
            mart.execute("CREATE TABLE loaded (batch VARCHAR PRIMARY KEY, sha256 VARCHAR, rows BIGINT)")

    @property
    def quarantine(self) -> Path:
        return self.folder / "quarantine"

    def load(self, file: Path) -> Decision:
        """Take `file` in, which then is in the mart or in quarantine and no longer where it was.

        ValueError if a batch of that name is loaded already with other content.
        """
        content, digest = file.read_bytes(), hashlib.sha256(file.read_bytes()).hexdigest()
        loaded = self._is_loaded(file.stem, digest)
        decision = Decision(True, (), content.count(b"\n") - 1) if loaded else self._decide(file)
        if decision.accepted and not loaded:
            decision = self._insert(file, digest, decision)
        reason = self.quarantine / f"{file.stem}.error.txt"
        if decision.accepted:
            for done in (self.quarantine / file.name, reason, file):
                done.unlink(missing_ok=True)
        else:
            logger.error("%s: %s", file.name, decision.error)
            reason.write_text(decision.error + "\n", encoding="utf-8")
            file.replace(self.quarantine / file.name)
        return decision

    def read(self, file: Path) -> pd.DataFrame:
        """A batch as it came: only an empty field is missing, and what the mart has as text stays text (`NA`, `00501`)."""
        with self._mart() as mart:
            columns = mart.execute("DESCRIBE rows").fetchall()
        text = {name: str for name, type, *_ in columns if type == "VARCHAR"}
        return pd.read_csv(
            file, keep_default_na=False, na_values=[""], low_memory=False, encoding="utf-8", dtype=text
        )

    def _decide(self, file: Path) -> Decision:
        try:
            return self.gate(self.suite, self.read(file))
        except (ValueError, UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as unreadable:
            return Decision(False, (), 0, f"{file.name} can't be read: {unreadable}")

    def _insert(self, file: Path, digest: str, decision: Decision) -> Decision:
        columns = ", ".join('"' + name.replace('"', '""') + '"' for name in self.suite.columns)
        batch = self.read(file)
        try:
            with self._mart() as mart:
                mart.register("batch", batch)
                mart.execute("BEGIN")
                mart.execute(
                    f"INSERT INTO rows (batch, {columns}) SELECT ?, {columns} FROM batch", [file.stem]
                )
                mart.execute("INSERT INTO loaded VALUES (?, ?, ?)", [file.stem, digest, decision.rows])
                mart.execute("COMMIT")
        except (duckdb.DataError, duckdb.BinderException, duckdb.InvalidInputException) as refused:
            return Decision(
                False, decision.violated, decision.rows, f"the mart refused {file.name}: {refused}"
            )
        return decision

    def _is_loaded(self, batch: str, digest: str) -> bool:
        with self._mart() as mart:
            found = mart.execute("SELECT sha256 FROM loaded WHERE batch = ?", [batch]).fetchone()
        if found and found[0] != digest:
            raise ValueError(
                f"batch {batch} is loaded already, with other content; give this one another name"
            )
        return bool(found)

    def contents(self) -> pd.DataFrame:
        """All rows of the mart, with the batch that each came in."""
        with self._mart() as mart:
            return mart.execute("SELECT * FROM rows").df()

    @contextmanager
    def _mart(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = duckdb.connect(str(self.folder / "mart.duckdb"))
        try:
            yield connection
        finally:
            connection.close()


def gate_off(suite: Suite, batch: pd.DataFrame) -> Decision:
    """Takes everything in: what a loader without a gate does."""
    return Decision(True, (), len(batch))
