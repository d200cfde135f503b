"""One arm's rows on their way: source -> PostgreSQL -> Kafka -> Parquet in the object store -> reader."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.experiments.encrypted_pipeline.measure.place import BUCKET, FOOTER, PII, Place
from lab.experiments.encrypted_pipeline.mechanism import encrypt_table, field_cipher, read_table
from lab.experiments.encrypted_pipeline.workload import SECRET, Arm

if TYPE_CHECKING:
    from lab.experiments.encrypted_pipeline.kit.kms import FieldCipher

_PATIENCE_S = 60
# Compressed, a text is not found although anybody could read it.
PLAINLY = {"compression": "none", "use_dictionary": False}


@dataclass(frozen=True)
class Way:
    """Names of one arm in the shared services. table: also the topic's."""

    arm: Arm
    table: str
    file: Path


def way(place: Place, arm: Arm) -> Way:
    name = "orders_" + "".join(letter if letter.isalnum() else "_" for letter in arm.name.lower())
    return Way(arm, name, place.lake / f"{name}.parquet")


def through(place: Place, arm: Arm, rows: pa.Table) -> pa.Table:
    """`rows` as the reader gets them."""
    own = way(place, arm)
    _store(place, own, rows)
    _publish(place, own)
    _land(place, own, rows.num_rows)
    _through_store(place, own)
    return read_table(own.file, place.kms("reader")) if arm.files else pq.read_table(own.file)


def _store(place: Place, own: Way, rows: pa.Table) -> None:
    """The source's part: seal, then send. PostgreSQL never has what it would have to hide."""
    kind = "bytea" if own.arm.fields else "text"
    cipher = field_cipher(place.kms("source"), PII) if own.arm.fields else None
    columns = ", ".join(f"{name} {kind}" for name in SECRET)
    with psycopg.connect(place.dsn(own.arm.tls)) as connection:
        connection.execute(f"CREATE TABLE {own.table} (id bigint PRIMARY KEY, amount bigint, {columns})")
        connection.execute(f"CREATE TABLE {own.table}_keys (id text PRIMARY KEY, wrapped text)")
        with connection.cursor().copy(f"COPY {own.table} FROM STDIN") as copy:
            for row in rows.to_pylist():
                copy.write_row(
                    [row["id"], row["amount"], *(_sealed(cipher, own, row, name) for name in SECRET)]
                )
        if cipher:
            insert = f"INSERT INTO {own.table}_keys VALUES (%s, %s)"
            connection.cursor().executemany(insert, list(cipher.wrapped.items()))
    with psycopg.connect(place.dsn(own.arm.tls), autocommit=True) as connection:
        connection.execute("CHECKPOINT")  # what is in memory only would not be found


def _sealed(cipher: FieldCipher | None, own: Way, row: dict[str, Any], name: str) -> bytes | str | None:
    return row[name] if cipher is None else cipher.seal(row[name].encode(), _where(own, row["id"], name))


def _where(own: Way, row: int, name: str) -> Any:
    from lab.experiments.encrypted_pipeline.kit.kms import Field

    return Field(own.table, name, str(row))


def _publish(place: Place, own: Way) -> None:
    """PostgreSQL to Kafka, without a right to any key: sealed values are passed on as they are."""
    settings = place.broker(own.arm.tls, "source")
    admin = AdminClient(settings | {"log_level": 0})  # kept in a name: what it is asked ends with it
    made = admin.create_topics([NewTopic(own.table, 1, 1)])
    made[own.table].result(_PATIENCE_S)
    failed: list[KafkaError] = []

    def told(error: KafkaError | None, _: object) -> None:
        if error:
            failed.append(error)

    producer = Producer(settings | {"acks": "all", "compression.type": "none", "log_level": 0})
    with psycopg.connect(place.dsn(own.arm.tls)) as connection:
        for row in connection.execute(f"SELECT id, amount, {', '.join(SECRET)} FROM {own.table} ORDER BY id"):
            content = json.dumps(
                [b64encode(each).decode() if isinstance(each, bytes) else each for each in row]
            )
            producer.produce(own.table, content, on_delivery=told)
            producer.poll(0)
    if producer.flush(_PATIENCE_S) or failed:
        raise ServiceError(f"Kafka did not take every message of {own.table}: {failed[:1]}")


def _land(place: Place, own: Way, count: int) -> None:
    """Kafka to a Parquet file: opens the fields, encrypts the file."""
    cipher = opening(place, own) if own.arm.fields else None
    found: dict[str, list[Any]] = {name: [] for name in ("id", "amount", *SECRET)}
    for content in _messages(place, own, count):
        row, amount, *values = json.loads(content)
        for name, value in zip(found, (row, amount, *values), strict=True):
            if cipher and name in SECRET:
                value = (cipher.open(b64decode(value), _where(own, row, name)) or b"").decode()
            found[name].append(value)
    table = pa.table(found)
    if own.arm.files:
        from lab.experiments.encrypted_pipeline.kit.kms import Keys

        encrypt_table(table, own.file, place.kms("lake"), Keys(FOOTER, dict.fromkeys(SECRET, PII)), **PLAINLY)
    else:
        pq.write_table(table, own.file, **PLAINLY)


def _through_store(place: Place, own: Way) -> None:
    """From the writer to the object store, where the reader gets them; the writer keeps nothing."""
    from lab.experiments.encrypted_pipeline.kit.kms import material

    bucket, files = place.bucket(own.arm.tls), [own.file, *([material(own.file)] if own.arm.files else [])]
    for file in files:
        with bucket.open_output_stream(f"{BUCKET}/{file.name}") as sink:
            sink.write(file.read_bytes())
        file.unlink()
    for file in files:
        with bucket.open_input_stream(f"{BUCKET}/{file.name}") as source:
            file.write_bytes(source.read())


def opening(place: Place, own: Way, who: str = "lake") -> FieldCipher:
    """The cipher that opens an arm's fields, with the wrapped keys that lie beside them."""
    with psycopg.connect(place.dsn(own.arm.tls)) as connection:
        wrapped: dict[str, str] = dict(
            connection.execute(f"SELECT id, wrapped FROM {own.table}_keys").fetchall()
        )
    return field_cipher(place.kms(who), PII, wrapped)


def _messages(place: Place, own: Way, count: int) -> Iterator[bytes]:
    settings = {"group.id": own.table, "enable.auto.commit": False, "log_level": 0}
    consumer = Consumer(place.broker(own.arm.tls) | settings)
    try:
        consumer.assign([TopicPartition(own.table, 0, OFFSET_BEGINNING)])
        deadline = time.monotonic() + _PATIENCE_S
        while count:
            if time.monotonic() > deadline:
                raise ServiceError(f"{count} messages of {own.table} did not come in {_PATIENCE_S} s")
            for message in consumer.consume(min(count, 500), 0.2):
                if not message.error():
                    count -= 1
                    yield message.value() or b""
    finally:
        consumer.close()
