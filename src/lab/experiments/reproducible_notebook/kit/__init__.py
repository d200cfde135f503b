"""What a reader takes home: the package `reproduce`, an example, a workflow and a container, with a README."""

from pathlib import Path

FOLDER = Path(__file__).parent
