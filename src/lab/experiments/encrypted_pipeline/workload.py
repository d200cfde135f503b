"""The arms of the pipeline, orders with a text to search for, and what is done to a file."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lab.experiments.encrypted_pipeline.criteria import PLAINTEXT

SECRET = ("name", "card", "note")  # sealed at the source; id and amount stay readable, for joins and sums
EVERY = 50  # rows of which one holds the needle
MAGIC, TAIL, TAG = 4, 8, 16  # bytes: at both ends of a Parquet file; footer's length and magic; of AES-GCM


@dataclass(frozen=True)
class Arm:
    """tls: on every connection, certificates verified. fields: sealed at the source. files: encrypted Parquet."""

    name: str
    tls: bool
    fields: bool
    files: bool


ENCRYPTED = Arm("encrypted", True, True, True)
WITHOUT_FIELDS = Arm("TLS and encrypted files", True, False, True)
TLS_ONLY = Arm("TLS alone", True, False, False)
PLAIN = Arm(PLAINTEXT, False, False, False)
ARMS = (PLAIN, TLS_ONLY, WITHOUT_FIELDS, ENCRYPTED)


def needle() -> str:
    """A text that nobody else wrote: another one for each arm, since all arms share their servers."""
    # No run of hexadecimal digits alone: base64 and hex forms of it would be told apart badly.
    return f"Needle{''.join(secrets.choice(string.ascii_letters) for _ in range(24))}"


def orders(count: int, text: str, seed: int, first: int = 0) -> pa.Table:
    """`count` orders: id, amount in cents, name, card, note; every `EVERY`th note holds `text`."""
    random = np.random.default_rng([seed, first])
    letters = np.array(list(string.ascii_lowercase))
    words = ["".join(row) for row in letters[random.integers(0, 26, (count, 40))]]
    cards = random.integers(10**15, 10**16, count)
    notes = [f"{text} {word}" if place % EVERY == 0 else f"{word} {word}" for place, word in enumerate(words)]
    return pa.table(
        {
            "id": pa.array(range(first, first + count), pa.int64()),
            "amount": pa.array(random.integers(100, 10**7, count), pa.int64()),
            "name": [f"{word[:6].title()} {word[6:14].title()}" for word in words],
            "card": [str(card) for card in cards],
            "note": notes,
        }
    )


@dataclass(frozen=True)
class File:
    """Bytes of a data file and of its key material, if it has one. chunks: (start, end) of a column in each row group."""

    data: bytes
    material: bytes | None
    chunks: tuple[tuple[int, int], ...]

    @property
    def footer(self) -> int:
        """Where the footer begins: its length stands before the last magic bytes."""
        return len(self.data) - TAIL - int.from_bytes(self.data[-TAIL:-MAGIC], "little")


@dataclass(frozen=True)
class Case:
    """kind: how the figure names it. drawn: at random over the whole data file; the others are chosen places."""

    kind: str
    data: bytes
    material: bytes | None
    drawn: bool = False


HEADER, BODY, FOOTER, END, MATERIAL = (
    "bit in header",
    "bit in body",
    "bit in footer",
    "bit in last tag",
    "bit in wrapped keys",
)
SWAPPED, MOVED, CUT, FOREIGN = (
    "column chunks swapped",
    "chunk of another file",
    "cut off",
    "footer of another file",
)


def cases(own: File, other: File, flips: int, random: np.random.Generator) -> Iterator[Case]:
    """Every kind of change. other: a file of the same schema and sizes, with other rows. flips: bits, one at a time."""
    yield from _flips(own, flips, random)
    (first, second), (_, theirs) = own.chunks[:2], other.chunks[:2]
    if second[1] - second[0] == first[1] - first[0]:
        yield Case(SWAPPED, _swapped(own.data, first, second), own.material)
    if theirs[1] - theirs[0] == second[1] - second[0]:
        yield Case(MOVED, _put(own.data, second, other.data[slice(*theirs)]), own.material)
    for share in (0.0, 0.25, 0.5, 0.9, 0.999):
        yield Case(CUT, own.data[: int(share * len(own.data))], own.material)
    yield Case(CUT, own.data[:-1], own.material)
    yield Case(CUT, own.data[: own.footer], own.material)
    yield Case(FOREIGN, own.data[: own.footer] + other.data[other.footer :], own.material)


def _flips(own: File, flips: int, random: np.random.Generator) -> Iterator[Case]:
    size, footer = len(own.data), own.footer
    fixed = {
        HEADER: range(MAGIC + 8),
        BODY: [own.chunks[0][0] + 20, footer // 2, footer - 1],
        FOOTER: [footer, footer + 5, (footer + size) // 2, *range(size - TAIL, size)],
        END: range(size - TAIL - TAG, size - TAIL),
    }
    places = [(kind, place, False) for kind, own_places in fixed.items() for place in own_places]
    drawn = map(int, random.integers(0, size, flips))
    places += [(BODY if place < footer else FOOTER, place, True) for place in drawn]
    for kind, place, random_place in places:
        yield Case(kind, flipped(own.data, place, int(random.integers(8))), own.material, random_place)
    if own.material is not None:
        for place in random.integers(0, len(own.material), max(10, flips // 4)):
            yield Case(MATERIAL, own.data, flipped(own.material, int(place), int(random.integers(8))))


def flipped(data: bytes, place: int, bit: int) -> bytes:
    """`data` with one bit of byte `place` turned."""
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def _swapped(data: bytes, first: tuple[int, int], second: tuple[int, int]) -> bytes:
    return _put(_put(data, first, data[slice(*second)]), second, data[slice(*first)])


def _put(data: bytes, place: tuple[int, int], content: bytes) -> bytes:
    return data[: place[0]] + content + data[place[1] :]
