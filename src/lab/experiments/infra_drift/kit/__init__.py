"""What a reader takes home: the folder `driftwatch`, two providers in Python, a configuration and a policy, with a README."""

from pathlib import Path

FOLDER = Path(__file__).parent
