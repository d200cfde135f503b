"""Features from Redis, computed where it has none, and a default where it does not answer in time.

A cache must never be slower than no cache. So every call has a time-out, nothing is tried again within a request, and after
a failure nobody asks for a while (a circuit breaker): a frozen server would else cost each request the time-out.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .attributes import Attributes
from .population import Features

Source = Literal["cache", "computed", "default"]


@dataclass(frozen=True)
class Served:
    """Features and where they are from. default: Redis did not answer, so no history was looked at."""

    features: Features
    source: Source


class FeatureCache:
    """Features by user.

    client: of Redis, see `connect`. compute: (user, attributes) -> features, reads the history: the miss path.
    default: attributes -> features without any store. size: number of features; an entry of another size is not used.
    version: of the population; entries of another are not seen. keep_s: how long an entry lives, and so how long it is
    out of date at most. rest_s: how long nobody asks after a failure; 0 for no circuit breaker.
    """

    def __init__(
        self,
        client: Any,
        compute: Callable[[Hashable, Attributes], Features],
        default: Callable[[Attributes], Features],
        size: int,
        version: str = "1",
        keep_s: float = 3600,
        rest_s: float = 1.0,
    ) -> None:
        if keep_s <= 0 or rest_s < 0 or size < 1:
            raise ValueError("keep_s and size must be positive, and rest_s not negative")
        self._client, self._compute, self._default = client, compute, default
        self._size, self._version, self._keep_ms = size, version, max(1, round(1000 * keep_s))
        self._breaker = _Breaker(rest_s)
        self._owed: set[Hashable] = set()
        self._computing: dict[Hashable, object] = {}

    def get(self, user: Hashable, attributes: Attributes) -> Served:
        """Features of `user`, whatever state Redis is in. What `compute` raises is raised."""
        if not self._breaker.ask():
            return Served(self._default(attributes), "default")
        try:
            found = self._read(user)
        except _failures():
            self._breaker.failed()
            return Served(self._default(attributes), "default")
        self._breaker.worked()
        if found is not None:
            return Served(found, "cache")
        features, latest = self._computed(user, attributes)
        if latest:
            self._put(user, features)
        return Served(features, "computed")

    def forget(self, user: Hashable) -> bool:
        """After a new interaction: the entry goes. False if Redis can't be told now; it is then told before the next read."""
        self._owed.add(user)
        self._computing.pop(user, None)
        if not self._breaker.ask():
            return False
        try:
            self._settle(user)
        except _failures():
            self._breaker.failed()
            return False
        self._breaker.worked()
        return True

    def key(self, user: Hashable) -> bytes:
        """The type is part of it: user 1 is not user "1". Numbers that are equal are one user, numpy's too."""
        plain = user.item() if isinstance(user, np.generic) else user
        if isinstance(plain, float) and plain.is_integer():
            plain = int(plain)  # pandas makes 7.0 of 7 where a column lacks a value
        text = f"features:{self._version}:{type(plain).__name__}:{plain}"
        return text.encode("utf-8", "surrogatepass")  # of a name that was cut within a character, too

    def _computed(self, user: Hashable, attributes: Attributes) -> tuple[Features, bool]:
        """Features, and whether they may be kept: not if the user was forgotten meanwhile, for the history was older."""
        mine = self._computing[user] = object()
        try:
            features = self._compute(user, attributes)
        finally:
            latest = self._computing.get(user) is mine
            if latest:
                self._computing.pop(user, None)
        return features, latest

    def _read(self, user: Hashable) -> Features | None:
        import redis

        try:
            self._settle()
            return self._decoded(self._client.get(self.key(user)))
        except (redis.ResponseError, UnicodeError):
            # It answers, but not this: a key of another type, a replica that can't delete, bytes that a decoding client can't
            # read. No reason not to ask for others.
            return None

    def _settle(self, *also: Hashable) -> None:
        # `also` whatever is owed: another thread may just have settled it, before the newest interaction.
        if owed := [*also, *self._owed]:
            self._client.delete(*map(self.key, owed))
            self._owed.difference_update(owed)

    def _put(self, user: Hashable, features: Features) -> None:
        import redis

        try:
            self._client.set(self.key(user), json.dumps([float(each) for each in features]), px=self._keep_ms)
        except redis.ResponseError:
            pass  # its memory is full, or it is a replica: reading still works
        except _failures():
            self._breaker.failed()

    def _decoded(self, found: bytes | str | None) -> Features | None:
        """None for what is not features: another program's value, another number of them, a value cut short."""
        try:
            features = np.array(json.loads(found), dtype=float) if found is not None else None
        except (ValueError, TypeError):
            return None
        if features is None or features.shape != (self._size,) or not np.isfinite(features).all():
            return None
        return features


def connect(url: str, timeout_s: float = 0.05, connections: int = 64) -> Any:
    """A client of Redis that fails soon: redis-py's own waits 5 s and tries ten times more (version 8.1)."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # A pool that does not wait would call a busy service a failure of Redis.
    pool = redis.BlockingConnectionPool.from_url(
        url,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        max_connections=connections,
    )
    return redis.Redis.from_pool(pool)


def _failures() -> tuple[type[Exception], ...]:
    import redis

    return (redis.RedisError, OSError)


class _Breaker:
    """Closed: all may ask. After a failure nobody may for `rest_s`; then one asks, and the answer decides for all."""

    def __init__(self, rest_s: float) -> None:
        self._rest_s, self._until, self._lock = rest_s, 0.0, threading.Lock()

    def ask(self) -> bool:
        with self._lock:
            if not self._until or not self._rest_s:
                return True
            if time.monotonic() < self._until:
                return False
            self._until = time.monotonic() + self._rest_s  # this one asks, the others go on resting
            return True

    def failed(self) -> None:
        with self._lock:
            self._until = time.monotonic() + self._rest_s

    def worked(self) -> None:
        with self._lock:
            self._until = 0.0
