"""The online store: Redis with one string for each entity, written by compare-and-set, too old by event time.

Only a later event (or the same event, known later, or later in the log) replaces what is there, so late, repeated and
swapped updates change nothing, and a refill may run beside the stream.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .registry import View

_EPOCH = datetime(1970, 1, 1)
_ZERO = 10**18  # of a version's numbers, so that times before 1970 compare as text too

# One step in Redis, so no other writer comes between look and write. PXAT names the moment at which a value is too old;
# EXPIRE would count from the write, and a late value would live too long. Returns (written, seconds, microseconds).
COMPARE_AND_SET = """
local old = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
if old and string.sub(old, 1, #ARGV[1]) >= ARGV[1] then return {0, time[1], time[2]} end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], unpack(ARGV, 3))
return {1, time[1], time[2]}
"""
_DIGITS = 19
_VERSION = 3 * _DIGITS


class NotReadyError(RuntimeError):
    """The online store is empty or gone; "nothing is known" would be a wrong answer."""


@dataclass(frozen=True)
class Row:
    """An entity's features with the update that they come from. Times: naive UTC; offset: in the log."""

    entity: str
    event_time: datetime
    known_time: datetime
    features: Mapping[str, Any]
    offset: int = 0


@dataclass(frozen=True)
class Answer:
    """What was found: for each entity its features, None where there is nothing or it is too old.

    at: the moment of the look (naive UTC), by Redis' own clock.
    """

    at: datetime
    found: Sequence[Mapping[str, Any] | None]


class Online:
    """Views in the Redis at `url`, under keys that begin with `space`. script: another way to write."""

    def __init__(
        self, url: str, space: str = "features", timeout_s: float = 1.0, script: str = COMPARE_AND_SET
    ) -> None:
        # One try more: after a restart of Redis every kept connection is dead.
        import redis  # here, so that registry and offline part do without it
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis = redis.Redis.from_url(
            url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 1)
        )
        self.space, self._script = space, script
        self._sha = hashlib.sha1(script.encode()).hexdigest()

    def write(self, view: View, rows: Iterable[Row]) -> list[tuple[bool, datetime]]:
        """Of each row whether it was written (False: there is a later one) and when, by Redis' clock."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.script_load(self._script)  # each time: a Redis that was started again has forgotten it
        for row in rows:
            body = json.dumps([row.features[name] for name in view.names], allow_nan=False)
            expiry = [] if view.ttl is None else ["PXAT", max(1, _expires_ms(row.event_time, view.ttl))]
            pipe.evalsha(self._sha, 1, self._key(view, row.entity), _version(row), body, *expiry)
        return [(bool(done), _moment(seconds, micros)) for done, seconds, micros in pipe.execute()[1:]]

    def read(self, view: View, entities: Sequence[str]) -> Answer:
        """The features of `entities` now. NotReadyError as long as the view has not been filled."""
        import redis

        pipe = self._redis.pipeline(transaction=True)
        pipe.time()
        pipe.mget([self._mark(view), *(self._key(view, entity) for entity in entities)])
        try:
            (seconds, micros), (ready, *values) = pipe.execute()
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError) as error:
            raise NotReadyError(f"the online store does not answer: {error}") from None
        if ready is None:
            raise NotReadyError(f"the online store has not been filled with {view.name} yet")
        at = _moment(seconds, micros)
        return Answer(at, [_alive(view, value, at) for value in values])

    def refill(self, view: View, rows: Iterable[Mapping[str, Any]], batch: int = 500) -> int:
        """Write the offline store's `latest` rows; updates that come meanwhile win if they are later. Returns how many."""
        made = [
            Row(
                row["entity"],
                row["event_time"],
                row["known_time"],
                {name: row[name] for name in view.names},
                row["log_offset"],
            )
            for row in rows
        ]
        for first in range(0, len(made), batch):
            self.write(view, made[first : first + batch])
        return len(made)

    def ready(self, view: View) -> None:
        """Say that the view has been filled: from now on `read` answers of it."""
        self._redis.set(self._mark(view), 1)

    def close(self) -> None:
        self._redis.close()

    def _mark(self, view: View) -> str:
        return f"{self.space}:{view.name}"  # no entity's key: those have one part more

    def _key(self, view: View, entity: str) -> str:
        return f"{self.space}:{view.name}:{entity}"


def _version(row: Row) -> str:
    """Text that orders as (event_time, known_time, offset) do."""
    numbers = _ZERO + _us(row.event_time), _ZERO + _us(row.known_time), row.offset
    return "".join(f"{number:0{_DIGITS}d}" for number in numbers)


def _expires_ms(event_time: datetime, ttl: timedelta) -> int:
    """As a number: beyond the year 9999 there is no datetime."""
    return (_us(event_time) + ttl // timedelta(microseconds=1)) // 1000 + 1


def _alive(view: View, value: bytes | None, at: datetime) -> dict[str, Any] | None:
    if value is None:
        return None
    event_time = _EPOCH + timedelta(microseconds=int(value[:_DIGITS]) - _ZERO)
    if not view.holds(event_time, at):
        return None
    return dict(zip(view.names, json.loads(value[_VERSION:]), strict=True))


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(seconds: int | bytes, micros: int | bytes) -> datetime:
    moment = datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None)
    return moment + timedelta(microseconds=int(micros))
