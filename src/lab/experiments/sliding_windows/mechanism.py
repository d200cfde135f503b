"""What a reader takes home: the transformation, the job around it, the generator. The code is the kit's, which stands alone."""

from __future__ import annotations

from pathlib import Path

from lab.experiments.sliding_windows.kit.generate import DELAYS, arrivals
from lab.experiments.sliding_windows.kit.windows import windows

__all__ = ["DELAYS", "KIT", "arrivals", "windows"]

KIT = Path(__file__).parent / "kit"
