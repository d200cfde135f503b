"""What a reader takes home: the folder `tenancy` with its README."""

from pathlib import Path

FOLDER = Path(__file__).parent
POLICIES = FOLDER / "tenancy" / "policies.sql"
