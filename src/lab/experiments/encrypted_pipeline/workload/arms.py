"""The arms of the pipeline: which of the three layers encrypts."""

from __future__ import annotations

from dataclasses import dataclass

from lab.experiments.encrypted_pipeline.criteria import PLAINTEXT


@dataclass(frozen=True)
class Arm:
    """tls: on every connection, certificates verified. fields: sealed at the source. files: encrypted Parquet."""

    name: str
    tls: bool
    fields: bool
    files: bool


ENCRYPTED = Arm("encrypted", True, True, True)
WITHOUT_FIELDS = Arm("TLS and encrypted files", True, False, True)
TLS_ONLY = Arm("TLS alone", True, False, False)
PLAIN = Arm(PLAINTEXT, False, False, False)
ARMS = (PLAIN, TLS_ONLY, WITHOUT_FIELDS, ENCRYPTED)
