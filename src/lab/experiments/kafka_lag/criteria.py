"""What is claimed, declared before any run. The limits are our thresholds."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

GROWTH_LIMIT = 0.05
LITTLE_LIMIT = 0.15

CRITERIA = (
    Criterion(
        "rate_reached",
        "At every load level the broker appends the offered rate within 1 %, by its own clock, over the middle 90 % "
        "of the messages; worst deviation.",
        at_most(0.01),
        "ratio",
        acceptance=True,
        precondition=True,
    ),
    Criterion(
        "group_stable",
        "No member loses its partitions to another: rebalances of the consumer group while it is measured.",
        exactly(0),
        "invariant",
        "rebalances",
        precondition=True,
    ),
    Criterion(
        "lag_bounded",
        "No partition falls behind, with any strategy at any load level: over a window's second half its backlog, "
        "counted in its worker's time, grows by at most 5 % of the time that passes.",
        at_most(GROWTH_LIMIT),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "delivered_once",
        "Every sequence number arrives exactly once: messages lost, doubled or unknown.",
        exactly(0),
        "invariant",
        "messages",
    ),
    Criterion(
        "placed_as_told",
        "Every message is read from the partition that the strategy named: messages found elsewhere.",
        exactly(0),
        "invariant",
        "messages",
    ),
    Criterion(
        "order_kept",
        "Keyed without salt, no message is processed after a later one of its key and generator: messages overtaken.",
        exactly(0),
        "invariant",
        "messages",
    ),
    Criterion(
        "backlog_predicted",
        "With workers that really wait, the fullest partition's backlog grows over the second half, as a share of its "
        "worker's time, as placement() of the keys and its time per message predict, at every partition count; worst difference.",
        at_most(0.05),
        "ratio",
    ),
    Criterion(
        "larger_predicted",
        "The same at ten times the load, with slower workers and ten times as many partitions.",
        at_most(0.1),
        "ratio",
    ),
    Criterion(
        "catch_up_predicted",
        "After an outage of T a partition at load ρ catches up in T ρ / (1 − ρ); worst relative error.",
        at_most(0.2),
        "ratio",
    ),
    Criterion(
        "littles_law",
        "Mean sampled lag equals arrival rate times mean time from append to commit; worst level's deviation.",
        at_most(LITTLE_LIMIT),
        "ratio",
    ),
    Criterion(
        "murmur2_agrees",
        "Our partitioner, Kafka's Java producer and the C client set to murmur2 put every key in the same partition, "
        "and ours agrees with Kafka's published vectors.",
        exactly(0),
        "invariant",
        "keys placed otherwise",
    ),
    Criterion(
        "lag_agrees",
        "With the group stopped, our lag equals what kafka-consumer-groups reports and what was sent.",
        exactly(0),
        "invariant",
        "messages apart",
    ),
    Criterion(
        "java_reaches_the_same",
        "Our generator's rate is at least 95 % of that of Kafka's ProducerPerformance at the same throttle.",
        at_least(0.95),
        "ratio",
    ),
    Criterion(
        "punctual",
        "99 % of the messages leave the generator within 50 ms of their intended time, at the highest load level.",
        at_most(50.0),
        "absolute",
        "ms",
    ),
)

CONTROLS = (
    Control(
        "hot key",
        "Keyed like the treatment, but on keys whose popularity follows Zipf's law, without salting.",
        breaks="lag_bounded",
    ),
    Control(
        "default partitioner",
        "The C client (librdkafka) with the partitioner it comes with, beside Kafka's Java producer.",
        breaks="murmur2_agrees",
    ),
)
