"""Beside the detector's run: a quiet world, what each command sees, two applies at once, all applied, larger states."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lab.errors import ServiceError
from lab.experiments.infra_drift.measure.live import Ledger
from lab.experiments.infra_drift.measure.seen import Change, Commands, Everything, Lock, Quiet, Size
from lab.experiments.infra_drift.measure.stack import APPLY, INIT, OWN_PROVIDERS, Stack, in_environment
from lab.experiments.infra_drift.mechanism import (
    Look,
    TofuError,
    actions,
    detect,
    look,
    managed,
    of_environment,
    tofu,
    whole,
)
from lab.experiments.infra_drift.params import Params
from lab.experiments.infra_drift.workload import KINDS, NAMED, Hand, change_nothing, policy

PLAIN, REFRESH_ONLY, NO_REFRESH = "plan", "plan -refresh-only", "plan -refresh=false"
DETECTOR = "the detector"
OPTIONS = {PLAIN: (), REFRESH_ONLY: ("-refresh-only",), NO_REFRESH: ("-refresh=false",)}
WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND locktype IN ('transactionid', 'tuple') AND application_name = 'tofu'
"""
PATIENCE_S = 30.0
MANY = """
terraform {
  required_providers {
    postgresql = { source = "local/postgresql" }
  }
  backend "pg" {}
}
variable "prefix" {}
variable "copies" {}
resource "postgresql_role" "many" {
  count = var.copies
  name  = "${var.prefix}_many_${count.index}"
}
"""


def quiet(params: Params, stack: Stack, copy: int) -> Quiet:
    """Looks at what nobody changed, half of them after changes that change nothing."""
    looks = [_seen(stack) for _ in range(params.quiet - params.quiet // 2)]
    idle = change_nothing(stack.hand, copy)
    looks += [_seen(stack) for _ in range(max(1, params.quiet // 2))]
    return Quiet(looks, idle, _word_by_word(stack.hand, copy))


def _word_by_word(hand: Hand, copy: int) -> list[str]:
    """What is not written as it was declared, of the same changes that change nothing."""
    bucket = hand.bucket("lake", copy)
    stored = hand.store.request("GET", bucket, {"policy": ""}).decode()
    row = hand.connection.execute(
        "SELECT array_to_string(rolconfig, '') FROM pg_roles WHERE rolname = %s",
        [f"{hand.prefix}_reader_{copy}"],
    ).fetchone()
    differs = {
        f"aws_s3_bucket_policy.lake[{copy}]": stored != json.dumps(policy(bucket, "public/"), sort_keys=True),
        f"postgresql_role.reader[{copy}]": row != ("statement_timeout=30000",),
    }
    return [address for address, other in differs.items() if other]


def _seen(stack: Stack) -> Look:
    found = whole(look(stack.directory, of_environment()))
    return replace(found, drifts=tuple(item for item in found.drifts if item.address not in stack.before))


def commands(stack: Stack, copy: int) -> Commands:
    """One change of each kind, on objects that the detector's run left alone, then each command once."""
    ledger = Ledger(stack)
    changes = [ledger.hand(kind, copy) for kind in KINDS]
    told = {}
    for name, options in OPTIONS.items():
        file = stack.folder / "command-plan"
        child = stack.popen(
            "plan", "-input=false", "-no-color", "-detailed-exitcode", f"-out={file}", *options
        )
        said = child.communicate()[0]
        if child.returncode not in (0, 2):
            raise TofuError(said[-2000:])
        shown = json.loads(tofu(stack.directory, "show", "-json", str(file)))
        # What a plan's status counts: changes that it would make; of a refresh-only one, drift.
        told[name] = (
            [item.address for item in managed(shown)] if name == REFRESH_ONLY else list(actions(shown))
        )
    told[DETECTOR] = [drift.address for drift in detect(stack.directory, of_environment())]
    return Commands(changes, told, detect(stack.directory, of_environment(), refresh=False))


def everything(stack: Stack, changes: Sequence[Change]) -> Everything:
    """What many run by a timer: apply, without a question. changes: all that were made so far."""
    ledger = Ledger(stack)
    tofu(stack.directory, *APPLY)
    ledger.check()
    told = {drift.address for drift in detect(stack.directory)}
    wrong = [change.address for change in changes if _not_as_before(stack, change)]
    return Everything(tuple(ledger.lost), tuple(address for address in wrong if address not in told))


def _not_as_before(stack: Stack, change: Change) -> bool:
    """Of managed objects that are there; a bucket that was deleted is made again, empty."""
    kind = NAMED[change.kind]
    return kind.managed and kind.name != "bucket_deleted" and not stack.declared(kind.name, change.copy)


def two_applies(stack: Stack, copy: int, *options: str) -> Lock:
    """Two applies of the same change at once. A transaction that touches the same row holds the first one at work.

    The second one, with `options`, is a colleague's: it shares the state with the first, and no process.
    """
    kind, hand, elsewhere = NAMED["grant_revoked"], stack.hand, _elsewhere(stack)
    kind.do(hand, copy)
    apply = (*APPLY, f"-target={kind.of(hand.prefix, copy)}")
    with hand.connection.transaction(force_rollback=True):
        hand.sql(f"GRANT USAGE ON SCHEMA @_mart_{copy} TO @_owner")
        first = stack.popen(*apply, "-lock-timeout=10s")
        _until(lambda: first.poll() is not None or _waiting(hand) == 1)
        begun = time.perf_counter()
        second = stack.popen(*apply, *options, directory=elsewhere, more=OWN_PROVIDERS)
        _until(lambda: second.poll() is not None or _waiting(hand) == 2)
        at_work, took = _waiting(hand), time.perf_counter() - begun
    said = second.communicate()[0]
    first.communicate()
    return Lock(at_work, said[-2000:], took)


def _elsewhere(stack: Stack) -> Path:
    """A working directory of the same configuration and state, as on a colleague's machine. Its applies start providers of
    their own: one that is kept running does one thing at a time, and so would keep two applies apart with or without a lock.
    """
    folder = stack.folder / "elsewhere"
    if not folder.exists():
        folder.mkdir()
        shutil.copy(stack.directory / "main.tf", folder)
        with in_environment(OWN_PROVIDERS):
            tofu(folder, *INIT)
    return folder


def _waiting(hand: Hand) -> int:
    hand.connection.execute("SELECT pg_stat_clear_snapshot()")  # one transaction sees the same sessions else
    row = hand.connection.execute(WAITING).fetchone()
    return int(row[0]) if row else 0


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise ServiceError(f"an apply neither ended nor reached the server within {PATIENCE_S:g} s")
        time.sleep(0.02)


def scale(params: Params, stack: Stack) -> list[Size]:
    """Roles in a state of their own, more of them from size to size; at each, looks one after the other."""
    folder = stack.folder / "scale"
    folder.mkdir()
    (folder / "main.tf").write_text(MANY)
    found: list[Size] = []
    for count in params.sizes:
        own = {"PG_SCHEMA_NAME": f"{stack.hand.prefix}_many", "TF_VAR_copies": str(count)}
        with in_environment(own):
            if not found:
                tofu(folder, *INIT)
            begun = time.perf_counter()
            tofu(folder, *APPLY, "-refresh=false")
            took = time.perf_counter() - begun
            looks = [whole(look(folder)) for _ in range(params.repeats)]
            found.append(Size(count, [one.ended - one.started for one in looks], took))
    return found
