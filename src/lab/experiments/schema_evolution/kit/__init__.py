"""What a reader takes home: the folder `evolution` with its README, and the roll-back plan."""

from pathlib import Path

FOLDER = Path(__file__).parent
