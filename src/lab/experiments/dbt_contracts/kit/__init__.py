"""What a reader takes home: a dbt package and the workflow that builds it."""

from pathlib import Path

FOLDER = Path(__file__).parent
PACKAGE = FOLDER / "shop_orders"
