"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import Line, line
from lab.evidence.frames import records
from lab.evidence.statistics import none_seen_bound
from lab.experiments.encrypted_pipeline import workload
from lab.experiments.encrypted_pipeline.criteria import PLAINTEXT
from lab.experiments.encrypted_pipeline.measure.attacks import REPLACED
from lab.experiments.encrypted_pipeline.measure.rotation import Rotation
from lab.experiments.encrypted_pipeline.measure.search import EXPECTED
from lab.experiments.encrypted_pipeline.measure.seen import Seen

RIGHT = "the right key"
LEAST_READS = 10
# Every one of these must have been tried: a layout that left one out would pass unseen.
KINDS = (
    workload.HEADER,
    workload.BODY,
    workload.FOOTER,
    workload.END,
    workload.SWAPPED,
    workload.MOVED,
    workload.CUT,
    workload.FOREIGN,
)


def observe(seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    found: dict[str, Observation] = {}
    if seen.found is not None:
        found["needle_nowhere"] = needle_nowhere(seen)
    if seen.found is not None and seen.needle_of != PLAINTEXT:
        found["search_works"] = search_works(seen.found)
    if seen.keys is not None:
        found["keys_nowhere"] = keys_nowhere(seen.keys, seen.secrets)
    if seen.differing is not None:
        found["rows_arrive"] = rows_arrive(seen.differing)
    if seen.wrong_keys is not None:
        found["right_key_only"] = right_key_only(seen.wrong_keys)
    if seen.tampered is not None:
        found["tampering_refused"] = tampering_refused(seen.tampered)
    if seen.rotation is not None:
        found |= rotation(seen.rotation)
    if seen.impostors is not None:
        found["impostor_refused"] = impostor_refused(seen.impostors)
    if seen.rotations is not None:
        found["rotation_predicted"] = rotation_predicted(seen.rotations)
    return found


def needle_nowhere(seen: Seen) -> Observation:
    """Places in which the arm's text was found."""
    assert seen.found is not None
    places = list(seen.found[seen.found["needle"] == seen.needle_of]["place"])
    files, size = seen.searched
    return Observation(len(places), _few(places) or f"{files:,} files, {size / 1e6:,.0f} MB searched")


def search_works(found: pd.DataFrame) -> Observation:
    """Places where the plaintext arm's text must lie and was not found."""
    there = set(found[found["needle"] == PLAINTEXT]["place"])
    missed = [place for place in EXPECTED if place not in there]
    return Observation(len(missed), _few(missed) or f"found in {', '.join(EXPECTED)}")


def keys_nowhere(keys: pd.DataFrame, secrets: int) -> Observation:
    """Places in which a key was found. That none was looked for shows nothing."""
    told = [f"{row.needle} in {row.place}" for row in records(keys)]
    return Observation(len(keys), _few(told) or f"{secrets} keys searched", conclusive=secrets > 0)


def rows_arrive(differing: dict[str, int]) -> Observation:
    wrong = [f"{arm}: {count}" for arm, count in differing.items() if count]
    return Observation(sum(differing.values()), _few(wrong) or f"{len(differing)} arms")


def right_key_only(seen: pd.DataFrame) -> Observation:
    """Attempts with another than the right key that gave rows; and the right one, if it gave none."""
    right = seen["kind"] == RIGHT
    wrong = list(seen[~right & (seen["outcome"] != "refused")]["kind"])
    wrong += list(seen[right & (seen["outcome"] != "identical")]["kind"])
    if not right.any():
        return Observation(len(wrong), "the right key was not tried", conclusive=False)
    return Observation(len(wrong), _few(wrong) or f"{int((~right).sum())} of {int((~right).sum())} refused")


def tampering_refused(seen: pd.DataFrame) -> Observation:
    """Changes that gave other rows, or brought the reader down."""
    own = seen[seen["kind"] != REPLACED]
    wrong = own[own["outcome"].isin(["different", "crashed"])]
    if missing := [kind for kind in KINDS if kind not in set(own["kind"])]:
        return Observation(len(wrong), f"not tried: {_few(missing)}", conclusive=False)
    refused, same = (int((own["outcome"] == outcome).sum()) for outcome in ("refused", "identical"))
    flips = int(own["drawn"].sum())
    if not flips:
        return Observation(len(wrong), "no bit was drawn at random", conclusive=False)
    bound = f"bits drawn over the file that give others: 0 of {flips}, ≤ {none_seen_bound(flips):.2g} at 95 %"
    detail = f"{refused} refused, {same} with identical rows; {bound}"
    kinds = [f"{kind}: {count}" for kind, count in wrong["kind"].value_counts().items()]
    return Observation(len(wrong), _few(kinds) or detail)


def during(seen: Rotation) -> pd.DataFrame:
    """Reads that were under way, wholly or in part, between the first step and the last one's end."""
    reads, steps = seen.reads, seen.steps
    ended = reads["start_s"] + reads["ms"] / 1e3
    return reads[(ended >= steps["start_s"].min()) & (reads["start_s"] <= steps["end_s"].max())]


def rotation(seen: Rotation) -> dict[str, Observation]:
    failed, under_way = int(seen.reads["failed"].sum()), len(during(seen))
    why = list(seen.reads[seen.reads["failed"]]["why"].drop_duplicates())
    told = f"of {len(seen.reads):,} reads, {under_way} of them during the rotation of {seen.files} files"
    found = {
        "rotation_no_failed_read": Observation(failed, f"{told}; {_few(why)}" if why else told),
        "readers_were_there": Observation(max(0, LEAST_READS - under_way), f"{under_way} reads"),
    }
    if seen.tried:
        found["rotation_loses_nothing"] = Observation(
            len(seen.lost), _few(seen.lost) or f"of {seen.files} files"
        )
        found["old_key_useless"] = Observation(
            len(seen.opened), _few(seen.opened) or f"{seen.tried} attempts"
        )
    return found


def impostor_refused(seen: pd.DataFrame) -> Observation:
    """Impostors to whom a client said something. A client that did not come has refused nobody."""
    told = [f"{row.server}, {row.shows}: {row.heard} bytes" for row in records(seen[seen["heard"] > 0])]
    if away := [f"{row.server}, {row.shows}" for row in records(seen[seen["visits"] == 0])]:
        return Observation(len(told), f"no handshake was begun with: {_few(away)}", conclusive=False)
    return Observation(len(told), _few(told) or f"{len(seen)} attempts, a handshake begun in each")


def law(rotations: pd.DataFrame) -> Line:
    """Seconds by files, through all sizes: what is drawn out to larger ones."""
    own = rotations[rotations["rows"] == rotations["rows"].min()]
    return line(own["files"], own["seconds"]).rising()


def predicted(rotations: pd.DataFrame) -> tuple[float, float]:
    """Seconds of the largest lake as the smaller ones predict them and as measured (median)."""
    own = rotations[rotations["rows"] == rotations["rows"].min()]
    medians = own.groupby("files")["seconds"].median()
    largest = int(medians.index.max())
    smaller = own[own["files"] < largest]
    fitted = line(smaller["files"], smaller["seconds"]).rising()
    return fitted.at(largest), float(medians.loc[largest])


def rotation_predicted(rotations: pd.DataFrame) -> Observation:
    expected, measured = predicted(rotations)
    files = int(rotations["files"].max())
    return Observation(
        abs(expected - measured) / measured,
        f"{files} files: {expected:.3g} s predicted, {measured:.3g} s measured",
    )


def _few(names: Iterable[str], most: int = 4) -> str:
    found = list(names)
    return "; ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")
