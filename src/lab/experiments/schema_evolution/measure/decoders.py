"""How a reader's schema fares with what a writer's has written: by the rules, and by each decoder."""

from __future__ import annotations

import io
import json
import reprlib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from lab.experiments.schema_evolution.kit.evolution import Reader, avro_read, compatible
from lab.experiments.schema_evolution.oracle.binary import Plan, encode, plan
from lab.experiments.schema_evolution.oracle.resolution import Expected, RefusedError, resolve, same
from lab.experiments.schema_evolution.workload.values import values

Decoder = Callable[[bytes, Any, Any], Any]  # (payload, writer's schema, reader's) -> value
# The checker grades loss, so a reader that is to be judged may take all of it.
LOSSES = ("precision", "encoding", "enum default", "logical type")
VERDICTS = ("compatible", "lossy", "breaking")


@dataclass(frozen=True)
class Fate:
    """What became of one pair.

    verdict: of the checker, one of VERDICTS. truth: by the rules, over all values: `right`, `lossy` or `refused`.
    decoded: by decoder `right`, `refused` or `silent`, the worst of its values; loudly refused ones are not the worst.
    example: of something silent.
    """

    verdict: str
    truth: str
    decoded: dict[str, str]
    example: str = ""


def fastavro_bare(payload: bytes, writer: Any, reader: Any) -> Any:
    """fastavro as its documentation shows it."""
    import fastavro

    return fastavro.schemaless_reader(io.BytesIO(payload), _fastavro(_text(writer)), _fastavro(_text(reader)))


def avro_bare(payload: bytes, writer: Any, reader: Any) -> Any:
    """Apache's own Python library as its documentation shows it."""
    import avro.io

    found = avro.io.DatumReader(_avro(_text(writer)), _avro(_text(reader)))
    return found.read(avro.io.BinaryDecoder(io.BytesIO(payload)))


def ours(read: Decoder | None = None) -> Decoder:
    """The kit's Reader around a library."""
    cache: dict[str, Reader] = {}

    def decode(payload: bytes, writer: Any, reader: Any) -> Any:
        key = _text(reader)
        if key not in cache:
            cache[key] = Reader(reader, LOSSES, read)
        return cache[key].decode(payload, writer)

    return decode


def decoders() -> dict[str, Decoder]:
    """By name; the first is the consumer's own."""
    return {
        "Reader on fastavro": ours(),
        "Reader on avro": ours(avro_read),
        "fastavro": fastavro_bare,
        "avro": avro_bare,
    }


def verdict(reader: Any, writer: Any, checker: Callable[[Any, Any], list[Any]] = compatible) -> str:
    """What the checker says, as one of VERDICTS."""
    found = checker(reader, writer)
    return VERDICTS[2 if any(not item.lossy for item in found) else 1 if found else 0]


def fate(
    reader: Any,
    writer: Any,
    count: int,
    seed: int,
    tried: dict[str, Decoder],
    checker: Callable[[Any, Any], list[Any]] = compatible,
) -> Fate:
    """Write `count` values with `writer` and decode each of them with every decoder."""
    written, read = plan(writer), plan(reader)
    found = dict.fromkeys(tried, "right")
    truths, example = set(), ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # avro warns of each logical type that it does not know
        for value in values(written, count, seed):
            due = _due(value, written, read)
            truths.add("refused" if due is None else "lossy" if due.losses else "right")
            payload = encode(value, written)
            for name, decode in tried.items():
                came, shown = _outcome(decode, payload, writer, reader, due)
                found[name] = max(found[name], came, key=("right", "refused", "silent").index)
                example = example or (f"{name}: {shown}" if came == "silent" else "")
    worst = next(truth for truth in ("refused", "lossy", "right") if truth in truths)
    return Fate(verdict(reader, writer, checker), worst, found, example)


def _due(value: Any, written: Plan, read: Plan) -> Expected | None:
    try:
        return resolve(value, written, read)
    except RefusedError:
        return None


def _outcome(
    decode: Decoder, payload: bytes, writer: Any, reader: Any, due: Expected | None
) -> tuple[str, str]:
    try:
        got = decode(payload, writer, reader)
    except Exception:  # refused, in the library's own way
        return "refused", ""
    if due is not None and (same(got, due.value) or same(got, due.by_writer)):
        return "right", ""
    return "silent", told(got, due)


class _Brief(reprlib.Repr):
    """Values with long parts shortened; times as ISO 8601, because avro's time zone has no text of its own."""

    def repr_datetime(self, x: date, level: int) -> str:
        return x.isoformat()

    repr_date = repr_datetime


def told(got: Any, due: Expected | None) -> str:
    """A wrong value and the one that was due, each shortened by itself."""
    brief = _Brief()
    if due is None:
        return f"{brief.repr(got)} where an error is due"
    wrong, right = _apart(got, due.value)
    return f"{brief.repr(wrong)} where {brief.repr(right)} is due"


def _apart(got: Any, due: Any) -> tuple[Any, Any]:
    """Of two records the fields in which they differ, so that shortening hides no difference; else both as they are."""
    if not (isinstance(got, dict) and isinstance(due, dict)) or got.keys() != due.keys():
        return got, due
    parts = {name: _apart(got[name], due[name]) for name in due if not same(got[name], due[name])}
    return {name: one for name, (one, _) in parts.items()}, {
        name: other for name, (_, other) in parts.items()
    }


def worst(fates: Iterable[str]) -> str:
    """The worst of several truths."""
    return max(fates, key=("right", "lossy", "refused").index)


def _text(schema: Any) -> str:
    return json.dumps(schema)


@lru_cache(maxsize=4096)
def _fastavro(text: str) -> Any:
    import fastavro

    return fastavro.parse_schema(json.loads(text))


@lru_cache(maxsize=4096)
def _avro(text: str) -> Any:
    import avro.schema

    return avro.schema.parse(text)
