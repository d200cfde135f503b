"""What an experiment's package declares, read without importing it: its libraries may not be there yet."""

from __future__ import annotations

import ast

from lab import paths
from lab.errors import ParameterError


def needs(slug: str) -> tuple[str, ...]:
    """`NEEDS` of the experiment. ParameterError if there is no such experiment or it declares none."""
    path = paths.PROJECT / "src" / "lab" / "experiments" / slug / "__init__.py"
    if not path.exists():
        raise ParameterError(f"no experiment {slug!r}; `lab list` shows those that there are")
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "NEEDS":
            return tuple(ast.literal_eval(node.value))
    raise ParameterError(f"{path} declares no NEEDS")
