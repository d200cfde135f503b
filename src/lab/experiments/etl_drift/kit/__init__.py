"""What a reader takes home: the folder `etl` with its tests and README."""

from pathlib import Path

FOLDER = Path(__file__).parent
