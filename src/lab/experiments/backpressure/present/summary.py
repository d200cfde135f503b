"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.evidence.statistics import none_seen_bound
from lab.experiments.backpressure.params import CLIENT_COUNT, QUOTA
from lab.experiments.backpressure.present.findings import Findings, findings, seconds
from lab.experiments.backpressure.workload import BOTH, CLIENTS, NONE, SERVER

HEALED = 0.95  # answered in time, as the criterion has it
ALTERNATIVES = (
    Alternative(
        "Envoy",
        "Adaptive concurrency by a latency gradient; retry budget of 20 % of active requests, at least 3.",
        "its documentation, 2025; not run here",
    ),
    Alternative(
        "slowapi, fastapi-limiter",
        "Quotas by address or key for FastAPI, in memory or Redis; they bound a rate, not what is in flight.",
        "their documentation, 2025; not run here",
    ),
    Alternative(
        "Netflix concurrency-limits",
        "Limits by Vegas, gradient or AIMD on latency, in Java; the limit here is of the AIMD kind.",
        "Performance Under Load, 2018; not run here",
    ),
    Alternative(
        "Finagle",
        "Retry budget of 20 % of requests and at least 10/s, spent within 10 s.",
        "release 6.31, 2016; not run here",
    ),
    Alternative(
        "CoDel, LIFO under overload",
        "Drop by time spent in the queue, serve the newest first: bounds latency where requests can be dropped after acceptance.",
        "Nichols and Jacobson, 2012; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    params, both, none = found.params, found.both, found.none
    return Summary(
        answer=(
            f"Offered {found.rho:.2f} times its capacity, the protected sink keeps {both['goodput'] / both['capacity']:.0%} of "
            f"it as goodput, {both['late']:.0f} of {both['accepted']:.0f} accepted events too late. What can't be served is "
            f"refused; the time to recover is {seconds(float(both['recover_s']))}. Unprotected, with retrying clients, "
            f"{none['after']:.0%} of what is sent {params.settled_s:g} s after the burst or later is answered in time."
        ),
        conditions=(
            f"one sink of {both['capacity']:.0f} events/s, {params.base:.0%} busy before and after the burst",
            f"clients give up after {params.timeout_s:g} s, and try {params.attempts} times",
            f"throttled clients remember {params.memory_s:g} s; the book's default is two minutes",
        ),
        headline=Metric(
            "goodput_kept",
            float(both["goodput"] / both["capacity"]),
            "",
            f"of capacity kept as goodput at {found.rho:.1f} times the load",
            better="higher",
        ),
        figure="goodput",
        decisions=(*_ablation(found), _backoff(found), _promise(found), _memory(found), _fair(found)),
        alternatives=ALTERNATIVES,
    )


def _ablation(found: Findings) -> tuple[Decision, ...]:
    if SERVER.name not in found.names:
        return ()
    server, clients, both = (found.arm(arm.name) for arm in (SERVER, CLIENTS, BOTH))
    first = "The server's" if server["goodput"] > clients["goodput"] else "The clients'"
    return (
        Decision(
            "Server or clients: which protection comes first?",
            f"{first}: alone, the server's keeps {server['goodput'] / server['capacity']:.0%} of capacity as goodput, "
            f"the clients' {clients['goodput'] / clients['capacity']:.0%} (of the sink's work {clients['sink_errors']:.0%} too "
            f"late).",
            "measured",
            ("goodput_server_alone", "goodput_clients_alone", *found.measured("sink_errors", CLIENTS.name)),
            figure="goodput",
        ),
        Decision(
            "What do throttled clients add to that?",
            f"{both['attempts']:.2f} attempts reach the server per event of the burst, without them {server['attempts']:.2f}. "
            f"The time to recover is {seconds(float(both['recover_s']))}, without them {seconds(float(server['recover_s']))}; "
            f"they remember {found.params.memory_s:g} s.",
            "measured",
            ("attempts_server_and_clients", "attempts_server_alone"),
            figure="endings",
        ),
    )


def _backoff(found: Findings) -> Decision:
    params, none = found.params, found.none
    return Decision(
        "Is backoff with jitter enough?",
        f"{'No' if none['after'] < HEALED else 'Here it was'}: the unprotected arm has it, and the burst leaves "
        f"{found.work_left_s:.0f} s of work, to which {params.base:.0%} load adds {none['growth']:.1f} events/s: "
        f"{params.attempts} attempts are {params.attempts * params.base:.2f} times the capacity. Without retries it would "
        f"shrink by {(1 - params.base) * none['capacity']:.1f} events/s, by arithmetic.",
        "measured",
        found.measured("growth", NONE.name) + found.measured("after", NONE.name),
        figure="hysteresis",
    )


def _promise(found: Findings) -> Decision:
    broker, memory = found.kept("broker"), found.kept("memory")
    bound = (
        ""
        if broker["lost"] or not broker["promised"]
        else f", which leaves a loss in up to {none_seen_bound(broker['kills']):.0%} of kills possible (95 %)"
    )
    return Decision(
        "When may I answer 202?",
        f"After the broker's acknowledgement: {broker['kills']} kills lost {broker['lost']} of {broker['promised']} "
        f"events{bound}. Answered from a memory that waits a second for more to send along, they lost {memory['lost']} of "
        f"{memory['promised']}.",
        "measured",
        ("nothing_lost", "lost_from_broker", "lost_from_memory"),
    )


def _memory(found: Findings) -> Decision:
    params = found.params
    return Decision(
        "How long should a throttled client remember?",
        f"Not longer than recovery may take: with {params.memory_s:g} s the time to recover is "
        f"{seconds(float(found.both['recover_s']))}. The usual two minutes were not run.",
        "measured",
        ("recovered", *found.measured("recover_s", BOTH.name)),
        figure="goodput",
    )


def _fair(found: Findings) -> Decision:
    table = found.table("clients")
    greedy, least = table.iloc[0], float((table["goodput"] / table["fair"]).min())
    return Decision(
        "How is what there is shared fairly?",
        f"By an equal share of the limit for each active client, beside its quota: who asks for {greedy['offered']:.0f} events/s "
        f"gets {greedy['goodput']:.0f}, nobody under {least:.0%} of a fair share. Quotas alone add up to "
        f"{QUOTA * CLIENT_COUNT:g} times the capacity here; without shares they were not run.",
        "measured",
        ("fair_by_client",),
        figure="fairness",
    )
