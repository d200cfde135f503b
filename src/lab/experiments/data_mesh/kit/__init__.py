"""What a reader takes home: the program `mesh`, three domains as dbt projects, and the workflows that call both."""

from pathlib import Path

FOLDER = Path(__file__).parent
DOMAINS = ("orders", "finance", "marketing")
