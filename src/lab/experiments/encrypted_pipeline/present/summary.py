"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.frames import records
from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.encrypted_pipeline.criteria import PLAIN_FILE, PLAINTEXT, REVOKED_FIRST
from lab.experiments.encrypted_pipeline.measure.search import SEARCHED
from lab.experiments.encrypted_pipeline.params import Params

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
            f"{value['places_encrypted']:.0f}. One rotation of {params.files[0]} files failed {value['reads_failed']:.0f} of "
            f"{len(treatment.tables['reads']):,} reads ({value['reads_during']:.0f} of them during it). "
            "Reading an encrypted Parquet file takes "
            f"{_spread(treatment, 'read_ratio')} times as long as a plain one, "
            f"COPY by TLS {_spread(treatment, 'copy_ratio')} times."
        ),
        conditions=(
            "the attacker has captured traffic and copies of files, not a client's memory",
            "one machine without a network's latency; files without compression, which would hide the text from the search",
            "nobody writes during the rotation: a writer under way is to be waited for too",
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
            _revocation(treatment, params),
            _order(treatment, controls, value),
            _tampering(treatment, controls, value),
            _cost(treatment, value),
        ),
        alternatives=ALTERNATIVES,
    )


def _spread(treatment: Result, name: str) -> str:
    """The median, and lowest and highest of the rounds."""
    own = treatment.metric(name)
    return f"{own.value:.2g} ({min(own.raw):.2g} to {max(own.raw):.2g})"


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


def _revocation(treatment: Result, params: Params) -> Decision:
    kept, ours = records(treatment.tables["revocation"])
    told = "refused after" if kept.refused else "never refused in"
    return Decision(
        "How soon does a revoked key stop a reader?",
        f"One that asks the key service at each read: at its next read ({ours.seconds:.2g} s here). One that keeps a "
        f"pyarrow factory with its default of double wrapping: {told} {kept.seconds:.2g} s, "
        f"though its cache_lifetime was {params.cache_s} s; make a new factory.",
        "measured",
        ("revoked_kept", "revoked_ours"),
    )


def _order(treatment: Result, controls: Mapping[str, Result], value: Mapping[str, float]) -> Decision:
    first = controls[REVOKED_FIRST]
    wrong, steps = first.metric("reads_failed").value, first.tables["steps"]["step"]
    lost = " and re-wrapping was refused: those files are lost" if steps.str.contains("Refused").any() else ""
    return Decision(
        "How are keys rotated without stopping readers?",
        f"New version, re-wrap, wait out the longest read (and write), then revoke: {value['reads_failed']:.0f} of "
        f"{len(treatment.tables['reads']):,} reads failed, at most {value['downtime_s']:.2g} s passed without a good "
        f"one; revoked first, {wrong:,.0f} failed{lost}. Old wrapped keys then open nothing; "
        "a data key unwrapped earlier still does.",
        "measured",
        ("reads_failed", "downtime_s", "rotation_no_failed_read", "old_key_useless"),
        figure="rotation",
    )


def _tampering(treatment: Result, controls: Mapping[str, Result], value: Mapping[str, float]) -> Decision:
    plain = controls[PLAIN_FILE]
    return Decision(
        "Does encryption also show that a file was altered?",
        f"Yes for parts: {value['tampered_refused']:,.0f} changes refused, {value['tampered_identical']:,.0f} without "
        f"effect, {value['tampered_different']:,.0f} to other rows; plain files gave others "
        f"{plain.metric('tampered_different').value:,.0f} times. Not for a whole file put back in an older state.",
        "measured",
        ("tampered_refused", "tampered_identical", "tampering_refused"),
        figure="attacks",
    )


def _cost(treatment: Result, value: Mapping[str, float]) -> Decision:
    write, read, copy = (_spread(treatment, f"{hop}_ratio") for hop in ("write", "read", "copy"))
    return Decision(
        "What does it cost?",
        f"Time encrypted over plain, median and range of rounds: Parquet write {write}, read {read}, COPY by TLS {copy}. "
        f"Sealing fields one by one in Python: "
        f"{value['seal_encrypted']:.2g} MB/s, where AES alone does {value['limit_encrypted']:,.0f}; "
        "TLS to Kafka and to the object store was not timed.",
        "measured",
        ("write_ratio", "read_ratio", "copy_ratio", "seal_encrypted", "limit_encrypted"),
        figure="throughput",
    )
