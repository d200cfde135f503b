"""The rules in a real object store: expiry by its own lifecycle, transitions by the kit's script, as the store has none."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from lab.experiments.storage_cost.kit.storagecost import lifecycle
from lab.experiments.storage_cost.kit.storagecost.store import Store, StoreError
from lab.experiments.storage_cost.measure.seen import InStore
from lab.experiments.storage_cost.mechanism import Prices
from lab.experiments.storage_cost.workload.arms import Candidate
from lab.services.objectstore import ObjectStore, object_store

BUCKET = "lab-storage-cost"
LONG_AGO = date(2024, 1, 1)
GONE, KEPT = "deleted", "STANDARD"
ODD = " +&\x01"  # at the end of each key: what an address or XML would have otherwise


def in_store(sample: int, rule: Candidate, prices: Prices) -> tuple[InStore, str]:
    """Put samples, install and run the rules, look at what became of each; and the store's version."""
    with object_store([BUCKET]) as served:
        store = Store(served.s3.endpoint, served.s3.access_key, served.s3.secret_key, served.s3.region)
        return _observed(served, store, sample, rule, prices), served.version


def _observed(served: ObjectStore, store: Store, sample: int, rule: Candidate, prices: Prices) -> InStore:
    contents = {}
    # The last two must stay where they are: below the rules' prefixes, but too small; and beside them.
    kinds = {
        "expired/": (200_000, GONE),
        "aged/": (200_000, rule.to),
        "aged/small ": (20_000, KEPT),
        "other/ä": (200_000, KEPT),
    }
    for prefix, (size, due) in kinds.items():
        for number in range(max(2, sample // len(kinds))):
            key = f"{prefix}{number}{ODD}"
            contents[key] = (_body(key, size), due)
            store.request("PUT", BUCKET, key, headers={"x-amz-meta-origin": "lab"}, body=contents[key][0])
    aged = lifecycle.Rule("aged/", ((rule.age, rule.to),))
    refused = _installed(store, [aged], prices)
    lifecycle.install(store, BUCKET, [lifecycle.Rule("expired/", expire=LONG_AGO)], prices)
    served.run_lifecycle()
    lifecycle.transition(store, BUCKET, aged, prices, datetime.now(UTC) + timedelta(days=rule.age + 1))
    found = {item.key: item.storage_class for item in lifecycle.objects(store, BUCKET)}
    rows = [
        (key, due, found.get(key, GONE), key not in found or _same(store, key, body))
        for key, (body, due) in contents.items()
    ]
    return InStore(pd.DataFrame(rows, columns=["key", "due", "found", "same"]), refused)


def _installed(store: Store, rules: list[lifecycle.Rule], prices: Prices) -> str:
    """What the store says to rules of transition: nothing if it takes them."""
    try:
        lifecycle.install(store, BUCKET, rules, prices)
    except StoreError as refused:
        return f"{refused.status} " + refused.text.partition("<Code>")[2].partition("</Code>")[0]
    return ""


def _same(store: Store, key: str, body: bytes) -> bool:
    found, headers = store.request("GET", BUCKET, key)
    return found == body and headers["x-amz-meta-origin"] == "lab"


def _body(key: str, size: int) -> bytes:
    block = hashlib.sha256(key.encode()).digest()
    return (block * (size // len(block) + 1))[:size]
