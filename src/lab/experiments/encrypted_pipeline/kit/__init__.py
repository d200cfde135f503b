"""What a reader takes home: the folder `kms` and `verify.py`, with their README."""

from pathlib import Path

FOLDER = Path(__file__).parent
