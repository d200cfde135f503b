"""Import a module when it is first used.

Load generators and consumers import their experiment's package; what only draws or only judges would
delay the start of each of them by seconds. Recipe: Python's documentation of `importlib.util.LazyLoader`.
"""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType


def module(name: str) -> ModuleType:
    """The module `name`, loaded at the first access to one of its attributes. ImportError if there is none."""
    if name in sys.modules:
        return sys.modules[name]
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    spec.loader = LazyLoader(spec.loader)
    found = module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found
