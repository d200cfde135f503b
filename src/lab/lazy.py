"""Import a module when it is first used.

Load generators and consumers import their experiment's package; what only draws or only judges would
delay the start of each of them by seconds. What only some experiments need may not be installed: that shows
where it is used, not where it is named. Recipe: Python's documentation of `importlib.util.LazyLoader`.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType
from typing import Any


def module(name: str) -> ModuleType:
    """The module `name`, loaded at the first access to one of its attributes; ModuleNotFoundError there if none."""
    if name in sys.modules:
        return sys.modules[name]
    spec = _spec(name)
    if spec is None or spec.loader is None:
        return _Missing(name)
    spec.loader = LazyLoader(spec.loader)
    found = module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


def leave_out(name: str) -> None:
    """Have `import NAME` fail in this process, for a library that works without it."""
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None is Python's mark for that


def _spec(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except ModuleNotFoundError:  # not even its parent is there
        return None


class _Missing(ModuleType):
    """Stands for a module that is not installed."""

    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        if attribute.startswith("__"):  # asked by whoever looks at all modules, such as `inspect`
            raise AttributeError(attribute)
        raise ModuleNotFoundError(
            f"No module named {name!r}; `lab setup SLUG` installs what SLUG needs", name=name
        )
