"""What a reader takes home: playbook, templates, checklist, and the folder `governance` with its command."""

from pathlib import Path

FOLDER = Path(__file__).parent
