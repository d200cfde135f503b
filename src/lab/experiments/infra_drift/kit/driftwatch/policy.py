"""What to do about a drift: restore, open a ticket, or leave it. Rules first, exceptions by name in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .plan import Drift

Policy = Mapping[str, Sequence[str]]
KEYS = {
    "ignore": "addresses that nobody looks after; * stands for anything",
    "ticket": "addresses that a person wants to see first",
    "data": "types of resources that hold data: one that is gone is not made again, empty, without a word",
}
GENTLE = {"update", "create"}


class PolicyError(ValueError):
    """The policy says something that can't be meant."""


@dataclass(frozen=True)
class Decision:
    what: Literal["restore", "ticket", "ignore"]
    why: str


def checked(told: Any) -> Policy:
    """`told`, as read from JSON, as a policy; PolicyError for anything else: a word not understood protects nobody."""
    if not isinstance(told, dict):
        raise PolicyError(f"a policy is an object with {', '.join(KEYS)}")
    if unknown := sorted(set(told) - set(KEYS)):
        raise PolicyError(f"unknown in the policy: {', '.join(unknown)}; known: {', '.join(KEYS)}")
    for name, patterns in told.items():
        if not isinstance(patterns, list) or not all(isinstance(item, str) and item for item in patterns):
            raise PolicyError(f"{name} in the policy is a list of texts: {KEYS[name]}")
    return {name: tuple(patterns) for name, patterns in told.items()}


def decide(drift: Drift, policy: Policy, approved: bool = False) -> Decision:
    """What to do about `drift`. approved: a person has agreed to what applying the configuration does."""
    if _named(drift, policy.get("ignore", ())):
        return Decision("ignore", "the policy names it")
    if drift.unmanaged:
        return Decision("ticket", "in no state: import it or remove it, by whoever knows what it is for")
    if drift.action == "no-op":
        return Decision("ticket", "the configuration does not say how it should be: applying would accept it")
    if approved:
        return Decision("restore", "approved")
    if drift.action not in GENTLE:
        return Decision("ticket", f"to {drift.action} it destroys what is there")
    if drift.after is None and _type(drift) in policy.get("data", ()):
        return Decision("ticket", "it held data: made again it would be empty")
    if _named(drift, policy.get("ticket", ())):
        return Decision("ticket", "the policy wants it seen first")
    return Decision("restore", f"to {drift.action} it loses nothing")


def _type(drift: Drift) -> str:
    """Type of the resource, within whatever modules."""
    bare = re.sub(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]", "", drift.address)  # keys may have dots in them
    return bare.split(".")[-2] if "." in bare else bare.partition(":")[0]


def _named(drift: Drift, patterns: Sequence[str]) -> bool:
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), drift.address, re.DOTALL)
        for pattern in patterns
    )
