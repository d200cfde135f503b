"""One look after the other: tell what was found, restore what may be, open tickets for the rest."""

from __future__ import annotations

import http.client
import json
import math
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import tickets
from .plan import LockedError, Look, TofuError, look
from .policy import Decision, Policy, decide, seen
from .restore import restore
from .shown import Drift, Listed


@dataclass(frozen=True)
class Watch:
    directory: Path
    policy: Policy
    tickets: Path
    inventory: Callable[[], Listed] | None = None
    webhook: str = ""
    refresh: bool = True

    def once(self, due: float) -> None:
        """One look, and what follows from it. What fails is told, and the next look comes all the same."""
        try:
            found = look(self.directory, self.inventory, self.refresh)
        except Exception as error:  # a watch that ends at its first surprise sees nothing any more
            self.tell({"event": "error", "due": due, "text": f"{type(error).__name__}: {error}"})
            return
        drifts = [left for drift in found.drifts if (left := seen(drift, self.policy)) is not None]
        self.tell_look(found, drifts, due)
        decided = [(drift, self.decide(drift)) for drift in drifts]
        for drift, decision in decided:
            if decision.what == "ticket":
                self.ask(drift, decision)
        if safe := [drift for drift, decision in decided if decision.what == "restore"]:
            self.restore(safe, due)
        if not found.error:  # what was not seen may be there still
            for number in tickets.close(self.tickets, drifts):
                self.tell({"event": "closed", "ticket": number})

    def tell_look(self, found: Look, drifts: Sequence[Drift], due: float) -> None:
        """What a look saw, and why it did not see all."""
        times = {"due": due, "started": found.started, "ended": found.ended, "reads": found.reads}
        told = {"managed": found.managed, "drifts": list(map(asdict, drifts)), "pending": found.pending}
        self.tell({"event": "look"} | times | told)
        if found.error:
            self.tell({"event": "error", "due": due, "text": found.error})

    def decide(self, drift: Drift) -> Decision:
        left = seen(drift, self.policy) or drift
        return decide(left, self.policy, tickets.approved(self.tickets, left))

    def ask(self, drift: Drift, decision: Decision) -> None:
        """A ticket, unless there is one that was told."""
        ticket = tickets.opened(self.tickets, drift, decision)
        if ticket and self.tell({"event": "ticket"} | ticket):
            tickets.told(self.tickets, ticket["ticket"])

    def restore(self, drifts: Sequence[Drift], due: float) -> None:
        """All at once. Where that fails, each on its own, so that one does not hold up the others, and a ticket for what can't be
        put back even so. While somebody else applies, nothing: the next look tries again.
        """
        try:
            done = restore(self.directory, drifts, lambda drift: self.decide(drift).what == "restore")
        except (TofuError, OSError, ValueError) as error:
            asked = [drift.address for drift in drifts]
            self.tell({"event": "refused", "due": due, "addresses": asked, "text": str(error)})
            if len(drifts) > 1 and not isinstance(error, LockedError):
                for drift in drifts:
                    self.restore([drift], due)
            elif not isinstance(error, LockedError):
                why = f"it can't be put back: {error}"
                self.ask(drifts[0], Decision("ticket", why, "see to what holds it up: each look tries again"))
        else:
            self.tell({"event": "restored", "due": due, "addresses": done})

    def tell(self, event: dict[str, Any]) -> bool:
        """To the log and to the webhook; whether that took it. A receiver that is away or talks nonsense stops no watch."""
        text = json.dumps(event)
        print(text, flush=True)
        if not self.webhook:
            return True
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.webhook, text.encode(), headers)
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except (OSError, http.client.HTTPException) as error:
            print(f"webhook: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return False
        return True


def watch(one: Watch, every: float) -> None:
    """Looks that are due every `every` s. One that comes too late for its time waits for the next."""
    due = time.time()
    while True:
        one.once(due)
        due += every * max(1, math.ceil((time.time() - due) / every))
        time.sleep(max(0.0, due - time.time()))
