"""What a reader takes home: the folder `late` with its README."""

from pathlib import Path

FOLDER = Path(__file__).parent
