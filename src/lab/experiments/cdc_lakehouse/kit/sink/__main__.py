"""Merge Debezium's change events into an Iceberg table, transaction by transaction.

    python -m sink --bootstrap host:9092 --prefix bankcdc --catalog http://host:8181 --table bank.account

Goes on where the table's newest snapshot says. May be killed at any moment; SIGTERM and Ctrl-C end it after the batch at work.
Ends with 0 when told to, 1 if a transaction's changes are missing in Kafka, 2 on any other error.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

from .batch import IncompleteTransactionError
from .follow import Observer, Sink
from .lake import Lake
from .session import session
from .topics import Topics

CATALOG = "lake"  # the catalog's name within Spark


class SetUpError(Exception):
    """Something that the sink needs is not there."""


def arguments(given: list[str]) -> argparse.Namespace:
    """What the command line says; argparse ends the program with 2 if it can't be understood."""
    lines = (__doc__ or "").splitlines()
    asked = argparse.ArgumentParser(prog="python -m sink", description=lines[0])
    asked.add_argument("--bootstrap", required=True, help="Kafka, host:port[,host:port]")
    asked.add_argument("--prefix", required=True, help="topic.prefix of the connector")
    asked.add_argument("--source-table", default="bank.account", help="schema.table at the source")
    asked.add_argument("--catalog", required=True, help="address of the Iceberg REST catalog")
    asked.add_argument("--table", required=True, help="namespace.table in the lake; made if it is not there")
    asked.add_argument("--interval", type=_seconds, default=5.0, help="s from commit to commit (default 5)")
    asked.add_argument("--merge-mode", choices=("merge-on-read", "copy-on-write"), default="merge-on-read")
    asked.add_argument(
        "--until-caught-up", action="store_true", help="end when nothing whole is left to take"
    )
    asked.add_argument("--jars", default="", help="Iceberg's and Kafka's jars for Spark, with commas between")
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


def partitions(bootstrap: str, changes: str, transactions: str) -> int:
    """How many the topic of changes has; SetUpError if one of the topics can't be used."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        found = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=10).topics
    except KafkaException as error:
        raise SetUpError(f"Kafka at {bootstrap} does not answer: {error.args[0].str()}") from None
    for topic in (changes, transactions):
        if topic not in found:
            raise SetUpError(
                f"Kafka at {bootstrap} has no topic {topic}: is the connector running, with this prefix and "
                "provide.transaction.metadata=true?"
            )
    if (count := len(found[transactions].partitions)) != 1:
        raise SetUpError(
            f"{transactions} has {count} partitions; it needs one, or the order of commits is lost"
        )
    return len(found[changes].partitions)


def _answers(catalog: str) -> None:
    try:
        urllib.request.urlopen(f"{catalog}/v1/config", timeout=10).close()
    except (urllib.error.URLError, ValueError, OSError) as error:
        raise SetUpError(f"the catalog at {catalog} does not answer: {error}") from None


def run(given: argparse.Namespace) -> None:
    """Follow until told to stop, or until caught up."""
    changes, transactions = f"{given.prefix}.{given.source_table}", f"{given.prefix}.transaction"
    count = partitions(given.bootstrap, changes, transactions)
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
        topics = Topics(spark, given.bootstrap, changes, transactions, count)
        lake = Lake(spark, f"{CATALOG}.{given.table}", given.merge_mode)
        sink = Sink(topics, lake, told=Observer(batch=_tell))
        if given.until_caught_up:
            _catch_up(sink)
        else:
            sink.follow(lambda: given.interval, lambda: bool(over))
    finally:
        spark.stop()


def _catch_up(sink: Sink) -> None:
    here = sink.lake.position(sink.topics.partitions)
    while (after := sink.step(here)) != here:
        here = after


def _tell(**batch: float) -> None:
    took = batch["merged"] - batch["began"]
    print(
        f"{time.strftime('%H:%M:%S')} {batch['changes']} changes of {batch['transactions']} transactions, "
        f"{batch['rows']} rows, {took:.1f} s",
        flush=True,
    )


def main() -> int:
    given = arguments(sys.argv[1:])
    try:
        run(given)
    except IncompleteTransactionError as error:
        print(f"sink: {error}", file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"sink: {error}; pip install pyspark confluent-kafka pyarrow", file=sys.stderr)
        return 2
    except Exception as error:  # Spark's errors have no common kind; its first line says what
        print(f"sink: {str(error).splitlines()[0] if str(error) else repr(error)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
