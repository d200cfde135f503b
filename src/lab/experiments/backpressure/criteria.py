"""What is claimed, declared before any run. The limits are our thresholds, but for the exercise's 1 % and 90 %."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

LATE = 0.01  # of the events accepted in the burst, at most
FAIR = 0.8  # of a client's share, at least
RECOVERED = 0.95  # of events sent after it, at least

CRITERIA = (
    Criterion(
        "sink_errors",
        "Of the events of the burst that were accepted, those that the sink finished after their deadline, or never; of at "
        "least a hundred, so that one is not too many; of fewer, two refute it all the same.",
        at_most(LATE),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "goodput_in_burst",
        "From the burst's second second on: events answered in time, by the load tool, over what the saturated sink can do.",
        at_least(0.9),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "accepted_p99_bounded",
        "99th percentile of the time from acceptance to done, of events accepted in the burst, over the limit's target.",
        at_most(2.0),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "rejections_fast",
        "99th percentile of the time to a 429, as the clients see it, over their time-out.",
        at_most(0.1),
        "ratio",
    ),
    Criterion(
        "fair_by_client",
        "Goodput of a client in the burst over its max-min fair share of the sink; the client that has least of it. Inconclusive "
        "if the limit lies within what other seconds of the burst could have given.",
        at_least(FAIR),
        "ratio",
    ),
    Criterion(
        "recovered",
        "With the base load still on, events answered in time, of those sent from a second after the clients' memory of "
        "the burst has ended. Inconclusive if the limit lies within the interval: Wilson's, as if events were independent, or "
        "wider, what other seconds could have given.",
        at_least(RECOVERED),
        "ratio",
    ),
    Criterion(
        "nothing_lost",
        "Events that the load tool was told 202 for and that the sink never had, although ingestion and sink were killed.",
        exactly(0),
        "invariant",
        "events",
    ),
    Criterion(
        "every_answer_done",
        "Events that the load tool was told 200 for and that the sink had not done.",
        exactly(0),
        "invariant",
        "events",
    ),
    Criterion(
        "retry_after_told",
        "Rejections of the server without a Retry-After of at least a second.",
        exactly(0),
        "invariant",
        "answers",
    ),
    Criterion(
        "within_retry_budget",
        "Retries that throttled clients sent beyond their budget.",
        exactly(0),
        "invariant",
        "retries",
    ),
    Criterion(
        "attempts_predicted",
        "Attempts/s of throttled clients that reach the server, from the burst's second second on, against k for each event that "
        "the sink can do; relative error.",
        at_most(0.15),
        "absolute",
    ),
    Criterion(
        "load_reached",
        "Requests that the load tool sent within 50 ms of their time.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "servers_not_bottleneck",
        "Busiest Python server in the treatment's burst, share of a processor.",
        at_most(0.8),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "sidecar_prompt",
        "First attempts that the side-car began within 100 ms of the load tool's sending; worst of treatment and control.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "sink_as_declared",
        "What the saturated sink can do, over what it was declared to.",
        at_least(0.95),
        "ratio",
        precondition=True,
    ),
)

CONTROLS = (
    Control(
        "unprotected",
        "The same load, sink and retrying clients (backoff with full jitter), and nothing that refuses.",
        breaks="recovered",
    ),
    Control("memory", "202 before the broker has the event.", breaks="nothing_lost"),
)
