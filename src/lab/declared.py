"""What an experiment declares, read without importing it: its libraries may not be there, and many take time.

TITLE, QUESTION, NEEDS and TIMED stand in the package, the parameters' defaults in the notebook.
"""

from __future__ import annotations

import ast
import json
from typing import Any

from lab import paths
from lab.errors import ParameterError


def title(slug: str) -> str:
    """`TITLE` of the experiment: a few words."""
    return _constant(slug, "TITLE")


def question(slug: str) -> str:
    """`QUESTION` of the experiment: one sentence."""
    return _constant(slug, "QUESTION")


def needs(slug: str) -> tuple[str, ...]:
    """`NEEDS` of the experiment. ParameterError if there is no such experiment or it declares none."""
    return tuple(_constant(slug, "NEEDS"))


def timed(slug: str) -> bool:
    """`TIMED` of the experiment, True unless declared: False for one that times nothing, beside which others may run."""
    return _constant(slug, "TIMED", True)


def defaults(slug: str) -> dict[str, Any]:
    """The parameters as the notebook sets them, as plain JSON: lists for tuples.

    ParameterError if there is no such notebook, or a value in it is not a plain literal.
    """
    path = paths.notebook(slug)
    if not path.exists():
        raise ParameterError(f"no notebook {path}; `lab list` shows the experiments that there are")
    cells = json.loads(path.read_text())["cells"]
    (source,) = [
        "".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", [])
    ]
    assigned = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    try:
        values = {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assigned}
    except ValueError:
        raise ParameterError(
            f"{path}: each parameter must be a plain literal, such as 1, 0.5 or 'a'"
        ) from None
    return json.loads(json.dumps(values))


def _constant(slug: str, name: str, *default: Any) -> Any:
    path = paths.PROJECT / "src" / "lab" / "experiments" / slug / "__init__.py"
    if not path.exists():
        raise ParameterError(f"no experiment {slug!r}; `lab list` shows those that there are")
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    if default:
        return default[0]
    raise ParameterError(f"{path} declares no {name}")
