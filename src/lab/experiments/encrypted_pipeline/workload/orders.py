"""Orders with personal data, and a text in them that occurs nowhere else."""

from __future__ import annotations

import secrets
import string

import numpy as np
import pyarrow as pa

SECRET = ("name", "card", "note")  # sealed at the source; id and amount stay readable, for joins and sums
EVERY = 50  # rows of which one holds the needle


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
