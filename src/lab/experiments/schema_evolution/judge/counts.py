"""Verdicts against what decoding showed, counted; and the model of a check's time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.statistics import Interval, bootstrap, wilson

VERDICTS = ("compatible", "lossy", "breaking")
TRUTHS = ("right", "lossy", "refused")
OWN = "Reader on fastavro"
READERS = (OWN, "Reader on avro")
DECODERS = (*READERS, "fastavro", "avro")
BARE = ("fastavro", "avro")


def missed(fuzzed: pd.DataFrame) -> pd.DataFrame:
    """Pairs that pass without a finding, and of which something was lost or refused."""
    trouble = (fuzzed["truth"] != "right") | (fuzzed[OWN] != "right")
    return fuzzed[(fuzzed["verdict"] == "compatible") & trouble]


def lossy_refused(fuzzed: pd.DataFrame) -> pd.DataFrame:
    """Pairs that are called lossy, no more, and of which a message is refused: what the check understates."""
    return fuzzed[(fuzzed["verdict"] == "lossy") & (fuzzed["truth"] == "refused")]


def alarms(fuzzed: pd.DataFrame) -> tuple[int, int]:
    """(false ones, all) of the pairs that are called breaking: false if every message was readable."""
    called = fuzzed[fuzzed["verdict"] == "breaking"]
    return int((called["truth"] != "refused").sum()), len(called)


def contradicting(fuzzed: pd.DataFrame) -> pd.DataFrame:
    """Pairs that speak against the rules' truth: readable by it and read right by nobody, or refused by it and by no library."""
    unread = (fuzzed["truth"] == "right") & (fuzzed[list(DECODERS)] != "right").all(axis=1)
    unrefused = (fuzzed["truth"] == "refused") & (fuzzed[list(BARE)] == "silent").all(axis=1)
    return fuzzed[unread | unrefused]


def confusion(fuzzed: pd.DataFrame) -> pd.DataFrame:
    """Pairs by verdict and truth, and by verdict and what each decoder did; also of the registry."""
    parts = [
        _count(fuzzed, "verdict", "truth", "checker", "rules"),
        *(_count(fuzzed, "verdict", name, "checker", name) for name in DECODERS),
        _count(fuzzed, "registry", "truth", "registry", "rules"),
    ]
    return pd.concat(parts, ignore_index=True)


def _count(fuzzed: pd.DataFrame, verdict: str, outcome: str, judge: str, truth: str) -> pd.DataFrame:
    found = fuzzed.groupby([verdict, outcome]).size().reset_index()
    return found.set_axis(["verdict", "outcome", "pairs"], axis=1).assign(judge=judge, decoder=truth)


def uncaught(changes: pd.DataFrame) -> pd.DataFrame:
    """Changes in a mode under which a message is refused, and which our check lets pass."""
    return changes[(changes["truth"] == "refused") & (changes["verdict"] != "breaking")]


def by_mode(changes: pd.DataFrame) -> pd.DataFrame:
    """For each mode: changes that break by decoding, those that we refuse, those that the registry refuses, and differences."""
    rows = []
    for mode, part in changes.groupby("mode", sort=False):
        broken = part["truth"] == "refused"
        ours, theirs = part["verdict"] == "breaking", ~part["registry"].astype(bool)
        rows.append(
            {
                "mode": mode,
                "changes": len(part),
                "break": int(broken.sum()),
                "ours": int((broken & ours).sum()),
                "registry": int((broken & theirs).sum()),
                "ours, too strict": int((~broken & ours).sum()),
                "registry, too strict": int((~broken & theirs).sum()),
                "only lossy": int((part["truth"] == "lossy").sum()),
                "only lossy, named": int(((part["truth"] == "lossy") & (part["verdict"] == "lossy")).sum()),
            }
        )
    return pd.DataFrame(rows)


def broken(walks: pd.DataFrame) -> tuple[float, Interval, str]:
    """(share of pairs that break, its interval, how that was found); histories were drawn, not pairs, so they are what counts."""
    total = walks.groupby("walk")[["pairs", "broken"]].sum()
    shares = (total["broken"] / total["pairs"]).to_numpy()
    if set(shares) <= {0.0, 1.0}:
        interval, method = wilson(int(shares.sum()), len(shares)), "wilson 95 %, histories"
    else:
        interval, method = bootstrap(list(shares), np.mean), "bootstrap 95 %, whole histories"
    return float(shares.mean()), interval, method


def by_distance(walks: pd.DataFrame) -> pd.DataFrame:
    """For each distance between two versions: pairs, those that break, and the ends of their share's interval.

    Neighbours have none: a step is kept only if the check finds no break, so their share is known.
    """
    rows = []
    for distance, part in walks.groupby("distance"):
        share, (low, high), _ = broken(part)
        ends = (share, share) if distance == 1 else (low, high)
        rows.append((int(str(distance)), int(part["pairs"].sum()), int(part["broken"].sum()), *ends))
    return pd.DataFrame(rows, columns=["distance", "pairs", "broken", "low", "high"])


def per_pair(timing: pd.DataFrame) -> tuple[float, float]:
    """(fixed seconds, seconds for each version, both directions) of a check, from all lengths but the longest."""
    median = timing.groupby("versions")["seconds"].median()
    shorter = median.iloc[:-1]
    slope, fixed = np.polyfit(shorter.index.to_numpy(dtype=float), shorter.to_numpy(), 1)
    return float(fixed), float(slope)


def prediction(timing: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) seconds of a check of the longest history."""
    fixed, slope = per_pair(timing)
    median = timing.groupby("versions")["seconds"].median()
    return fixed + slope * float(median.index[-1]), float(median.iloc[-1])
