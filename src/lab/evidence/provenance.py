"""Where a figure comes from: the machine, the kernel, the versions of everything that was used."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def fingerprint() -> dict[str, Any]:
    """The machine as far as it matters to a measurement; no host name, no address."""
    import psutil  # `lab list` reads records, and should not wait for what only a run needs

    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "container": _in_container(),
    }


def machine_class(machine: Mapping[str, Any]) -> str:
    """Short digest of the parts of a fingerprint that absolute figures depend on."""
    parts = [str(machine.get(key)) for key in ("cpu", "cores", "architecture")]
    parts.append(str(round(float(machine.get("memory_gib", 0)))))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:8]


def library_versions(modules: set[str]) -> dict[str, str]:
    """Installed versions of the distributions that provide the given top-level modules."""
    from importlib import metadata

    providers = metadata.packages_distributions()
    names = {providers[module][0] for module in modules if module in providers}
    return {name: metadata.version(name) for name in sorted(names)}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _in_container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()
