"""The feature cache on a real Redis: what it serves when Redis is there, gone, frozen, or holds what others put there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lab.experiments.cold_start import FeatureCache, connect
from lab.faults.process import crash, hang
from lab.services.redis import Redis, redis

pytestmark = pytest.mark.service
KNOWN, DEFAULT = np.array([3.5, 0.25]), np.array([3.0, 0.0])
# On a busy machine Redis may well need more than the 50 ms after which a service gives it up.
TIME_OUT_S, REST_S, PATIENCE_S = 1.0, 2.0, 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with redis() as started:
        yield started


@pytest.fixture
def cache(server: Redis) -> Iterator[FeatureCache]:
    made = of(server.url)
    yield made
    connect(server.url, PATIENCE_S).flushdb()


def of(url: str, version: str = "1", keep_s: float = 60) -> FeatureCache:
    return FeatureCache(
        connect(url, TIME_OUT_S),
        lambda user, attributes: KNOWN,
        lambda attributes: DEFAULT,
        2,
        version,
        keep_s,
        REST_S,
    )


def test_first_computed_then_from_the_cache_bit_by_bit(cache: FeatureCache) -> None:
    assert cache.get("ann", {}).source == "computed"
    again = cache.get("ann", {})
    assert again.source == "cache" and again.features.tobytes() == KNOWN.tobytes()


def test_after_an_interaction_features_are_computed_anew(cache: FeatureCache) -> None:
    cache.get("ann", {})
    assert cache.forget("ann")
    assert cache.get("ann", {}).source == "computed"


def test_an_entry_of_another_version_is_not_seen(cache: FeatureCache, server: Redis) -> None:
    cache.get("ann", {})
    assert of(server.url, version="2").get("ann", {}).source == "computed"


def test_an_entry_expires(server: Redis) -> None:
    short = of(server.url, version="short", keep_s=0.05)
    short.get("ann", {})
    time.sleep(0.1)
    assert short.get("ann", {}).source == "computed"


def test_user_1_is_not_user_text_1(cache: FeatureCache) -> None:
    cache.get(1, {})
    assert cache.get("1", {}).source == "computed"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"null",
        b"[]",
        b"[3.5]",
        b"[3.5, 0.25, 1]",
        b"[3.5, NaN]",
        b"[3.5, 1e999]",
        b'{"level": 3}',
        b"\xff\xfe",
        b"[3.5, 0.2",
    ],
)
def test_what_is_no_features_is_computed_and_replaced(
    cache: FeatureCache, server: Redis, value: bytes
) -> None:
    connect(server.url, PATIENCE_S).set(cache.key("ann"), value)
    assert cache.get("ann", {}).source == "computed"
    assert cache.get("ann", {}).source == "cache"


def test_a_client_that_decodes_computes_what_it_can_not_read(server: Redis) -> None:
    import redis as client_library

    client = client_library.Redis.from_url(server.url, decode_responses=True)
    decoding = FeatureCache(client, lambda user, attributes: KNOWN, lambda attributes: DEFAULT, 2, "decoded")
    connect(server.url, PATIENCE_S).set(decoding.key("ann"), b"\xff\xfe")
    assert [decoding.get("ann", {}).source for _ in range(2)] == ["computed", "cache"]


def test_another_programs_list_under_the_key_is_computed_and_replaced(
    cache: FeatureCache, server: Redis
) -> None:
    connect(server.url, PATIENCE_S).rpush(cache.key("ann"), "3.5")
    assert [cache.get("ann", {}).source for _ in range(2)] == ["computed", "cache"]


def test_a_full_memory_keeps_nothing_new_and_still_serves(cache: FeatureCache, server: Redis) -> None:
    client = connect(server.url, PATIENCE_S)
    cache.get("ann", {})
    client.config_set("maxmemory", "1mb")
    try:
        assert [cache.get(name, {}).source for name in ("bob", "bob", "ann")] == [
            "computed",
            "computed",
            "cache",
        ]
    finally:
        client.config_set("maxmemory", "1gb")


def test_names_with_spaces_colons_and_other_scripts_are_kept_apart(cache: FeatureCache) -> None:
    names = ["a b", "a:b", "東京", "a\nb", "", "cut \ud83d"]
    assert [cache.get(name, {}).source for name in names] == ["computed"] * 6
    assert [cache.get(name, {}).source for name in names] == ["cache"] * 6
    assert all(cache.forget(name) for name in names)


def test_killed_the_default_comes_at_once_and_the_cache_again_afterwards(
    cache: FeatureCache, server: Redis
) -> None:
    cache.get("ann", {})
    with crash(server.node):
        begun = time.monotonic()
        served = [cache.get("ann", {}) for _ in range(20)]
        assert time.monotonic() - begun < 5 * TIME_OUT_S
    assert {each.source for each in served} == {"default"}
    assert all(np.array_equal(each.features, DEFAULT) for each in served)
    time.sleep(REST_S + 0.1)
    assert [cache.get("ann", {}).source for _ in range(2)] == ["computed", "cache"]


def test_frozen_one_request_waits_for_the_time_out_and_the_others_do_not(
    cache: FeatureCache, server: Redis
) -> None:
    cache.get("ann", {})
    with hang(server.node):
        begun = time.monotonic()
        sources = {cache.get("ann", {}).source for _ in range(20)}
        assert time.monotonic() - begun < 5 * TIME_OUT_S  # of twenty time-outs
    assert sources == {"default"}
    time.sleep(REST_S + 0.1)
    assert cache.get("ann", {}).source == "cache"


def test_what_could_not_be_deleted_is_deleted_before_the_next_read(
    cache: FeatureCache, server: Redis
) -> None:
    cache.get("ann", {})
    with hang(server.node):
        assert not cache.forget("ann")
    time.sleep(REST_S + 0.1)
    assert cache.get("ann", {}).source == "computed"


def test_what_compute_raises_is_raised_and_nothing_is_kept(server: Redis) -> None:
    def fails(user: object, attributes: object) -> np.ndarray:
        raise ValueError("rating nan of item 7")

    broken = FeatureCache(connect(server.url, PATIENCE_S), fails, lambda attributes: DEFAULT, 2, "broken")
    for _ in range(2):
        with pytest.raises(ValueError, match="item 7"):
            broken.get("ann", {})


@pytest.mark.parametrize("wrong", [{"keep_s": 0}, {"rest_s": -1}, {"size": 0}])
def test_settings_without_a_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        FeatureCache(None, lambda *_: KNOWN, lambda _: DEFAULT, **({"size": 2} | wrong))  # type: ignore[arg-type]


def test_what_was_computed_before_an_interaction_is_not_kept_after_it(server: Redis) -> None:
    history: list[float] = []

    def computes(user: object, attributes: object) -> np.ndarray:
        seen = len(history)
        if not seen:  # an interaction arrives while the features are made
            history.append(4.0)
            assert slow.forget("ann")
        return np.array([float(seen), 0.0])

    slow = FeatureCache(connect(server.url, PATIENCE_S), computes, lambda attributes: DEFAULT, 2, "slow")
    assert [slow.get("ann", {}).features[0] for _ in range(2)] == [0.0, 1.0]
    assert slow.get("ann", {}).source == "cache"


@pytest.mark.parametrize("same", [np.int64(7), np.uint8(7), 7.0, np.float32(7)])
def test_a_number_from_a_table_forgets_the_user_whom_pythons_number_asks_for(
    cache: FeatureCache, same: object
) -> None:
    cache.get(7, {})
    assert cache.forget(same)  # type: ignore[arg-type]
    assert cache.get(7, {}).source == "computed"


def test_more_threads_than_connections_are_no_failure_of_redis(server: Redis) -> None:
    client = connect(server.url, PATIENCE_S, connections=2)
    busy = FeatureCache(client, lambda user, attributes: KNOWN, lambda attributes: DEFAULT, 2, "busy")
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda user: busy.get(user % 40, {}).source, range(400)))
    assert "default" not in found


def test_a_wrong_password_serves_the_default(server: Redis) -> None:
    locked = of(server.url.replace("redis://", "redis://nobody:wrong@"))
    assert locked.get("ann", {}).source == "default"
