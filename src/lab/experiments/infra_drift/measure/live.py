"""The detector as a process of its own while hands change things; a receiver that keeps time; an approval at the end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lab.errors import ServiceError
from lab.experiments.infra_drift import oracle
from lab.experiments.infra_drift.kit import FOLDER
from lab.experiments.infra_drift.measure.seen import Change, Event, Live
from lab.experiments.infra_drift.measure.stack import Stack, write_policy
from lab.experiments.infra_drift.params import Params
from lab.experiments.infra_drift.workload import NAMED, RESTORE, Kind, moments
from lab.services.process import Process, running

APPROVED = "database_recreated"
AFTER = 4  # intervals in which the last changes must be answered, and an approval carried out


class Ledger:
    """Which objects there are, and which were lost other than by a hand."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._expected, self.lost = stack, stack.identities(), list[str]()

    def check(self, approved: Sequence[str] = ()) -> None:
        """Compare with what was there; what a person agreed to lose is no loss."""
        now = self._stack.identities()
        self.lost += [name for name in oracle.lost(self._expected, now) if name not in approved]
        self._expected = now

    def hand(self, kind: Kind, copy: int) -> Change:
        """A change by hand; what it takes away itself is no loss."""
        self.check()
        hand = self._stack.hand
        begun = time.time()
        kind.do(hand, copy)
        at = time.time()
        self._expected = self._stack.identities()
        return Change(kind.name, copy, kind.of(hand.prefix, copy), kind.answer, begun, at)


def events(stack: Stack, skip: int = 0) -> list[Event]:
    """What the detector told so far, after the first `skip` deliveries."""
    return [
        Event(one.at, one.body) for one in stack.receiver.deliveries()[skip:] if isinstance(one.body, dict)
    ]


def live(params: Params, stack: Stack, policy: Mapping[str, Sequence[str]] | None) -> Live:
    """Changes at their moments, until each is answered; then an approval, until it is carried out."""
    tickets = stack.folder / "tickets"
    command = [sys.executable, "-m", "driftwatch", str(stack.directory), "--every", str(params.every_s)]
    command += ["--policy", str(write_policy(stack, policy)), "--tickets", str(tickets)]
    process = Process(
        name="driftwatch",
        command=[*command, "--webhook", stack.receiver.url],
        ready=lambda: _first(stack),
        log=stack.folder / "driftwatch.log",
        environment={**stack.environment, "PYTHONPATH": str(FOLDER)},
    )
    ledger = Ledger(stack)
    with running(process):
        begun = float(_first(stack)) + params.every_s
        done = []
        for due in moments(params):
            time.sleep(max(0.0, begun + due.at - time.time()))
            done.append(ledger.hand(due.kind, due.copy))
        _until(params, lambda: _answered(events(stack), done))
        done = [_judged(stack, change) for change in done]
        ledger.check()
        files = {
            json.loads(file.read_text())["drift"]["address"]: file.name
            for file in sorted(tickets.glob("*.json"))
        }
        found = _approve(params, stack, Live(done, events(stack), files, ()), tickets)
        ledger.check([f"database {stack.hand.prefix}_warehouse_0"] if found.approved else [])
    return replace(found, events=events(stack), lost=tuple(ledger.lost))


def _first(stack: Stack) -> float:
    """When the first look was due."""
    for event in events(stack):
        if event.kind == "look":
            return float(event.body["due"])
    raise ServiceError("the detector has not looked yet")


def _answered(told: Sequence[Event], changes: Sequence[Change]) -> bool:
    restored = {address for event in told if event.kind == "restored" for address in event.body["addresses"]}
    ticketed = {event.body["drift"]["address"] for event in told if event.kind == "ticket"}
    return all(change.address in restored | ticketed for change in changes)


def _until(params: Params, holds: Callable[[], bool]) -> None:
    """Wait for it; not longer than some intervals, for what does not come is told by the criteria."""
    deadline = time.monotonic() + AFTER * params.every_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)


def _judged(stack: Stack, change: Change) -> Change:
    if NAMED[change.kind].answer != RESTORE:
        return change
    return replace(change, declared=stack.declared(change.kind, change.copy))


def _approve(params: Params, stack: Stack, found: Live, tickets: Path) -> Live:
    """A person agrees to one replacement, by the ticket's file."""
    address = NAMED[APPROVED].of(stack.hand.prefix, 0)
    if address not in found.files:
        return found
    file = tickets / found.files[address]
    ticket = json.loads(file.read_text())
    part = file.with_suffix(".part")
    part.write_text(json.dumps(ticket | {"approved": True}))
    part.replace(file)

    def closed() -> bool:
        return any(
            event.kind == "closed" and event.body["ticket"] == ticket["ticket"] for event in events(stack)
        )

    _until(params, closed)
    done = closed() and stack.declared(APPROVED, 0)
    return replace(found, approved=address, carried_out=done)
