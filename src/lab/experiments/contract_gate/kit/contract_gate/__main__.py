"""The command: `python -m contract_gate CONTRACT DATA`. Status 0: they agree, 1: a violation, 2: it can't be judged."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from .document import load
from .gate import check
from .rules import ContractError
from .sources import DataError


def main(arguments: Sequence[str] | None = None, schemas: Path | None = None) -> int:
    """A line for each violation on the output; what is not checked, and why nothing could be, on the error output."""
    given = _parser().parse_args(arguments)
    try:
        contract = load(given.contract, schemas)
        report = check(contract, given.data, given.now)
    except ContractError as error:
        print(f"broken contract: {error}", file=sys.stderr)
        return 2
    except DataError as error:
        print(f"no data: {error}", file=sys.stderr)
        return 2
    except Exception as error:  # whatever it is, of a driver too: it must not be taken for a violation
        print(f"not judged: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for left in contract.left:
        print(f"not checked: {left}", file=sys.stderr)
    for violation in report.violations:
        print(violation)
    judged = len(report.passed) + len(report.violations)
    print(
        f"{contract.id} {contract.version}: {judged} rules judged, {len(report.violations)} broken, "
        f"{len(report.skipped)} not judged"
    )
    return 1 if report.violations else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="contract_gate", description=__doc__)
    parser.add_argument("contract", type=Path, help="ODCS v3 document, YAML")
    parser.add_argument(
        "data", help="postgresql://..., a DuckDB file, a folder of TABLE.parquet or TABLE.csv"
    )
    parser.add_argument("--now", type=_moment, help="clock for freshness, ISO 8601; default: the machine's")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
