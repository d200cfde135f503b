"""Changes by hand, past OpenTofu: with SQL and plain requests to the store, at moments that are drawn beforehand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from lab.experiments.infra_drift.mechanism import Store
from lab.experiments.infra_drift.params import Params

RESTORE, TICKET = "restore", "ticket"
TRIES = 5


@dataclass(frozen=True)
class Hand:
    """Somebody with all rights. prefix: of all names of this run."""

    connection: psycopg.Connection[Any]
    store: Store
    prefix: str

    def sql(self, statement: str) -> None:
        """A statement, again where OpenTofu was changing the same row."""
        for left in range(TRIES)[::-1]:
            try:
                self.connection.execute(statement.replace("@", self.prefix))
                return
            except (psycopg.errors.InternalError_, psycopg.errors.ObjectInUse):
                if not left:
                    raise
                time.sleep(0.02)

    def s3(
        self, method: str, name: str, copy: int, query: dict[str, str] | None = None, body: object = None
    ) -> None:
        """A request on a bucket."""
        self.store.request(method, self.bucket(name, copy), query, json.dumps(body).encode() if body else b"")

    def bucket(self, name: str, copy: int) -> str:
        return f"{self.prefix}-{name}-{copy}"


@dataclass(frozen=True)
class Kind:
    """A kind of change. address: of the object, {p} for the prefix, {i} for the copy. answer: of the kit's policy."""

    name: str
    what: str
    address: str
    answer: str
    do: Callable[[Hand, int], None]

    def of(self, prefix: str, copy: int) -> str:
        return self.address.format(p=prefix, i=copy)

    @property
    def managed(self) -> bool:
        return ":" not in self.address


def policy(bucket: str, part: str, sid: str = "PublicRead", **other: Any) -> dict[str, Any]:
    """Everybody may read what lies under `part`."""
    told = {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"]}
    return {
        "Version": "2012-10-17",
        "Statement": [told | {"Resource": [f"arn:aws:s3:::{bucket}/{part}*"]} | other],
    }


def _recreate(hand: Hand, i: int) -> None:
    hand.sql(f"DROP DATABASE @_warehouse_{i} WITH (FORCE)")
    hand.sql(f"CREATE DATABASE @_warehouse_{i} OWNER @_owner LC_COLLATE 'C.UTF-8' TEMPLATE template0")


# fmt: off
KINDS = (
    Kind("grant_revoked", "privilege revoked", "postgresql_grant.write[{i}]", RESTORE,
         lambda hand, i: hand.sql(f"REVOKE CREATE ON SCHEMA @_mart_{i} FROM @_loader")),
    Kind("grant_added", "privilege granted", "postgresql_grant.read[{i}]", RESTORE,
         lambda hand, i: hand.sql(f"GRANT CREATE ON SCHEMA @_mart_{i} TO @_reader_{i}")),
    Kind("owner_changed", "schema's owner changed", "postgresql_schema.mart[{i}]", RESTORE,
         lambda hand, i: hand.sql(f"ALTER SCHEMA @_mart_{i} OWNER TO CURRENT_USER")),
    Kind("setting_changed", "role's time-out taken off", "postgresql_role.reader[{i}]", RESTORE,
         lambda hand, i: hand.sql(f"ALTER ROLE @_reader_{i} SET statement_timeout = 0")),
    Kind("policy_deleted", "bucket's policy deleted", "aws_s3_bucket_policy.lake[{i}]", RESTORE,
         lambda hand, i: hand.s3("DELETE", "lake", i, {"policy": ""})),
    Kind("policy_changed", "bucket opened to all", "aws_s3_bucket_policy.feed[{i}]", RESTORE,
         lambda hand, i: hand.s3("PUT", "feed", i, {"policy": ""}, policy(hand.bucket("feed", i), ""))),
    Kind("owner_unset", "owner not set, changed", "postgresql_database.scratch[{i}]", TICKET,
         lambda hand, i: hand.sql(f"ALTER DATABASE @_scratch_{i} OWNER TO @_loader")),
    Kind("database_recreated", "database made anew", "postgresql_database.warehouse[{i}]", TICKET,
         lambda hand, i: _recreate(hand, i)),
    Kind("bucket_deleted", "bucket deleted", "aws_s3_bucket.archive[{i}]", TICKET,
         lambda hand, i: hand.s3("DELETE", "archive", i)),
    Kind("role_unmanaged", "role created", "postgresql_role:{p}_intruder_{i}", TICKET,
         lambda hand, i: hand.sql(f"CREATE ROLE @_intruder_{i} LOGIN")),
    Kind("bucket_unmanaged", "bucket created", "aws_s3_bucket:{p}-shadow-{i}", TICKET,
         lambda hand, i: hand.s3("PUT", "shadow", i)),
)
# fmt: on
NAMED = {kind.name: kind for kind in KINDS}


def change_nothing(hand: Hand, copy: int) -> int:
    """What people do that changes nothing; how many things that were."""
    bucket = hand.bucket("lake", copy)
    other = policy(bucket, "public/", Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/public/*")
    hand.s3("PUT", "lake", copy, {"policy": ""}, dict(reversed(other.items())))
    hand.sql(f"ALTER ROLE @_reader_{copy} SET statement_timeout = '30s'")
    hand.sql(f"GRANT USAGE ON SCHEMA @_mart_{copy} TO @_reader_{copy}")
    hand.sql(f"ALTER SCHEMA @_mart_{copy} OWNER TO @_owner")
    return 4


@dataclass(frozen=True)
class Due:
    """A change that is due `at` s after the first look."""

    at: float
    kind: Kind
    copy: int


def moments(params: Params) -> list[Due]:
    """Each kind `copies` times, in random order.

    A moment is a look and a phase, 0 to 1, in the interval after it. Both are stratified: of n changes one has a phase in each
    n-th of the interval, so that their mean is one half but for a small part of T/n.
    """
    random = np.random.default_rng(params.seed)
    wanted = [(kind, copy) for kind in KINDS for copy in range(params.copies)]
    count = len(wanted)
    phases = (random.permutation(count) + random.random(count)) / count
    looks = random.permutation(np.arange(count) % params.looks)
    order = random.permutation(count)
    drawn = [
        Due(float((looks[place] + phases[place]) * params.every_s), *wanted[order[place]])
        for place in range(count)
    ]
    return sorted(drawn, key=lambda due: due.at)
