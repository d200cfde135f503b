"""What to do about a drift: restore, open a ticket, or leave it. Rules first, exceptions by name in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from .shown import Drift

Policy = Mapping[str, Sequence[str]]
KEYS = {
    "ignore": "addresses that nobody looks after, or ADDRESS#ATTRIBUTE; * stands for anything",
    "ticket": "addresses that a person wants to see first",
    "data": "types of resources that hold data: one that is gone is not made again, empty, without a word",
}
GENTLE = {"update", "create"}


class PolicyError(ValueError):
    """The policy says something that can't be meant."""


@dataclass(frozen=True)
class Decision:
    """do: what a person can do about it, where that does not follow from the drift."""

    what: Literal["restore", "ticket", "ignore"]
    why: str
    do: str = ""


def checked(told: Any) -> Policy:
    """`told`, as read from JSON, as a policy; PolicyError for anything else: a word not understood protects nobody."""
    if not isinstance(told, dict):
        raise PolicyError(f"a policy is an object with {', '.join(KEYS)}")
    if unknown := sorted(set(told) - set(KEYS)):
        raise PolicyError(f"unknown in the policy: {', '.join(unknown)}; known: {', '.join(KEYS)}")
    for name, patterns in told.items():
        if not isinstance(patterns, (list, tuple)) or not all(
            isinstance(item, str) and item for item in patterns
        ):
            raise PolicyError(f"{name} in the policy is a list of texts: {KEYS[name]}")
    return {name: tuple(patterns) for name, patterns in told.items()}


def decide(drift: Drift, policy: Policy, approved: bool = False) -> Decision:
    """What to do about `drift`. approved: a person has agreed to what applying the configuration does."""
    if seen(drift, policy) is None:
        return Decision("ignore", "the policy names it")
    if drift.unmanaged:
        return Decision("ticket", "in no state: import it or remove it, by whoever knows what it is for")
    if drift.action == "no-op":
        return Decision("ticket", "the configuration does not say how it should be: applying would accept it")
    if drift.action == "unknown":
        return Decision("ticket", "planning fails, so that nobody knows what applying would do")
    if approved:
        return Decision("restore", "approved")
    if drift.action not in GENTLE:
        return Decision("ticket", f"to {drift.action} it destroys what is there")
    if drift.after is None and _type(drift) in policy.get("data", ()):
        return Decision("ticket", "it held data: made again it would be empty")
    if _named(drift.address, policy.get("ticket", ())):
        return Decision("ticket", "the policy wants it seen first")
    return Decision("restore", f"to {drift.action} it loses nothing that the policy knows of")


def seen(drift: Drift, policy: Policy) -> Drift | None:
    """`drift` without the attributes that the policy ignores, so that what a service writes itself opens no ticket and changes
    none; None if nothing is left.
    """
    patterns = policy.get("ignore", ())
    if _named(drift.address, patterns):
        return None
    if drift.before is None or drift.after is None:
        return drift  # whether it is there at all is no attribute
    kept = [name for name in drift.before if not _named(f"{drift.address}#{name}", patterns)]
    before, after = ({name: values[name] for name in kept} for values in (drift.before, drift.after))
    return replace(drift, before=before, after=after) if kept or not drift.before else None


def _type(drift: Drift) -> str:
    """Type of the resource, within whatever modules."""
    bare = re.sub(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]", "", drift.address)  # keys may have dots in them
    return bare.split(".")[-2] if "." in bare else bare.partition(":")[0]


def _named(address: str, patterns: Sequence[str]) -> bool:
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), address, re.DOTALL) for pattern in patterns
    )
