"""What a reader takes home: the package `pipelinewatch`, rules with their tests, a runbook and a dashboard, with a README."""

from pathlib import Path

FOLDER = Path(__file__).parent
