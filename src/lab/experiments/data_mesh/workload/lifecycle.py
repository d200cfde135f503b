"""A field that goes: announced, given a successor, no longer used, removed. Who asks what, in which week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from lab.experiments.data_mesh.params import NOW
from lab.experiments.data_mesh.workload.domains import BASE, Column

FIELD, SUCCESSOR = "channel", "sales_channel"
STAYS = 8  # weeks for which the field is announced to stay
_BOTH = replace(BASE, columns=(*BASE.columns, Column(SUCCESSOR, "channel", "character varying(20)")))
# Versions of what is published, and of marketing's project: its second one is the first with the successor's name.
PUBLISHED = {"1": BASE, "2": _BOTH, "3": _BOTH.without(FIELD)}
CONSUMING = (("finance", "1"), ("marketing", "1"), ("marketing", "2"))


@dataclass(frozen=True)
class Step:
    """What is done in a week. action: verify (all that is needed of a publisher's version, or a consumer's needs against
    what is deployed), ask, deploy, beside, retire, announce, remove?
    """

    week: int
    action: str
    participant: str = "orders"
    version: str = ""
    environment: str = "production"


def day(week: int) -> date:
    return NOW.date() + timedelta(weeks=week)


STEPS = (
    *(Step(0, action, "orders", "1") for action in ("verify", "deploy")),
    *(Step(0, action, *consumer) for consumer in CONSUMING[:2] for action in ("verify", "deploy")),
    Step(0, "deploy", "orders", "1", "staging"),
    Step(0, "deploy", "finance", "1", "staging"),
    Step(1, "ask", "orders", "3"),  # not verified
    Step(1, "verify", "orders", "3"),
    Step(1, "ask", "orders", "3"),  # marketing 1 needs the field
    Step(1, "ask", "orders", "3", "staging"),  # where there is no marketing
    Step(1, "remove?"),
    Step(2, "verify", "orders", "2"),
    Step(2, "deploy", "orders", "2"),
    Step(2, "announce"),
    Step(3, "remove?"),
    Step(4, "ask", "marketing", "2"),  # not verified
    Step(4, "verify", "marketing", "2"),
    Step(4, "beside", "marketing", "2"),  # both run, side by side
    Step(5, "ask", "orders", "3"),
    Step(5, "remove?"),
    Step(6, "retire", "marketing", "1"),
    Step(6, "remove?"),  # nobody needs it, but it was announced to stay
    Step(8, "remove?"),
    Step(8, "verify", "orders", "3"),
    Step(8, "deploy", "orders", "3"),
    Step(9, "ask", "marketing", "1"),  # a way back that is closed
    Step(10, "ask", "orders", "1"),  # never verified with marketing 2
    Step(10, "ask", "orders", "2"),  # a way back that is open
)
