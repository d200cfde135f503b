"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_most, exactly

PLAINTEXT = "plaintext"
REVOKED_FIRST = "revoked before re-wrapping"
UNVERIFIED = "no verification"
PLAIN_FILE = "plain Parquet"

CRITERIA = (
    Criterion(
        "needle_nowhere",
        "A text that stands in the rows is found in no captured byte between the services and in no file of PostgreSQL, "
        "Kafka, the object store, the reader or a log: places where it is found.",
        exactly(0),
        "invariant",
        "places",
    ),
    Criterion(
        "search_works",
        "The same search finds the plaintext arm's text on each wire and in each store: places that it misses.",
        exactly(0),
        "invariant",
        "places",
        precondition=True,
    ),
    Criterion(
        "rows_arrive",
        "The reader with the right key gets each row as it was at the source: rows that differ, are missing or doubled.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "right_key_only",
        "With another key, a revoked or missing one, without the right to ask or a certificate of the authority a file "
        "is refused: attempts that were not.",
        exactly(0),
        "invariant",
        "attempts",
        acceptance=True,
    ),
    Criterion(
        "tampering_refused",
        "A file that was altered (bits, swapped column chunks, cut off, another file's footer) is refused or gives the "
        "identical rows: attempts that gave others.",
        exactly(0),
        "invariant",
        "attempts",
    ),
    Criterion(
        "rotation_loses_nothing",
        "After rotation every row is as before, and the files of data are the same bytes: files that differ.",
        exactly(0),
        "invariant",
        "files",
        acceptance=True,
    ),
    Criterion(
        "rotation_no_failed_read",
        "While keys are rotated, re-wrapped and revoked, readers go on: reads that failed or gave other rows.",
        exactly(0),
        "invariant",
        "reads",
    ),
    Criterion(
        "readers_were_there",
        "Enough was read during the rotation for a failure to show: reads short of ten.",
        exactly(0),
        "invariant",
        precondition=True,
    ),
    Criterion(
        "old_key_useless",
        "Wrapped keys kept from before the rotation, of files and of fields, open nothing once the old version is revoked: "
        "attempts that did.",
        exactly(0),
        "invariant",
        "attempts",
    ),
    Criterion(
        "impostor_refused",
        "A server with another authority's certificate, or with one for another host, gets no byte of a client: "
        "attempts in which it did.",
        exactly(0),
        "invariant",
        "attempts",
    ),
    Criterion(
        "keys_nowhere",
        "Root key, master keys and data keys by which the rows went are found in no file, log or captured byte, nor in this "
        "result: places where one is found.",
        exactly(0),
        "invariant",
        "places",
    ),
    Criterion(
        "rotation_predicted",
        "Time of re-wrapping alone, nobody reading, in proportion to files, fitted at the smaller numbers, predicts the largest: "
        "relative error.",
        at_most(0.5),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        PLAINTEXT,
        "The same rows without TLS, sealed fields or encrypted files, searched in the same way.",
        breaks="needle_nowhere",
    ),
    Control(
        PLAIN_FILE,
        "The same bits flipped in a Parquet file that is not encrypted.",
        breaks="tampering_refused",
    ),
    Control(
        REVOKED_FIRST,
        "The old version revoked before the keys are wrapped anew, in place of after.",
        breaks="rotation_no_failed_read",
    ),
    Control(
        UNVERIFIED,
        "The same impostors before clients that encrypt without verifying: PostgreSQL's sslmode=require, librdkafka's "
        "enable.ssl.certificate.verification=false, a Python context without checks.",
        breaks="impostor_refused",
    ),
)
