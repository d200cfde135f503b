"""Errors, in words. None of them holds a key or a plaintext."""

from __future__ import annotations


class KmsError(Exception):
    """The key service does not answer, or not as it should."""


class Refused(KmsError):  # noqa: N818 - what happened, as Permission is
    """The key service will not: no such key, a revoked version, a wrapped key that is not its own, no right to ask."""


class DecryptionError(Exception):
    """What was read is not what was encrypted, or is encrypted under another key."""
