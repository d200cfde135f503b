"""Runs in Feast's environment: python rival_program.py FOLDER.

Reads updates.parquet and asked.parquet there; leaves found-true.parquet and found-false.parquet (with and without the
filter by created timestamp, in the order asked) and seconds.json.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Bool, Float64
from feast.value_type import ValueType

FEATURES = {"balance_eur": Float64, "share_spent": Float64, "night": Bool}
TTL = timedelta(days=7)
KEYS = ["card_id", "event_timestamp"]


def store(folder: Path) -> FeatureStore:
    """A repository of one feature view on updates.parquet."""
    card = Entity(name="card", join_keys=["card_id"], value_type=ValueType.STRING)
    source = FileSource(
        path=str(folder / "updates.parquet"),
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
    )
    view = FeatureView(
        name="card",
        entities=[card],
        ttl=TTL,
        schema=[Field(name=name, dtype=kind) for name, kind in FEATURES.items()],
        source=source,
    )
    made = FeatureStore(
        config=RepoConfig(
            project="lab",
            provider="local",
            registry=str(folder / "registry.db"),
            offline_store={"type": "dask"},
            online_store={"type": "sqlite", "path": str(folder / "online.db")},
            entity_key_serialization_version=3,
        )
    )
    made.apply([card, view])
    return made


def main(folder: Path) -> None:
    repository = store(folder)
    asked = pd.read_parquet(folder / "asked.parquet")
    took = {}
    for filtered in (True, False):
        begun = time.perf_counter()
        found = repository.get_historical_features(
            entity_df=asked[KEYS].drop_duplicates(),
            features=[f"card:{name}" for name in FEATURES],
            filter_by_created_timestamp=filtered,
        ).to_df()
        name = str(filtered).lower()
        took[name] = time.perf_counter() - begun
        whole = asked.merge(found[KEYS + list(FEATURES)], on=KEYS, how="left", validate="many_to_one")
        whole.sort_values("position").to_parquet(folder / f"found-{name}.parquet")
    (folder / "seconds.json").write_text(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
