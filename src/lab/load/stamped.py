"""Message bodies that carry their number and their intended time, so that whoever reads them can count and time them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lab.load.schedule import Nanoseconds

HEADER = np.dtype([("sequence", "<i8"), ("due_ns", "<i8")])
_POOL = 1_000_003  # bytes of text before it repeats: far beyond a compressor's window


def payloads(sequences: NDArray[np.int64], due_ns: Nanoseconds, size: int, seed: int) -> list[bytes]:
    """One message body per sequence number: 8 bytes sequence, 8 bytes intended time, text to `size` bytes.

    The text is random letters and digits, so it compresses like text does and not
    like padding. The intended time is in ns after the start of the window.
    """
    filling = size - HEADER.itemsize
    alphabet = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", dtype=np.uint8)
    random = np.random.default_rng(seed)
    pool = alphabet[random.integers(0, len(alphabet), _POOL)]
    body = np.empty((len(sequences), size), dtype=np.uint8)
    head = np.empty(len(sequences), dtype=HEADER)
    head["sequence"], head["due_ns"] = sequences, due_ns
    body[:, : HEADER.itemsize] = head.view(np.uint8).reshape(-1, HEADER.itemsize)
    body[:, HEADER.itemsize :] = np.resize(pool, (len(sequences), filling))
    whole = body.tobytes()
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def headers(values: Sequence[bytes]) -> NDArray[np.void]:
    """Sequence numbers and intended times of message bodies of equal size, as an array of HEADER."""
    body = np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), -1)
    return np.ascontiguousarray(body[:, : HEADER.itemsize]).view(HEADER)[:, 0]
