"""python -m late events.csv --window "1 hour" --watermark "15 min" "1 hour": what each watermark would absorb."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from .absorbed import ABSORBED, DROPPED, NEVER, ON_TIME, absorbed_share, classify, share_within


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each watermark; 2 and a sentence if the file can't be read as events."""
    parser = argparse.ArgumentParser(prog="python -m late", description=__doc__)
    parser.add_argument("events", help="CSV with the columns event_time and arrival (empty: never)")
    parser.add_argument("--window", required=True, help='length of the tumbling windows, such as "1 hour"')
    parser.add_argument("--watermark", required=True, nargs="+", help='delays to try, such as "15 min"')
    parser.add_argument("--batch", type=int, help="events of a micro-batch; without it one by one")
    given = parser.parse_args(arguments)
    try:
        events = pd.read_csv(given.events)
        print(",".join(("watermark", "F", "share", ON_TIME, ABSORBED, DROPPED, NEVER)))
        for watermark in given.watermark:
            share = absorbed_share(events, watermark, given.window, given.batch)
            counted = Counter(classify(events, watermark, given.window, given.batch).tolist())
            numbers = [counted[name] for name in (ON_TIME, ABSORBED, DROPPED, NEVER)]
            print(f"{watermark},{share_within(events, watermark):.4f},{share:.4f}", *numbers, sep=",")
    except (OSError, ValueError) as error:  # pandas' own errors of parsing are ValueErrors
        print(f"late: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
