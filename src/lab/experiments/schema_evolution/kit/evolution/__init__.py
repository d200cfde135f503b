"""Avro schemas as they change: what breaks, a reader that does not guess, a migration that refuses to lose."""

from .aliases import apply_aliases
from .compatibility import MODES, Break, check, compatible
from .decoding import Reader, UnreadableError
from .libraries import avro_read, fastavro_read
from .migrate import convert
from .schema import SchemaError

__all__ = [
    "MODES",
    "Break",
    "Reader",
    "SchemaError",
    "UnreadableError",
    "apply_aliases",
    "avro_read",
    "check",
    "compatible",
    "convert",
    "fastavro_read",
]
