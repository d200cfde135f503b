"""Pairs of schemas: random ones, the versions of the order, and what may come next."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pandas as pd

from lab.errors import ServiceError
from lab.experiments.schema_evolution.kit.evolution import MODES, check
from lab.experiments.schema_evolution.measure.decoders import VERDICTS, decoders, fate, verdict, worst
from lab.experiments.schema_evolution.measure.topic import own, register_all
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.workload.fuzz import Pair, pairs
from lab.experiments.schema_evolution.workload.orders import BAD, CHANGES, Schema, history
from lab.services.schemaregistry import Registry

Checker = Callable[[Any, Any], list[Any]]


def fuzzed(params: Params, registry: Registry, checker: Checker) -> pd.DataFrame:
    """One row for each random pair: verdict, registry's verdict, truth, and what became of it with each decoder."""
    made, tried = pairs(params.fuzz_pairs, params.seed), decoders()
    with ThreadPoolExecutor(4) as aside:  # the registry answers while the decoders are at work
        subjects = [own(f"pair-{number}") for number in range(len(made))]
        said = aside.map(lambda subject, pair: _registry_says(registry, subject, pair), subjects, made)
        fates = [
            fate(pair.reader, pair.writer, params.values, params.seed + number, tried, checker)
            for number, pair in enumerate(made)
        ]
    return pd.DataFrame(
        {
            "pair": number,
            "edits": ", ".join(pair.edits),
            "verdict": found.verdict,
            "registry": answer,
            "truth": found.truth,
            **found.decoded,
            "example": found.example,
        }
        for number, (pair, found, answer) in enumerate(zip(made, fates, said, strict=True))
    )


def verdicts(params: Params, checker: Checker) -> list[str]:
    """Verdicts of another checker on the same random pairs."""
    return [verdict(pair.reader, pair.writer, checker) for pair in pairs(params.fuzz_pairs, params.seed)]


def versions(params: Params, checker: Checker) -> pd.DataFrame:
    """One row for each reader's and writer's version of the order: verdict, truth, the consumer's own decoder."""
    rows, tried = [], dict(list(decoders().items())[:1])
    numbered = list(enumerate(history(), 1))
    for (reader_number, reader), (writer_number, writer) in itertools.product(numbered, repeat=2):
        found = fate(reader, writer, params.values, params.seed, tried, checker)
        rows.append(
            {
                "reader": reader_number,
                "writer": writer_number,
                "verdict": found.verdict,
                "truth": found.truth,
                **found.decoded,
            }
        )
    return pd.DataFrame(rows)


def changes(params: Params, registry: Registry) -> pd.DataFrame:
    """One row for each change and mode: our verdict, the registry's, and what decoding shows of the pairs that it covers.

    history: versions that keep this mode without a loss, the latest ones.
    """
    whole, rows = history(), []
    subjects = {start: own(f"orders-from-{start + 1}") for start in {_start(whole, mode) for mode in MODES}}
    for start, subject in subjects.items():
        register_all(registry, subject, whole[start:])
    proposed = [change(whole[-1]) for change in CHANGES]
    for mode in MODES:
        start = _start(whole, mode)
        past, subject = whole[start:], subjects[start]
        registry.set_level(mode, subject)
        with ThreadPoolExecutor(4) as aside:
            said = list(aside.map(partial(registry.compatible, subject), proposed))
        for change, new, answer in zip(CHANGES, proposed, said, strict=True):
            found = check(past, new, mode)
            rows.append(
                {
                    "change": change.name,
                    "mode": mode,
                    "history": len(past),
                    "verdict": VERDICTS[2 if any(not item.lossy for item in found) else 1 if found else 0],
                    "kinds": ", ".join(dict.fromkeys(item.kind for item in found)),
                    "registry": answer.compatible,
                }
            )
    truths = {change.name: _truths(params, whole, change(whole[-1])) for change in CHANGES}
    table = pd.DataFrame(rows)
    table["truth"] = [
        worst(_covered(truths[str(change)], str(mode), len(whole) - int(kept)))
        for change, mode, kept in table[["change", "mode", "history"]].to_numpy()
    ]
    return table


def _truths(params: Params, past: Sequence[Schema], new: Schema) -> dict[tuple[str, int], str]:
    """What decoding shows, by direction and place in the history."""
    found = {}
    for place, old in enumerate(past):
        found["backward", place] = fate(new, old, params.values, params.seed, {}).truth
        found["forward", place] = fate(old, new, params.values, params.seed, {}).truth
    return found


def _start(versions: Sequence[Schema], mode: str) -> int:
    """Where the history begins that keeps this mode without a loss: a version before breaks it, or loses something."""

    def kept(start: int) -> bool:
        return not any(
            check(versions[start:new], versions[new], mode) for new in range(start + 1, len(versions))
        )

    return next(start for start in range(len(versions)) if kept(start))


def _covered(truths: dict[tuple[str, int], str], mode: str, start: int) -> Iterator[str]:
    """Truths of the pairs that a mode asks for, from version `start` on; `right` for none."""
    last = max(place for _, place in truths)
    yield "right"
    for (direction, place), truth in truths.items():
        named = mode.startswith((direction.upper(), "FULL"))
        if named and place >= start and (mode.endswith("_TRANSITIVE") or place == last):
            yield truth


def _registry_says(registry: Registry, subject: str, pair: Pair) -> str:
    """The registry's word on a reader that follows a writer under BACKWARD; `refused` if it takes one of them for no schema."""
    try:
        registry.register(subject, pair.writer)
        registry.set_level("BACKWARD", subject)
        return "compatible" if registry.compatible(subject, pair.reader).compatible else "breaking"
    except ServiceError:
        return "refused"


def gate(params: Params, registry: Registry) -> pd.DataFrame:
    """The same bad version at a registry whose gate is closed: whether it was refused, and after how long."""
    good = history()[-1]
    subject = own("gated-value")
    registry.register(subject, good)
    registry.set_level(params.mode, subject)
    begin = time.monotonic()
    try:
        registry.register(subject, BAD(good))
        refused = False
    except ServiceError:
        refused = True
    return pd.DataFrame([{"mode": params.mode, "refused": refused, "seconds": time.monotonic() - begin}])
