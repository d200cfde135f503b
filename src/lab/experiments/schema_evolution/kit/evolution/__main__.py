"""The command line: `check` before a deploy, `migrate` for files that were written with another version."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .compatibility import MODES, check
from .decoding import UnreadableError
from .migrate import convert
from .schema import SchemaError


def main(arguments: Sequence[str] | None = None) -> int:
    """Status 0 if all is well, 1 if the new schema breaks or a record can't be migrated, 2 for unusable input."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (SchemaError, OSError, json.JSONDecodeError) as error:
        print(f"evolution: {error}", file=sys.stderr)
        return 2


def _check(given: argparse.Namespace) -> int:
    *history, new = map(_schema, given.schemas)
    found = check(history, new, given.mode)
    for item in found:
        word = "loses" if item.lossy else "breaks"
        print(
            f"{word} ({item.direction}, version {(item.version or 0) + 1}) {item.path}: {item.kind}: {item.message}"
        )
    refused = [item for item in found if given.strict or not item.lossy]
    return 1 if refused else 0


def _migrate(given: argparse.Namespace) -> int:
    import fastavro

    target, part = _schema(given.schema), given.target.with_suffix(given.target.suffix + ".part")
    try:
        with given.source.open("rb") as source, part.open("wb") as sink:
            records = fastavro.reader(source)
            made = (convert(item, records.writer_schema, target) for item in records)
            fastavro.writer(sink, target, made, codec=records.codec)
        part.replace(given.target)
        return 0
    except (SchemaError, OSError):
        raise
    except Exception as error:  # fastavro raises what it likes on a file that is cut off or none of Avro's
        said = error if isinstance(error, UnreadableError) else f"{type(error).__name__}: {error}"
        print(f"evolution: nothing was written: {said}", file=sys.stderr)
        return 1
    finally:
        part.unlink(missing_ok=True)


def _schema(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SchemaError(f"{path} is no JSON: {error}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evolution", description=__doc__)
    commands = parser.add_subparsers(required=True)
    checking = commands.add_parser("check", help="what keeps the last schema from following those before it")
    checking.add_argument(
        "schemas", nargs="+", type=Path, help="versions as .avsc files, oldest first, the new one last"
    )
    checking.add_argument("--mode", choices=MODES, default="FULL_TRANSITIVE")
    checking.add_argument("--strict", action="store_true", help="losses count as breaks")
    checking.set_defaults(run=_check)
    migrating = commands.add_parser("migrate", help="rewrite an Avro file with another version of its schema")
    migrating.add_argument("source", type=Path)
    migrating.add_argument("target", type=Path)
    migrating.add_argument("schema", type=Path)
    migrating.set_defaults(run=_migrate)
    return parser


if __name__ == "__main__":
    sys.exit(main())
