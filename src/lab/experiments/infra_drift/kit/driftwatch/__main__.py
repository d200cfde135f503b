"""Look every so often, tell what was found, restore or open tickets:

python -m driftwatch DIRECTORY --every 300 --policy policy.json --tickets tickets --webhook http://127.0.0.1:9000/
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.request
from pathlib import Path

from . import tickets
from .inventory import LISTS, of_environment
from .policy import PolicyError, checked
from .watch import Watch, watch


def main() -> None:
    told = _parser().parse_args()
    try:
        policy = checked(json.loads(told.policy.read_text(encoding="utf-8")))
    except (OSError, ValueError, PolicyError) as error:
        sys.exit(f"driftwatch: {told.policy}: {error}")
    try:
        tickets.claim(told.tickets, told.directory)
        if told.webhook:
            urllib.request.Request(
                told.webhook
            )  # ValueError for what is no address, now and not at the first drift
    except (OSError, ValueError) as error:
        sys.exit(f"driftwatch: {error}")
    listed = of_environment(*told.inventory) if told.inventory else None
    one = Watch(told.directory, policy, told.tickets, listed, told.webhook, not told.no_refresh)
    if told.every > 0:
        watch(one, told.every)
    else:
        one.once(time.time())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="driftwatch", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--every", type=float, default=300, help="s between looks; 0: look once")
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument(
        "--tickets", type=Path, default=Path("tickets"), help="a folder for this directory alone"
    )
    parser.add_argument(
        "--inventory", nargs="*", choices=[*LISTS], default=[*LISTS], help="where to list what is in no state"
    )
    parser.add_argument("--webhook", default="")
    parser.add_argument("--no-refresh", action="store_true", help="do not read what is there: sees no drift")
    return parser


if __name__ == "__main__":
    main()
