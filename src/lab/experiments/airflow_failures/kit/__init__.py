"""What a reader takes home: the DAG with its guards, the faults, a watcher and a test harness, with a README."""

from pathlib import Path

FOLDER = Path(__file__).parent
DAGS = FOLDER / "dags"
