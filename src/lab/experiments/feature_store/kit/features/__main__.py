"""The commands: load, refill, follow, reconcile."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import KafkaException
from redis import RedisError

from .offline import Offline
from .online import NotReadyError, Online
from .reconcile import over_http, reconcile
from .registry import FeatureError, load_registry
from .stream import follow, ingest

LIMIT = 0.01


def main() -> int:
    parser = argparse.ArgumentParser(prog="features", description=__doc__)
    parser.add_argument("command", choices=["load", "refill", "follow", "reconcile"])
    parser.add_argument("view")
    parser.add_argument("--registry", default=str(Path(__file__).with_name("registry.yaml")))
    parser.add_argument("--folder", default="offline", help="of the offline store's files")
    parser.add_argument("--topic", default="updates")
    parser.add_argument("--kafka", default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"))
    parser.add_argument("--redis", default=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
    parser.add_argument("--space", default=os.environ.get("FEATURES_SPACE", "features"))
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the application")
    parser.add_argument("--seconds", type=float, default=10, help="of sampling")
    parser.add_argument("--rate", type=float, default=20, help="of sampling: batches/s")
    asked = parser.parse_args()
    try:
        return _run(asked)
    except (FeatureError, NotReadyError, OSError, KafkaException, RedisError) as error:
        print(f"features: {error}", file=sys.stderr)
        return 2


def _run(asked: argparse.Namespace) -> int:
    offline = Offline(asked.folder, load_registry(asked.registry))
    view = offline.registry.view(asked.view)
    if asked.command == "load":
        added, refused = ingest(asked.kafka, asked.topic, offline, view.name)
        print(f"{added} updates added, {refused} refused")
    elif asked.command == "refill":
        ingest(asked.kafka, asked.topic, offline, view.name)
        store = Online(asked.redis, asked.space)
        print(f"{store.refill(view, offline.latest(view.name, _now()))} entities written")
        store.ready(view)
    elif asked.command == "follow":
        follow(asked.kafka, asked.topic, Online(asked.redis, asked.space), view, stop=lambda: False)
    else:
        entities = [row["entity"] for row in offline.latest(view.name, _now())]
        load = lambda: ingest(asked.kafka, asked.topic, offline, view.name)  # noqa: E731
        found = reconcile(
            over_http(asked.url, view.name), offline, view.name, entities, load, asked.seconds, asked.rate
        )
        print(f"{len(found.differing)} of {found.lookups} lookups differ: {found.share:.2%}")
        return 0 if found.share < LIMIT else 1
    return 0


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


if __name__ == "__main__":
    sys.exit(main())
