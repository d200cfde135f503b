"""A repository that holds contracts, samples and dbt models: what in it may not be merged.

    contracts/NAME.odcs.yaml    contracts
    samples/NAME/TABLE.csv      rows that keep to contract NAME; samples/NAME/now.txt is their clock (ISO 8601)
    models/**/*.yml             dbt's sources; one that is called NAME reads what contract NAME promises

Use: `python -m contract_gate.repository NEW [OLD]`, two folders; status 1 if NEW may not follow OLD.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from .document import Contract, load
from .gate import check
from .promises import next_major, weakened
from .rules import ContractError
from .sources import DataError

SUFFIX = ".odcs.yaml"


@dataclass(frozen=True)
class Judged:
    """refused: reasons, a line each. rules: how many the contracts have."""

    refused: tuple[str, ...]
    contracts: int
    rules: int


def judge(new: Path, old: Path | None = None, schemas: Path | None = None) -> Judged:
    """Whether the folder `new` may be merged; old: what it follows, against which promises are held."""
    contracts, refused = {}, list(_unread(new))
    for path in sorted((new / "contracts").glob(f"*{SUFFIX}")):
        try:
            contracts[path.name.removesuffix(SUFFIX)] = load(path, schemas)
        except ContractError as error:
            refused.append(f"contracts/{path.name}: {error}")
    for name, contract in contracts.items():
        refused += _samples(name, contract, new / "samples" / name)
    refused += _models(new, contracts)
    if old is not None:
        refused += _promises(old, new, contracts, schemas)
    return Judged(tuple(refused), len(contracts), sum(len(one.rules) for one in contracts.values()))


def _unread(new: Path) -> Iterator[str]:
    """Files among the contracts that would be judged by nobody, because of where they are or what they are called."""
    for path in sorted((new / "contracts").rglob("*.y*ml")):
        if path.parent.name != "contracts" or not path.name.endswith(SUFFIX):
            yield f"{path.relative_to(new).as_posix()}: it would not be judged; call it contracts/NAME{SUFFIX}"


def _samples(name: str, contract: Contract, folder: Path) -> Iterator[str]:
    if not folder.exists():
        return
    try:
        clock = folder / "now.txt"
        now = datetime.fromisoformat(clock.read_text().strip()) if clock.exists() else datetime.now(UTC)
        now = now if now.tzinfo else now.replace(tzinfo=UTC)
        yield from (f"samples/{name}: {found}" for found in check(contract, folder, now).violations)
    except ContractError as error:
        yield f"contracts/{name}{SUFFIX}: {error}"
    except (DataError, ValueError) as error:
        yield f"samples/{name}: {error}"


def _models(new: Path, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Columns that dbt's sources list and no contract promises."""
    for path in sorted([*new.glob("models/**/*.yml"), *new.glob("models/**/*.yaml")]):
        place = path.relative_to(new).as_posix()
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            yield f"{place}: no YAML: {' '.join(str(error).split())}"
            continue
        for source in _list(document, "sources"):
            if source.get("name") in contracts:
                for missing in _missing(source, contracts[source["name"]]):
                    yield f"{place}: {missing} is read, and no contract promises it"


def _missing(source: Mapping[str, Any], contract: Contract) -> Iterator[str]:
    for table in _list(source, "tables"):
        name = str(table.get("identifier") or table.get("name"))
        if name not in contract.tables:
            yield name
            continue
        listed = [column.get("name") for column in _list(table, "columns")]
        yield from (f"{name}.{column}" for column in listed if column not in contract.tables[name])


def _list(document: object, key: str) -> list[dict[str, Any]]:
    found = document.get(key) if isinstance(document, dict) else None
    return [one for one in found or () if isinstance(one, dict)]


def _promises(old: Path, new: Path, contracts: Mapping[str, Contract], schemas: Path | None) -> Iterator[str]:
    for path in sorted((old / "contracts").glob(f"*{SUFFIX}")):
        name, after = path.name.removesuffix(SUFFIX), new / "contracts" / path.name
        if after.exists() and after.read_bytes() == path.read_bytes():
            continue
        try:
            before = load(path, schemas)
        except ContractError:
            continue  # a contract that could not be used promises nothing
        if not after.exists():
            yield f"contracts/{path.name}: it was removed"
        elif name in contracts and not next_major(before, contracts[name]):
            for line in weakened(before, contracts[name]):
                yield f"contracts/{path.name}: {line} (version {contracts[name].version} is no major one)"


def main(arguments: Sequence[str] | None = None) -> int:
    given = [Path(one) for one in (sys.argv[1:] if arguments is None else arguments)]
    if len(given) not in (1, 2) or not all(one.is_dir() for one in given):
        print("use: python -m contract_gate.repository NEW [OLD], two folders", file=sys.stderr)
        return 2
    found = judge(*given)
    print(
        "\n".join(found.refused)
        or f"{found.rules} rules in {found.contracts} contract(s): nothing against it"
    )
    return 1 if found.refused else 0


if __name__ == "__main__":
    sys.exit(main())
