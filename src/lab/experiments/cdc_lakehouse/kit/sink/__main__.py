"""Merge Debezium's change events into Iceberg tables, transaction by transaction.

    python -m sink --bootstrap host:9092 --prefix bankcdc --source postgresql://reader@host/bank \\
        --catalog http://host:8181 --table bank.account --table 'bank."order lines"=sales.order_lines'

Goes on where each table says. May be killed at any moment; SIGTERM and Ctrl-C end it after the batch at work.
Ends with 0 when told to, 1 if a transaction's changes are missing in Kafka, 2 on any other error.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from types import FrameType
from typing import Any

from .batch import IncompleteTransactionError
from .follow import Observer, Sink
from .lake import Lake, quoted
from .session import session
from .source import Table, tables
from .topics import RetentionError, Topics

CATALOG = "lake"  # the catalog's name within Spark
_PARTS = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')  # of a name as in SQL


class SetUpError(Exception):
    """Something that the sink needs is not there."""


def arguments(given: list[str]) -> argparse.Namespace:
    """What the command line says; argparse ends the program with 2 if it can't be understood."""
    lines = (__doc__ or "").splitlines()
    asked = argparse.ArgumentParser(prog="python -m sink", description=lines[0])
    asked.add_argument("--bootstrap", required=True, help="Kafka, host:port[,host:port]")
    asked.add_argument("--prefix", required=True, help="topic.prefix of the connector")
    asked.add_argument(
        "--source", required=True, help="connection string of PostgreSQL, for its catalog only"
    )
    asked.add_argument("--catalog", required=True, help="address of the Iceberg REST catalog")
    asked.add_argument(
        "--table", type=_followed, action="append", required=True, metavar="SOURCE[=LAKE]", help="schema.table at the "
        "source as in SQL, and namespace.table in the lake if its name differs; made if it is not there; again for more"
    )  # fmt: skip
    asked.add_argument(
        "--without", action="append", default=[], metavar="SCHEMA.TABLE.COLUMN", help="a column that is not followed, "
        "without quotes; again for more"
    )  # fmt: skip
    asked.add_argument("--interval", type=_seconds, default=5.0, help="s from commit to commit (default 5)")
    asked.add_argument("--merge-mode", choices=("merge-on-read", "copy-on-write"), default="merge-on-read")
    asked.add_argument(
        "--until-caught-up", action="store_true", help="end when nothing whole is left to take"
    )
    asked.add_argument("--jars", default="", help="Iceberg's jars for Spark, with commas between")
    asked.add_argument(
        "--conf", type=_pair, action="append", default=[], metavar="K=V", help="a setting of Spark's, such as "
        "spark.jars.packages; again for more"
    )  # fmt: skip
    asked.add_argument(
        "--catalog-option", type=_pair, action="append", default=[], metavar="K=V", help="a property of the "
        "catalog, such as s3.endpoint; again for more"
    )  # fmt: skip
    return asked.parse_args(given)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text}: must be between 0.1 and 3600")
    return value


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"{text}: must be NAME=VALUE")
    return name, value


def _followed(text: str) -> tuple[str, list[str]]:
    """A table's name at the source, and the parts of its name in the lake, none if it is the same."""
    name, sign, other = text.rpartition("=")
    found = [quotes.replace('""', '"') or bare for quotes, bare in _PARTS.findall(other)] if sign else []
    if sign and (not name or len(found) < 2):
        raise argparse.ArgumentTypeError(f"{text}: must be schema.table or schema.table=namespace.table")
    return (name if sign else other), found


def partitions(bootstrap: str, changes: Sequence[str], transactions: str) -> list[int]:
    """How many each topic of changes has; SetUpError if one of the topics can't be used."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        found = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=10).topics
    except KafkaException as error:
        raise SetUpError(f"Kafka at {bootstrap} does not answer: {error.args[0].str()}") from None
    for topic in (*changes, transactions):
        if topic not in found:
            raise SetUpError(
                f"Kafka at {bootstrap} has no topic {topic}: is the connector running, with this prefix and table and "
                "provide.transaction.metadata=true? It is made with the first row, or the first transaction"
            )
    if (count := len(found[transactions].partitions)) != 1:
        raise SetUpError(
            f"{transactions} has {count} partitions; it needs one, or the order of commits is lost"
        )
    return [len(found[topic].partitions) for topic in changes]


def _answers(catalog: str) -> None:
    try:
        urllib.request.urlopen(f"{catalog}/v1/config", timeout=10).close()
    except (urllib.error.URLError, ValueError, OSError) as error:
        raise SetUpError(f"the catalog at {catalog} does not answer: {error}") from None


def run(given: argparse.Namespace) -> None:
    """Follow until told to stop, or until caught up."""
    names = [name for name, _ in given.table]
    followed = tables(given.source, names, given.without)
    changes = [table.topic(given.prefix) for table in followed]
    _note_generated(followed)
    counts = partitions(given.bootstrap, changes, f"{given.prefix}.transaction")
    catalog = given.catalog.rstrip("/")
    _answers(catalog)
    over: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        over.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    properties = {"type": "rest", "uri": catalog} | dict(given.catalog_option)
    spark = session(CATALOG, properties, dict(given.conf), given.jars)
    try:
        partitioned = {table.collection: count for table, count in zip(followed, counts, strict=True)}
        topics = Topics(given.bootstrap, given.prefix, followed, partitioned)
        lakes = [
            Lake(spark, _place(table, parts), table, given.merge_mode)
            for table, (_, parts) in zip(followed, given.table, strict=True)
        ]
        sink = Sink(
            topics,
            lakes,
            told=Observer(batch=_tell),
            catalog=lambda: tables(given.source, names, given.without),
        )
        if given.until_caught_up:
            _catch_up(sink)
        else:
            sink.follow(lambda: given.interval, lambda: bool(over))
    finally:
        spark.stop()


def _note_generated(followed: Sequence[Table]) -> None:
    for table in followed:
        if named := ", ".join(f"{table.collection}.{column}" for column in sorted(table.generated)):
            print(
                f"sink: {named}: computed by the source and not logged, so left out; unless it is in column.exclude.list, "
                "Debezium passes over the table in an incremental snapshot",
                file=sys.stderr,
            )


def _place(table: Table, parts: Sequence[str]) -> str:
    return quoted(CATALOG, *(parts or (table.schema, table.name)))


def _catch_up(sink: Sink) -> None:
    here = sink.position()
    while (after := sink.step(here)) != here:
        here = after
    sink.note(here)


def _tell(**batch: Any) -> None:
    took = batch["merged"] - batch["began"]
    print(
        f"{time.strftime('%H:%M:%S')} {batch['table']}: {batch['changes']} changes of {batch['transactions']} transactions, "
        f"{batch['rows']} rows, {took:.1f} s",
        flush=True,
    )


def main() -> int:
    given = arguments(sys.argv[1:])
    try:
        run(given)
    except (IncompleteTransactionError, RetentionError) as error:
        print(f"sink: {error}", file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"sink: {error}; pip install pyspark confluent-kafka pyarrow psycopg[binary]", file=sys.stderr)
        return 2
    except Exception as error:  # Spark's errors have no common kind; its first line says what
        print(f"sink: {str(error).splitlines()[0] if str(error) else repr(error)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
