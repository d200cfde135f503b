"""Loads tables whose columns drift: mapped by their values, asked where that is not sure, repeatable."""

from .loader import STAGES, Answer, Loaded, LoadError, load
from .mapping import Mapping, Match, map_columns
from .schema import Column, Schema, SchemaError

__all__ = [
    "STAGES",
    "Answer",
    "Column",
    "LoadError",
    "Loaded",
    "Mapping",
    "Match",
    "Schema",
    "SchemaError",
    "load",
    "map_columns",
]
