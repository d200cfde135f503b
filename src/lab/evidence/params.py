"""Parameters of an experiment: typed, bounded, documented, checked before anything is started."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from lab.errors import ParameterError


class Parameters(BaseModel):
    """Frozen model that refuses unknown names and values of another type; experiments declare their fields.

    Only what means the same is taken: a whole float for an int (papermill makes 100000.0 of 1e5), an int for a
    float, a list for a tuple. No bool or text is taken for a number.

    Each field states its unit and meaning: `rate: int = Field(100_000, ge=100, description="messages/s")`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _same_in_other_types(cls, given: Any) -> Any:
        return {name: _plain(value) for name, value in given.items()} if isinstance(given, dict) else given


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


P = TypeVar("P", bound=Parameters)


def parse(model: type[P], given: Mapping[str, Any]) -> P:
    """`given` as a checked `model`, or a ParameterError with name, value and what is allowed."""
    try:
        return model(**given)
    except ValidationError as error:
        raise ParameterError(_explain(model, error)) from None


def from_notebook(model: type[P], namespace: Mapping[str, Any]) -> P:
    """The parameters that a notebook's variables hold; refuses names that papermill injected in vain.

    papermill only warns about a name that the notebook doesn't know, so `-p raet 10` would run the
    default. Its injected cell starts with "# Parameters"; each name assigned there must be a field.
    """
    unknown = sorted(_injected(namespace.get("In", ())) - set(model.model_fields))
    values = {name: namespace[name] for name in model.model_fields if name in namespace}
    return parse(model, values | dict.fromkeys(unknown))


def _injected(cells: Iterable[str]) -> set[str]:
    trees = [ast.parse(cell) for cell in cells if cell.startswith("# Parameters\n")]
    return {
        target.id
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _explain(model: type[Parameters], error: ValidationError) -> str:
    return "\n".join(_explain_one(model, detail) for detail in error.errors())


def _explain_one(model: type[Parameters], detail: Any) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return f"unknown parameter {name!r}; known: {', '.join(model.model_fields)}"
    where = ".".join(map(str, detail["loc"])) or "parameters"
    allowed = f" ({describe(model, name)})" if name in model.model_fields else ""
    message = detail["msg"].removeprefix("Value error, ")
    return f"parameter {where} = {detail['input']!r}: {message[:1].lower()}{message[1:]}{allowed}"


def describe(model: type[Parameters], name: str) -> str:
    """Unit, range and default of one parameter, in a phrase."""
    field = model.model_fields[name]
    bounds = [
        f"{symbol} {getattr(rule, attribute)}"
        for rule in field.metadata
        for attribute, symbol in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if getattr(rule, attribute, None) is not None
    ]
    return ", ".join(part for part in (field.description, *bounds, f"default {field.default!r}") if part)
