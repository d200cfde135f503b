"""The source database: its table, its seed, and a log of its own by which an oracle knows every past state."""

from __future__ import annotations

import json
from string import Template

import numpy as np
import psycopg
from psycopg.conninfo import conninfo_to_dict

from lab.experiments.cdc_lakehouse.mechanism import KIT

TABLE = "bank.account"
PREFIX = "bankcdc"
CHANGES, TRANSACTIONS = f"{PREFIX}.{TABLE}", f"{PREFIX}.transaction"  # topics
OWNERS = ("Åsa", "Дмитрий", "北京", "Zoë 😀", "José 🏦", "O'Brien", "محمد", "👩‍👩‍👧 Müller")

# Full row images by trigger, in the database's own words; not captured by Debezium. Locks on rows and table order
# `seq` per key. xid has 32 bits, as Debezium tells it. DIGEST is that of kit/verify.py, whose columns it lists.
_HISTORY = """
CREATE SCHEMA oracle;
CREATE TABLE oracle.history (
    seq bigserial PRIMARY KEY, xid bigint NOT NULL DEFAULT pg_current_xact_id()::xid::text::bigint,
    op "char" NOT NULL, id bigint, balance numeric, digest text
);
CREATE FUNCTION oracle.digest(a bank.account) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT md5(concat_ws('|', a.id, a.owner, a.balance, coalesce(a.rate::text, '~'), coalesce(a.opened_on::text, '~'),
        (extract(epoch FROM a.changed_at) * 1000000)::bigint,
        coalesce(((extract(epoch FROM a.local_at) * 1000000)::bigint)::text, '~'),
        coalesce(a.active::text, '~'), coalesce(a.note, '~'), coalesce(to_jsonb(a) ->> 'tier', '~')))
$$;
CREATE FUNCTION oracle.log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO oracle.history (op) VALUES ('t');
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.id <> NEW.id) THEN
        INSERT INTO oracle.history (op, id) VALUES ('d', OLD.id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO oracle.history (op, id, balance, digest)
        VALUES ('w', NEW.id, NEW.balance, oracle.digest(NEW));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rows AFTER INSERT OR UPDATE OR DELETE ON bank.account FOR EACH ROW EXECUTE FUNCTION oracle.log();
CREATE TRIGGER emptied AFTER TRUNCATE ON bank.account FOR EACH STATEMENT EXECUTE FUNCTION oracle.log();
"""


def create(dsn: str, accounts: int, note_bytes: int, seed: int) -> None:
    """Create table and log, and open `accounts` accounts with 1,000 each."""
    chance = np.random.default_rng(seed)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute((KIT / "source.sql").read_text())
        connection.execute(_HISTORY)
        rows = [
            (
                number,
                OWNERS[number % len(OWNERS)],
                note(chance, note_bytes) if number % 2 else None,
                number % 7 == 0,
            )
            for number in range(1, accounts + 1)
        ]
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {TABLE} (id, owner, balance, opened_on, local_at, note, active) "
                "VALUES (%s, %s, 1000, '2024-02-29', '2024-03-31 02:30:00.123456', %s, %s)",
                rows,
            )


def note(chance: np.random.Generator, size: int) -> str:
    """Random text, which does not compress."""
    return chance.bytes(size // 2).hex()


def connector(dsn: str, prefix: str, partitions: int, replication: int = 1) -> dict[str, str]:
    """The connector's configuration from kit/connector.json, its variables filled in."""
    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    text = Template((KIT / "connector.json").read_text())
    values = {
        "SLOT": prefix,
        "TABLES": TABLE,
        "PREFIX": prefix,
        "PARTITIONS": partitions,
        "REPLICATION": replication,
        "PGHOST": parts.get("host", "127.0.0.1"),
        "PGPORT": parts.get("port", "5432"),
        "PGUSER": parts.get("user", "postgres"),
        "PGPASSWORD": parts.get("password", ""),
        "PGDATABASE": parts.get("dbname", "postgres"),
    }
    return json.loads(text.substitute(values))


def drop(dsn: str, prefix: str) -> None:
    """Take away what this run made: a slot left behind keeps the log for ever."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active",
            (prefix,),
        )
        connection.execute(f"DROP PUBLICATION IF EXISTS {prefix}")
        connection.execute("DROP SCHEMA IF EXISTS oracle, bank CASCADE")
