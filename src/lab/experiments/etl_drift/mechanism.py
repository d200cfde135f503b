"""What is under test; a reader takes it home as the kit's folder `etl`."""

from lab.experiments.etl_drift.kit.etl import (
    STAGES,
    Answer,
    Column,
    Loaded,
    LoadError,
    Mapping,
    Match,
    Schema,
    load,
    map_columns,
)
from lab.experiments.etl_drift.kit.etl.evidence import Z, wilson_low
from lab.experiments.etl_drift.kit.etl.loader import Mapper

__all__ = [
    "STAGES",
    "Answer",
    "Column",
    "LoadError",
    "Loaded",
    "Mapper",
    "Mapping",
    "Match",
    "Schema",
    "Z",
    "load",
    "map_columns",
    "wilson_low",
]
