"""What a reader takes home: the gate as a Python package, and an example repository that uses it."""

from pathlib import Path

FOLDER = Path(__file__).parent
GATE = FOLDER / "contract_gate"
EXAMPLE = FOLDER / "example"
