"""What is under test: the kit's checker, reader and migration, and two applications of them.

consumer: reads a topic of many versions. parquet: reads files of many versions together.
"""

from lab.experiments.schema_evolution.kit.evolution import (
    MODES,
    Break,
    Reader,
    SchemaError,
    UnreadableError,
    apply_aliases,
    check,
    compatible,
    convert,
)
from lab.experiments.schema_evolution.mechanism.parquet import read_versions, write_version

__all__ = [
    "MODES",
    "Break",
    "Reader",
    "SchemaError",
    "UnreadableError",
    "apply_aliases",
    "check",
    "compatible",
    "convert",
    "read_versions",
    "write_version",
]
