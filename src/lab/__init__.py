"""Measured Data Engineering: thirty experiments on real services, each ending in a verdict.

Read the packages in this order: `evidence` (what a verdict is), `experiments` (one room each),
`services`, `load` and `faults` (what experiments run on), `charts`, `report` and `cli`.
"""

__version__ = "0.1.0"
