"""What Kafka's own tools print, read correctly or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import ServiceError
from lab.experiments.kafka_lag.oracle import parse_group, parse_performance, parse_verifiable

PERFORMANCE = """\
4999 records sent, 999.4 records/sec (0.10 MB/sec), 3.1 ms avg latency, 289.0 ms max latency.
10000 records sent, 998.701688 records/sec (0.10 MB/sec), 2.31 ms avg latency, 289.00 ms max latency, \
1 ms 50th, 7 ms 95th, 41 ms 99th, 57 ms 99.9th.
"""
GROUP = """\

GROUP  TOPIC  PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG  CONSUMER-ID  HOST  CLIENT-ID
g      t      1          10              15              5    -            -     -
g      other  0          1               9               8    -            -     -
g      t      0          {committed}     12              {lag}    -            -     -
"""


def test_the_summary_is_read_and_not_a_line_on_the_way() -> None:
    found = parse_performance(PERFORMANCE)
    assert (found.rate, found.p50_ms, found.p95_ms, found.p99_ms) == (998.701688, 1, 7, 41)


@pytest.mark.parametrize(
    "text", ["", "org.apache.kafka.common.errors.TimeoutException", PERFORMANCE.splitlines()[0]]
)
def test_output_without_a_summary_is_refused(text: str) -> None:
    with pytest.raises(ServiceError, match="no summary"):
        parse_performance(text)


def test_lag_is_read_by_partition_and_topic() -> None:
    assert parse_group(GROUP.format(committed=12, lag=0), "t", 2).tolist() == [0, 5]


@pytest.mark.parametrize(
    ("text", "partitions"),
    [("", 2), (GROUP.format(committed="-", lag="-"), 2), (GROUP.format(committed=12, lag=0), 3)],
)
def test_a_description_that_lacks_a_partition_is_refused(text: str, partitions: int) -> None:
    with pytest.raises(ServiceError):
        parse_group(text, "t", partitions)


@given(st.text(max_size=300))
def test_no_text_is_taken_for_a_lag(text: str) -> None:
    with pytest.raises(ServiceError):
        parse_group(text, "t", 1)


VERIFIABLE = """\
{"timestamp":1,"name":"startup_complete"}
{"timestamp":2,"name":"producer_send_success","key":"1","value":"1","offset":0,"topic":"t","partition":4}
{"timestamp":2,"name":"producer_send_success","key":"0","value":"0","offset":0,"topic":"t","partition":2}
{"timestamp":3,"name":"tool_data","sent":2,"acked":2,"target_throughput":-1,"avg_throughput":1.0}
"""


def test_javas_partitions_are_read_by_key() -> None:
    assert parse_verifiable(VERIFIABLE, 2) == [2, 4]


def test_a_key_that_java_did_not_send_is_missed() -> None:
    with pytest.raises(ServiceError, match="1 of 3"):
        parse_verifiable(VERIFIABLE, 3)
