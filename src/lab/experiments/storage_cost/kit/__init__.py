"""What a reader takes home: the folder `storagecost` with its README."""

from pathlib import Path

FOLDER = Path(__file__).parent
