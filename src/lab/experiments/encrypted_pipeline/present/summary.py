"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.encrypted_pipeline.criteria import PLAINTEXT, REVOKED_FIRST
from lab.experiments.encrypted_pipeline.measure.search import SEARCHED
from lab.experiments.encrypted_pipeline.params import Params

DEFAULT_CACHE = 600  # s: pyarrow's default of cache_lifetime

ALTERNATIVES = (
    Alternative(
        "TLS, and disks encrypted by the platform",
        "What most pipelines have: a thief of the disk reads nothing; whoever can read the file, the log or a backup reads all.",
        "PostgreSQL 15, chapter 19.8 (Encryption Options); Kafka 4.3 documentation, Security: no encryption at rest of their own",
    ),
    Alternative(
        "Vault's transit engine",
        "The same calls (encrypt, decrypt, rewrap, rotate, min_decryption_version), replicated and audited. Met by the kit's "
        "VaultTransit; not run here.",
        "Vault 1.x HTTP API, transit secrets engine",
    ),
    Alternative(
        "pyarrow's rotate_master_keys",
        "Unwraps at the client and wraps again, so who rotates needs the right to read; ours has the key service re-wrap.",
        "pyarrow 26",
    ),
    Alternative(
        "pgcrypto",
        "Encrypts inside the server: key and plaintext pass the server's memory, and logs of statements.",
        "PostgreSQL 15, appendix F, pgcrypto; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    params = treatment.of(Params)
    value = {metric.name: metric.value for metric in treatment.metrics}
    return Summary(
        answer=(
            f"With TLS alone a text in the rows is readable in {value['places_tls_alone']:.0f} of {len(SEARCHED)} places, "
            "with fields sealed at the source and files encrypted too in "
            f"{value['places_encrypted']:.0f}. Rotating {params.files[0]} files under readers failed "
            f"{value['reads_failed']:.0f} reads. Reading an encrypted Parquet file takes {value['read_ratio']:.2g} times as "
            f"long as a plain one, COPY by TLS {value['copy_ratio']:.2g} times."
        ),
        conditions=(
            "the attacker has captured traffic and copies of files, not a client's memory",
            "one machine, loopback: no network's latency in a call to the key service",
            "files without compression, which would hide the text from the search",
        ),
        headline=Metric(
            "places_encrypted",
            value["places_encrypted"],
            "places",
            f"where the text is readable; {value['places_tls_alone']:.0f} with TLS alone",
            better="lower",
        ),
        figure="where",
        decisions=(
            _layers(value),
            _revocation(value, params),
            _order(treatment, controls, value),
            _tampering(treatment, controls, value),
            _cost(value),
        ),
        alternatives=ALTERNATIVES,
    )


def _layers(value: Mapping[str, float]) -> Decision:
    return Decision(
        "Is TLS on every connection enough?",
        f"No: it clears the wires, and {value['places_tls_alone']:.0f} stores stay readable (plaintext: "
        f"{value[f'places_{PLAINTEXT}']:.0f} places). Encrypted files leave "
        f"{value['places_tls_and_encrypted_files']:.0f}; only fields sealed before PostgreSQL and Kafka leave "
        f"{value['places_encrypted']:.0f}.",
        "measured",
        (
            "places_tls_alone",
            f"places_{PLAINTEXT}",
            "places_tls_and_encrypted_files",
            "needle_nowhere",
            "search_works",
        ),
        figure="where",
    )


def _revocation(value: Mapping[str, float], params: Params) -> Decision:
    single, double, ours = (_seconds(value[f"revoked_{name}"]) for name in ("single", "double", "ours"))
    return Decision(
        "How soon does a revoked key stop a reader?",
        f"One that asks anew at each read: {ours}. A kept pyarrow factory, single wrapping: {single}; double wrapping, its "
        f"default: {double} with a cache of {params.cache_s:g} s, and the default cache is {DEFAULT_CACHE} s.",
        "measured",
        ("revoked_single", "revoked_double", "revoked_ours"),
    )


def _seconds(value: float) -> str:
    return "not within the time tried" if math.isnan(value) else f"{value:.2g} s"


def _order(treatment: Result, controls: Mapping[str, Result], value: Mapping[str, float]) -> Decision:
    wrong = controls[REVOKED_FIRST].metric("reads_failed").value
    return Decision(
        "How are keys rotated without stopping readers?",
        f"New version, re-wrap, wait out the longest read, then revoke: {value['reads_failed']:.0f} of "
        f"{len(treatment.tables['reads']):,} reads failed; revoked first, {wrong:,.0f} did. Old wrapped keys then open "
        "nothing; a data key that somebody unwrapped earlier still does.",
        "measured",
        ("reads_failed", "rotation_no_failed_read", "old_key_useless"),
        figure="rotation",
    )


def _tampering(treatment: Result, controls: Mapping[str, Result], value: Mapping[str, float]) -> Decision:
    plain = controls["plain Parquet"]
    return Decision(
        "Does encryption also show that a file was altered?",
        f"Yes for parts: {value['tampered_refused']:,.0f} changes refused, {value['tampered_identical']:,.0f} without "
        f"effect, {value['tampered_different']:,.0f} to other rows; plain files gave others "
        f"{plain.metric('tampered_different').value:,.0f} times. Not for a whole file put back in an older state.",
        "measured",
        ("tampered_refused", "tampered_identical", "tampering_refused"),
        figure="attacks",
    )


def _cost(value: Mapping[str, float]) -> Decision:
    return Decision(
        "What does it cost?",
        f"Time encrypted over plain: Parquet write {value['write_ratio']:.2g}, read {value['read_ratio']:.2g}, COPY by TLS "
        f"{value['copy_ratio']:.2g}, Kafka by TLS {value['topic_ratio']:.2g}. Sealing fields one by one in Python: "
        f"{value['seal_encrypted']:.2g} MB/s, where AES alone does {value['limit_encrypted']:,.0f}.",
        "measured",
        ("write_ratio", "read_ratio", "copy_ratio", "topic_ratio", "seal_encrypted", "limit_encrypted"),
        figure="throughput",
    )
