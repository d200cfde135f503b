"""What a reader takes home: the folder `lineage` with its README."""

from pathlib import Path

FOLDER = Path(__file__).parent
