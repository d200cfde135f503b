"""Environments in which a notebook is executed: a first one with everything pinned, and one change each."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# What the first environment fixes, and every other one too unless it changes just that.
PINNED = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "MKL_NUM_THREADS": "2",
}
# Taken over from the caller, where set: where programs and libraries are, and how an old OpenBLAS is kept from crashing.
INHERITED = ("PATH", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "SYSTEMROOT")
NOBODY = 65534


@dataclass(frozen=True)
class Environment:
    """Where a notebook is executed, as far as it differs from the first one.

    changes: the one thing that differs, in words; empty: nothing. fact: which of the facts that the kernel tells at the end
    (probe.py) must then differ. python: an interpreter with ipykernel and nbclient. folder, home: names of the working and
    the home folder. user: number of the user to run as (needs root). cpus: processors that it may use (Linux).
    reversed_files: folders are listed backwards to whatever Python code lists them.
    """

    name: str
    changes: str = ""
    fact: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    folder: str = "work"
    home: str = "home"
    user: int | None = None
    cpus: tuple[int, ...] = ()
    reversed_files: bool = False


BASE = Environment("base")
AGAIN = Environment("same again")


def standard(
    pythons: Mapping[str, str] | None = None, python: str = sys.executable
) -> tuple[list[Environment], dict[str, str]]:
    """The first environment, the same again, and one for each change that this machine allows; with what it does not, and why.

    python: the interpreter of all but those in pythons, which have other versions, by name, such as
    {"lowest versions": "/envs/lowest/bin/python"}.
    """
    found, missing = _portable(), dict[str, str]()
    for made, reason in (_user(), _one_processor(), _vectors(python), _blas()):
        if reason:
            missing[made.name] = reason
        else:
            found.append(made)
    own = [replace(made, python=python) for made in found]
    others = (pythons or {}).items()
    return [*own, *(Environment(name, name, "versions", python=other) for name, other in others)], missing


def _portable() -> list[Environment]:
    def one(name: str, fact: str, **changed: str) -> Environment:
        return Environment(name, name, fact, changed)

    # One of the two zones always has another date than UTC, so that no local "today" goes unseen.
    east, west = "time zone UTC+14", "time zone UTC-12"
    return [
        BASE,
        AGAIN,
        one("hash seed", "hash", PYTHONHASHSEED="1"),
        Environment(east, "time zone", "zone", {"TZ": "Pacific/Kiritimati"}),
        Environment(west, "time zone", "zone", {"TZ": "Etc/GMT+12"}),
        one("locale", "encoding", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
        Environment("working folder", "working folder", "folder", folder="another folder, größer"),
        Environment("home", "home", "home", home="another home"),
        Environment("one thread", "threads", "threads", dict.fromkeys(_threads(), "1")),
        Environment("file order", "file order", "files", reversed_files=True),
    ]


def _threads() -> list[str]:
    return [name for name in PINNED if name.endswith("_NUM_THREADS")]


def _user() -> tuple[Environment, str]:
    made = Environment("user", "user", "user", user=NOBODY)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return made, "" if root else "only root may run as somebody else"


def _one_processor() -> tuple[Environment, str]:
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    made = Environment("one processor", "processors", "processors", cpus=tuple(usable[-1:]))
    return made, "" if len(usable) > 1 else "there is one processor, or no way to choose one"


def _vectors(python: str) -> tuple[Environment, str]:
    """Another processor on the same machine, to NumPy: without the vector instructions that it would choose."""
    chosen = _dispatched(python)
    variables = {"NPY_DISABLE_CPU_FEATURES": " ".join(chosen)}
    made = Environment("narrow vectors", "vector instructions", "vectors", variables)
    return made, "" if chosen else "NumPy is not there, or uses no more here than it needs everywhere"


_ASK = """
try:
    from numpy._core import _multiarray_umath as core
except ImportError:
    from numpy.core import _multiarray_umath as core  # NumPy 1
print(*(name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)))
"""


def _dispatched(python: str) -> list[str]:
    """Features of this processor for which the interpreter's NumPy has code of its own; none without NumPy."""
    try:
        done = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return done.stdout.split()


def _blas() -> tuple[Environment, str]:
    """Another processor to OpenBLAS. Nehalem is what every processor with SSE4.2 can run."""
    made = Environment("other BLAS kernel", "BLAS kernel", "blas", {"OPENBLAS_CORETYPE": "Nehalem"})
    return made, "" if platform.machine() in ("x86_64", "AMD64") else "the kernel's name is one of x86"
