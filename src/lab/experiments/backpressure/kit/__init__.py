"""What a reader takes home: the package `backpressure` and its policies, with a README."""

from pathlib import Path

FOLDER = Path(__file__).parent
