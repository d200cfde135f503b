"""Where needles are found: in what was captured, and in every file of every store."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lab.experiments.encrypted_pipeline.kit.verify import everything, forms, search
from lab.experiments.encrypted_pipeline.measure.flow import opening, way
from lab.experiments.encrypted_pipeline.measure.place import Place
from lab.experiments.encrypted_pipeline.workload import ENCRYPTED

KMS = "wire to the key service"
WIRES = {
    "postgres": "wire to PostgreSQL",
    "kafka": "wire to Kafka",
    "kafka-tls": "wire to Kafka",
    "http": "wire to object store",
    "https": "wire to object store",
    "kms": KMS,
}
# Where the rows of an arm without any encryption pass or lie: the search must find them in each.
STORES = ("PostgreSQL", "Kafka", "object store", "reader's files")
EXPECTED = (*(f"wire to {store}" for store in STORES[:3]), *STORES)
OTHER = "logs and other files"
SEARCHED = (*EXPECTED, KMS, OTHER)


@dataclass(frozen=True)
class Search:
    """found: needle, place, file, form: where each is found; once for each place, with the first file and its form there.

    files, size: what was searched, size in bytes.
    """

    found: pd.DataFrame
    files: int
    size: int


def searched(place: Place, needles: Mapping[str, bytes]) -> Search:
    """Look for the needles in all that is kept, as it is now; the run's own folder has reader's files, wires and logs."""
    with place.stores() as stores:
        roots = [place.folder, *(stores[name] for name in STORES[:3])]
        rows = [
            {
                "needle": hit.needle,
                "place": named(place, stores, hit.path),
                "file": hit.path.name,
                "form": hit.form,
            }
            for hit in search(roots, needles)
        ]
        sizes = list(_sizes(roots))
    found = pd.DataFrame(rows, columns=["needle", "place", "file", "form"])
    return Search(found.drop_duplicates(["needle", "place"]).reset_index(drop=True), len(sizes), sum(sizes))


def _sizes(roots: Iterable[Path]) -> Iterator[int]:
    for path in everything(roots):
        with suppress(FileNotFoundError):  # PostgreSQL goes on working
            yield path.stat().st_size


def named(place: Place, stores: Mapping[str, Path], path: Path) -> str:
    """What a reader calls the place of a file."""
    if path.parent == place.wire.folder:
        return WIRES[path.stem]
    inside = (name for name, folder in stores.items() if path.is_relative_to(folder))
    return next(inside, OTHER)


def audited(place: Place) -> dict[str, int]:
    """Requests to the key service, and those that it refused, by its audit log."""
    lines = [json.loads(line) for line in (place.folder / "kms" / "audit.jsonl").read_text().splitlines()]
    return {"requests": len(lines), "refused": sum(line["outcome"].startswith("refused") for line in lines)}


def in_text(text: str, needles: Mapping[str, bytes]) -> list[str]:
    """Needles that stand in `text` in any form."""
    content = text.encode()
    return [name for name, value in needles.items() if any(form in content for form in forms(value).values())]


def secrets(place: Place) -> dict[str, bytes]:
    """Keys of the run, by what they are: root and master keys as the key service keeps them, data keys as it unwraps them."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sealed = (place.folder / "kms" / "keys.sealed").read_bytes()
    known = json.loads(AESGCM(place.root).decrypt(sealed[:12], sealed[12:], b"kms sealed keys 1"))
    found = {"root key": place.root}
    for name, each in known.items():
        versions = (b64decode(key) for key in each["versions"])
        found |= {f"master key {name} v{number}": key for number, key in enumerate(versions, 1) if key}
    own = way(place, ENCRYPTED)
    lake = place.kms("lake")
    for number, text in enumerate(_material(own.file), 1):
        found[f"data key {number} of a file"] = lake.unwrap(text["masterKeyID"], text["wrappedDEK"])
    for number, wrapped in enumerate(opening(place, own).wrapped.values(), 1):
        found[f"data key {number} of fields"] = lake.unwrap("pii", wrapped)
    return found


def _material(file: Path) -> list[dict[str, str]]:
    from lab.experiments.encrypted_pipeline.kit.kms import material

    return [json.loads(text) for text in json.loads(material(file).read_text()).values()]
