"""What committers push to a repository with contracts, samples and models, one after another, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONTRACT = "contracts/shop.odcs.yaml"
ORDERS, LINES = "samples/shop/orders.csv", "samples/shop/order_lines.csv"
SOURCES = "models/sources.yml"


@dataclass(frozen=True)
class Push:
    """files: what the commit changes. good: whether it must be accepted; names: words that a refusal must have.

    branch: that it is pushed to; merge: a branch that is merged into the main one instead of a commit.
    """

    name: str
    good: bool
    files: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    branch: str = "main"
    merge: str = ""


def pushes(example: Path) -> list[Push]:
    """In order; each is made from what was accepted before. example: the repository's files, which the first one brings."""
    first = {
        path.relative_to(example).as_posix(): path.read_text()
        for path in sorted(example.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    contract, orders, lines, sources = (first[name] for name in (CONTRACT, ORDERS, LINES, SOURCES))
    status = "      - name: status\n"
    wider = _changed(contract, status, "      - {name: channel, logicalType: string}\n" + status)
    wider = _changed(wider, "version: 1.0.0", "version: 1.1.0")
    required = status + "        logicalType: string\n        required: true\n"
    looser = _changed(wider, required, required.replace("        required: true\n", ""))
    header, *rows = orders.splitlines()
    channel = "\n".join([header + ",channel", *(row + ",web" for row in rows)]) + "\n"
    lost = {ORDERS: _changed(channel, "paid", "lost")}
    more = {SOURCES: _changed(sources, "{name: quantity}", "{name: quantity}, {name: discount}")}
    misspelt = {CONTRACT: _changed(wider, "required: true", "requried: true")}
    unsummed, orphan = (
        {LINES: _changed(lines, "6,9.95", "6,9.90")},
        {ORDERS: _changed(channel, "2,2,", "2,9,")},
    )
    minor, major = ({CONTRACT: _changed(looser, "1.1.0", version)} for version in ("1.2.0", "2.0.0"))
    in_set, in_query = ("orders.status", "set"), ("orders", "sum of its lines")
    return [
        Push("the repository as it stands", True, first),
        Push("a new optional column, in contract and sample", True, {CONTRACT: wider, ORDERS: channel}),
        Push("a sample with a status that the contract lacks", False, lost, in_set),
        Push("the same on a branch that is not protected", True, lost, branch="lost-status"),
        Push("its merge into the protected branch", False, merge="lost-status", names=in_set),
        Push("a sample whose order has no customer", False, orphan, ("orders.customer_id", "reference")),
        Push("a sample whose order is not the sum of its lines", False, unsummed, in_query),
        Push("a contract that promises less, minor version", False, minor, ("orders.status", "required")),
        Push("a contract with a misspelt key", False, misspelt, ("shop.odcs.yaml", "requried")),
        Push("a model reads what nobody promises", False, more, ("order_lines.discount",)),
        Push("a contract that promises less, major version", True, major),
        Push("a model reads one column less", True, {SOURCES: _changed(sources, ", {name: status}", "")}),
    ]


def _changed(text: str, what: str, instead: str) -> str:
    """`text` with the first `what` replaced; ValueError if there is none."""
    if what not in text:
        raise ValueError(f"there is no {what!r}")
    return text.replace(what, instead, 1)
