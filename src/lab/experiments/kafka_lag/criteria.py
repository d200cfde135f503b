"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

GROWTH_LIMIT = 0.05
LITTLE_LIMIT = 0.15

CRITERIA = (
    Criterion(
        "rate_reached",
        "At every rung the broker appends the offered rate within 1 %, by its own clock, over the middle 90 % "
        "of the messages; worst deviation.",
        at_most(0.01),
        "ratio",
        acceptance=True,
        precondition=True,
    ),
    Criterion(
        "group_stable",
        "No member loses its partitions to another: rebalances of the consumer group during the holds.",
        exactly(0),
        "invariant",
        "rebalances",
        precondition=True,
    ),
    Criterion(
        "lag_bounded",
        "No partition falls behind: over a hold's second half its backlog, counted in its worker's time, "
        "grows by at most 5 % of the time that passes.",
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
        "littles_law",
        "Mean sampled lag equals arrival rate times mean time from append to commit; worst rung's deviation.",
        at_most(LITTLE_LIMIT),
        "ratio",
    ),
    Criterion(
        "murmur2_agrees",
        "Our partitioner agrees with Kafka's published murmur2 vectors and with the C client's own choice.",
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
        "99 % of the messages leave the generator within 50 ms of their intended time, at the top rung.",
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
)
