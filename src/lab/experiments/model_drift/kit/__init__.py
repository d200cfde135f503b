"""What a reader takes home: the folder `monitor`, rules, configurations and a dashboard, with a README."""

from pathlib import Path

FOLDER = Path(__file__).parent
