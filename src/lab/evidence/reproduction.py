"""An experiment run a second time, under load, held against its baseline; kept in `reproduction/SLUG.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from lab import paths
from lab.errors import EvidenceError
from lab.evidence.criteria import Limit, Outcome, Tier, VerdictValue
from lab.evidence.provenance import machine_class
from lab.evidence.record import Record
from lab.files import write_atomically

FOLDER = paths.PROJECT / "reproduction"

Agreement = Literal["yes", "no", "inconclusive"]
Overall = Literal["agrees", "inconclusive", "differs", "error"]


class _Part(BaseModel):
    """Made from a record's own fields; those that are not named here are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Load(_Part):
    """One core kept busy. busy_s, pause_s: the shortest and the longest that the seed draws.

    core: its number, None where a process can't be bound to one. share: of a core's time, what the load was given.
    """

    seed: int
    core: int | None
    busy_s: tuple[float, float]
    pause_s: tuple[float, float]
    share: float


class Run(_Part):
    """One of the two runs."""

    run_id: str
    finished: str
    duration_s: float
    verdict: VerdictValue
    reasons: list[str]
    source_hash: str
    machine: dict[str, Any]
    machine_class: str


class Seen(_Part):
    """What one run saw for a criterion; interval: at 95 %, where there is one."""

    observed: bool | int | float | None
    interval: tuple[float | None, float | None] | None
    outcome: Outcome


class Compared(_Part):
    """One criterion in both runs, None where a run does not have it.

    control: the arm in which it must fail, "" for the treatment. agrees: None for what is shown and decides nothing.
    """

    name: str
    control: str
    tier: Tier
    precondition: bool
    limit: Limit
    unit: str
    before: Seen | None
    after: Seen | None
    agrees: Agreement | None


class Reproduction(_Part):
    """Baseline (`before`) and second run (`after`) of one experiment with the same parameters."""

    experiment: str
    params: dict[str, Any]
    load: Load
    before: Run
    after: Run
    criteria: list[Compared]
    overall: Overall


def compare(before: Record, after: Record, load: Load) -> Reproduction:
    """`after`, run under `load`, held against `before`. EvidenceError if they do not answer the same question."""
    slug, params = after["experiment"], after["params"]
    if (before["experiment"], before["params"]) != (slug, params):
        raise EvidenceError(f"the baseline of {slug} has other parameters; lab run {slug}, lab keep {slug}")
    error = after["verdict"] in ("error", "not run")
    criteria = [] if error else _criteria(before, after)
    came = {item.agrees for item in criteria}
    overall: Overall = "differs" if "no" in came else "inconclusive" if "inconclusive" in came else "agrees"
    return Reproduction(
        experiment=slug,
        params=params,
        load=load,
        before=_run(before),
        after=_run(after),
        criteria=criteria,
        overall="error" if error else overall,
    )


def _run(record: Record) -> Run:
    origin = record["provenance"]
    return Run(**record, **origin, machine_class=machine_class(origin["machine"]))


def _criteria(before: Record, after: Record) -> list[Compared]:
    counts = all(item["outcome"] == "pass" for item in after["criteria"] if item["precondition"])
    old, new = _claims(before), _claims(after)
    return [_compared(old.get(claim), new.get(claim), counts) for claim in dict.fromkeys([*old, *new])]


def _claims(record: Record) -> dict[str, Record]:
    """Criteria, then controls, by what they claim: under another limit or unit a name is another claim."""
    arms = [arm | {"name": arm["criterion"], "control": arm["name"]} for arm in record["control"]["variants"]]
    items = [*({"control": ""} | item for item in record["criteria"]), *arms]
    claim = ("name", "control", "tier", "limit", "unit")
    return {json.dumps([item[part] for part in claim]): item for item in items}


def _compared(old: Record | None, new: Record | None, counts: bool) -> Compared:
    before, after = (Seen(**each) if each else None for each in (old, new))
    item = Compared(**(new or old or {}), before=before, after=after, agrees=None)
    return item.model_copy(update={"agrees": _agrees(item, counts)})


def _agrees(item: Compared, counts: bool) -> Agreement | None:
    """Does the second run confirm the first? counts: every precondition of the second was met.

    An outcome must be as before, in a control too, and the value of an invariant `==`. Of a ratio the second run may also be
    unable to tell, whatever came out, as it is where a precondition was not met. A precondition claims nothing itself.
    """
    if item.tier == "absolute" and not item.control:
        return None
    if item.before is None or item.after is None:
        return "no"
    exact = item.tier == "invariant" and item.limit.relation == "==" and not item.control
    same = item.before.outcome == item.after.outcome
    if exact:
        same = same and item.before.observed == item.after.observed
    if item.precondition and not item.control and not same and item.after.outcome != "pass":
        return "inconclusive"  # of any tier: the run could not tell, and its verdict says so
    # As for a verdict: at a load that was not reached a ratio says nothing, good or bad.
    silent = not counts and not item.control and not (item.precondition and same)
    if item.tier == "ratio" and (silent or (not same and item.after.outcome == "inconclusive")):
        return "inconclusive"
    return "yes" if same else "no"


def keep(found: Reproduction) -> Path:
    """Write it to `reproduction/`."""
    return write_atomically(FOLDER / f"{found.experiment}.json", found.model_dump_json(indent=1) + "\n")


def kept(slug: str) -> Reproduction | None:
    """The kept comparison of an experiment; None if there is none, EvidenceError if its file is broken."""
    path = FOLDER / f"{slug}.json"
    try:
        found = Reproduction.model_validate_json(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _broken(path, " ".join(str(error).split())) from None
    if found.experiment != slug:
        raise _broken(path, f"it is of {found.experiment}")
    return found


def _broken(path: Path, why: str) -> EvidenceError:
    return EvidenceError(
        f"{path} is no reproduction ({why}); make it again: lab reproduce {path.stem} --keep"
    )
