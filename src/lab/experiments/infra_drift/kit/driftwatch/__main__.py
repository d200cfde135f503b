"""Look every so often, tell what was found, restore or open tickets:

python -m driftwatch DIRECTORY --every 300 --policy policy.json --tickets tickets --webhook http://127.0.0.1:9000/
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import tickets
from .inventory import of_environment
from .plan import Drift, TofuError, look
from .policy import Decision, Policy, PolicyError, checked, decide
from .restore import restore


@dataclass(frozen=True)
class Watch:
    directory: Path
    policy: Policy
    tickets: Path
    webhook: str
    refresh: bool = True

    def once(self, due: float) -> None:
        """One look, and what follows from it. What fails is told, and the next look comes all the same."""
        try:
            found = look(self.directory, of_environment(), self.refresh)
        except (TofuError, OSError) as error:
            self.tell({"event": "error", "due": due, "text": str(error)})
            return
        decided = [
            (drift, decision) for drift in found.drifts if (decision := self.decide(drift)).what != "ignore"
        ]
        self.tell(
            {"event": "look", "due": due, "started": found.started, "ended": found.ended}
            | {
                "reads": found.reads,
                "managed": found.managed,
                "drifts": [asdict(drift) for drift, _ in decided],
            }
        )
        for drift, decision in decided:
            if decision.what == "ticket" and (ticket := tickets.opened(self.tickets, drift, decision)):
                self.tell({"event": "ticket"} | ticket)
        if safe := [drift for drift, decision in decided if decision.what == "restore"]:
            self.restore(safe, due)
        for number in tickets.close(self.tickets, [drift for drift, _ in decided]):
            self.tell({"event": "closed", "ticket": number})

    def decide(self, drift: Drift) -> Decision:
        return decide(drift, self.policy, tickets.approved(self.tickets, drift))

    def restore(self, drifts: Sequence[Drift], due: float) -> None:
        try:
            done = restore(self.directory, drifts, lambda drift: self.decide(drift).what == "restore")
        except (TofuError, OSError) as error:
            asked = [drift.address for drift in drifts]
            self.tell({"event": "refused", "due": due, "addresses": asked, "text": str(error)})
        else:
            self.tell({"event": "restored", "due": due, "addresses": done})

    def tell(self, event: dict[str, Any]) -> None:
        """To the log, and to the webhook if it answers: a receiver that is away must not stop the watch."""
        text = json.dumps(event)
        print(text, flush=True)
        if self.webhook:
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(self.webhook, text.encode(), headers)
            try:
                urllib.request.urlopen(request, timeout=5).close()
            except OSError as error:
                print(f"webhook: {error}", file=sys.stderr, flush=True)


def watch(one: Watch, every: float) -> None:
    """Looks that are due every `every` s. One that comes too late for its time waits for the next."""
    due = time.time()
    while True:
        one.once(due)
        due += every * max(1, math.ceil((time.time() - due) / every))
        time.sleep(max(0.0, due - time.time()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="driftwatch", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--every", type=float, default=300, help="s between looks; 0: look once")
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--tickets", type=Path, default=Path("tickets"))
    parser.add_argument("--webhook", default="")
    parser.add_argument("--no-refresh", action="store_true", help="do not read what is there: sees no drift")
    told = parser.parse_args()
    try:
        policy = checked(json.loads(told.policy.read_text()))
    except (OSError, ValueError, PolicyError) as error:
        sys.exit(f"driftwatch: {told.policy}: {error}")
    one = Watch(told.directory, policy, told.tickets, told.webhook, not told.no_refresh)
    if told.every > 0:
        watch(one, told.every)
    else:
        one.once(time.time())


if __name__ == "__main__":
    main()
