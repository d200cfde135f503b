"""Topics of a run: made before it, gone after it."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka.admin import AdminClient, NewTopic


def create_topics(bootstrap: str, partitions: Mapping[str, int]) -> None:
    """Topics by name, whose messages carry the broker's own time of append."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 4})
    config = {"message.timestamp.type": "LogAppendTime"}
    made = admin.create_topics([NewTopic(name, count, config=config) for name, count in partitions.items()])
    for future in made.values():
        future.result(timeout=30)


def delete_topics(bootstrap: str, topics: list[str]) -> None:
    """Leave nothing behind on a cluster that is somebody else's."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 4})
    for future in admin.delete_topics(topics).values():
        future.result(timeout=30)
