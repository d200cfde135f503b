"""Is anything readable? `python verify.py FOLDER --text NEEDLE --key BASE64`: exit status 1 if any is found, with the place.

A text is searched as UTF-8, UTF-16, Latin-1, as JSON escapes it, in hexadecimal and base64 (at each of the three offsets);
files are read as bytes, so compressed ones hide it. Exit status 2 if the search can't be made.
"""

from __future__ import annotations

import argparse
import base64
import json
import mmap
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Hit:
    """`needle`'s name, in `form`, at byte `offset` of `path`."""

    needle: str
    form: str
    path: Path
    offset: int


def forms(value: bytes) -> dict[str, bytes]:
    """How `value` may lie in a file. ValueError if one form has fewer than 8 bytes, which turn up by chance."""
    found = {"as it is": value, "hex": value.hex().encode(), "HEX": value.hex().upper().encode()}
    for shift in range(3):
        # In base64 four characters are three bytes: what stands before shifts it. Only whole groups are its own.
        inner = value[shift:]
        found[f"base64 {shift}"] = base64.b64encode(inner[: len(inner) // 3 * 3])
        found[f"base64url {shift}"] = base64.urlsafe_b64encode(inner[: len(inner) // 3 * 3])
    with suppress(UnicodeError):
        text = value.decode()
        found |= {"UTF-16": text.encode("utf-16-le"), "UTF-16 BE": text.encode("utf-16-be")}
        found["JSON"] = json.dumps(text)[1:-1].encode()
        found["Latin-1"] = text.encode("latin-1")  # last: not every text has it
    if min(map(len, (value, *found.values()))) < 8:
        raise ValueError(
            "a needle of fewer than 8 bytes, in whatever encoding, is found by chance; take a longer one"
        )
    once = {text: form for form, text in reversed(found.items())}
    return {form: text for text, form in once.items()}


def search(places: Iterable[Path], needles: Mapping[str, bytes]) -> Iterator[Hit]:
    """The first place of each needle, in each form, in each file of `places` (files, or folders with all that is in them)."""
    wanted = [(name, form, text) for name, value in needles.items() for form, text in forms(value).items()]
    for path in everything(places):
        # A server at work removes files while they are looked through.
        with suppress(FileNotFoundError), path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                continue
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                for name, form, text in wanted:
                    if (offset := content.find(text)) >= 0:
                        yield Hit(name, form, path, offset)


def everything(places: Iterable[Path]) -> Iterator[Path]:
    """Every plain file; a file that can't be read is an error, not an absence."""
    for place in places:
        if not place.exists():
            raise FileNotFoundError(place)
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (path for path in inside if path.is_file() and not path.is_symlink())


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("places", type=Path, nargs="+")
    asked.add_argument("--text", action="append", default=[])
    asked.add_argument("--key", action="append", default=[], help="in base64")
    given = asked.parse_args()
    try:
        needles = {text: text.encode() for text in given.text}
        needles |= {f"key {place}": _key(key) for place, key in enumerate(given.key, 1)}
        if not needles:
            asked.error("say what to search: --text or --key")
        hits = list(search(given.places, needles))
    except (ValueError, OSError) as error:  # what was not searched must not look like what was not found
        asked.error(str(error))
    for hit in hits:
        print(f"{hit.path} byte {hit.offset}: {hit.needle} ({hit.form})")
    print(f"{len(hits)} found in {sum(1 for _ in everything(given.places))} files")
    return 1 if hits else 0


def _key(text: str) -> bytes:
    """Of base64, or of its form for URLs; nothing in it is passed over, or another key would be searched."""
    return base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)


if __name__ == "__main__":
    sys.exit(main())
