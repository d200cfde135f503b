"""Rows through services that are listened to, four arms side by side; attacks, rotation and what it costs."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.encrypted_pipeline.criteria import (
    CONTROLS,
    PLAIN_FILE,
    PLAINTEXT,
    REVOKED_FIRST,
    UNVERIFIED,
)
from lab.experiments.encrypted_pipeline.judge.metrics import metrics, tables
from lab.experiments.encrypted_pipeline.judge.observations import observe
from lab.experiments.encrypted_pipeline.measure.attacks import tampered, wrong_keys
from lab.experiments.encrypted_pipeline.measure.flow import through
from lab.experiments.encrypted_pipeline.measure.impostors import impostors
from lab.experiments.encrypted_pipeline.measure.place import Place, place
from lab.experiments.encrypted_pipeline.measure.rates import rates
from lab.experiments.encrypted_pipeline.measure.revocation import revocation
from lab.experiments.encrypted_pipeline.measure.rotation import rotated, timed
from lab.experiments.encrypted_pipeline.measure.search import audited, in_text, searched, secrets
from lab.experiments.encrypted_pipeline.measure.seen import Seen
from lab.experiments.encrypted_pipeline.oracle import differing
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.workload import ARMS, ENCRYPTED, PLAIN, Arm, needle, orders
from lab.progress import Steps, steps


def run(params: Params, arm: Arm = ENCRYPTED) -> Result:
    """One arm's rows through the pipeline, and where its text is found; an own one: `Arm("mine", tls=True, ...)`."""
    with place() as here:
        seen, needles = _flows(here, params, dict.fromkeys((PLAIN, arm)))
        looked = searched(here, needles)
        seen = replace(seen, needle_of=arm.name, found=looked.found, searched=(looked.files, looked.size))
        return _result(here, params, seen)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Everything that is measured, and the controls."""
    with steps(11) as work:
        work.next("services")
        with place() as here:
            seen, controls = _everything(here, params, work)
            results = {name: _result(here, params, each) for name, each in controls.items()}
            return _result(here, params, seen), {item.name: results[item.name] for item in CONTROLS}


def _everything(here: Place, params: Params, work: Steps) -> tuple[Seen, dict[str, Seen]]:
    work.next("pipeline")
    seen, needles = _flows(here, params, ARMS)
    keys = secrets(here)  # before any is revoked
    work.next("keys")
    wrong = wrong_keys(here, params)
    work.next("tampering")
    altered, plain = tampered(here, params), tampered(here, params, encrypted=False)
    work.next("rotation")
    rotation, revoked_first = rotated(here, params), rotated(here, params, revoke_first=True)
    work.next("revocation")
    kept = revocation(here, params)
    work.next("impostors")
    refused, believed = impostors(here), impostors(here, verified=False)
    work.next("search")
    looked = searched(here, needles | keys)
    found, traces = (looked.found[looked.found["needle"].isin(some)] for some in (needles, keys))
    size = looked.files, looked.size
    work.next("rotation against size")
    rotations = timed(here, params)
    work.next("throughput")
    measured = rates(here, params)
    seen = replace(
        seen,
        needle_of=ENCRYPTED.name,
        found=found,
        searched=size,
        secrets=len(keys),
        wrong_keys=wrong,
        tampered=altered,
        rotation=rotation,
        rotations=rotations,
        revocation=kept,
        impostors=refused,
        rates=measured,
        audit=audited(here),
    )
    seen = replace(seen, keys=pd.concat([traces, _in_result(seen, keys)], ignore_index=True))
    return seen, {
        PLAINTEXT: Seen(needle_of=PLAINTEXT, found=found, searched=size),
        PLAIN_FILE: Seen(tampered=plain),
        REVOKED_FIRST: Seen(rotation=revoked_first),
        UNVERIFIED: Seen(impostors=believed),
    }


def _flows(
    here: Place, params: Params, arms: Sequence[Arm] | dict[Arm, None]
) -> tuple[Seen, dict[str, bytes]]:
    """Rows of each arm that differ at the reader, and each arm's text."""
    wrong, needles = {}, {}
    for arm in arms:
        text = needle()
        rows = orders(params.rows, text, params.seed)
        wrong[arm.name] = differing(rows.to_pylist(), through(here, arm, rows).to_pylist())
        needles[arm.name] = text.encode()
    return Seen(differing=wrong), needles


def _in_result(seen: Seen, keys: dict[str, bytes]) -> pd.DataFrame:
    """Keys in what record, page and executed notebook are made of."""
    text = "".join(table.to_csv() for table in tables(seen).values())
    text += repr((observe(seen), metrics(seen)))
    rows = [{"needle": name, "place": "this result", "file": "", "form": ""} for name in in_text(text, keys)]
    return pd.DataFrame(rows, columns=["needle", "place", "file", "form"])


def _result(here: Place, params: Params, seen: Seen) -> Result:
    versions = {
        "PostgreSQL": here.database.version,
        "Kafka": here.cluster.version,
        "SeaweedFS": here.objects.version,
        "pyarrow": metadata.version("pyarrow"),
        "cryptography": metadata.version("cryptography"),
        "OpenSSL": ssl.OPENSSL_VERSION.split()[1],
    }
    return Result(params, observe(seen), metrics(seen), tables(seen), versions)
