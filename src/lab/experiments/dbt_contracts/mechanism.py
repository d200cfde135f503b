"""What is under test: the dbt package in `kit/shop_orders`, installed in a project as its README says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lab.experiments.dbt_contracts.kit import PACKAGE

__all__ = ["MARTS", "PACKAGE", "project"]

# The marts' columns, on which consumers rely.
MARTS = {
    "fct_orders": ("order_id", "customer_id", "ordered_on", "status", "currency", "items", "total"),
    "dim_customers": ("customer_id", "email", "country", "first_ordered_on", "orders", "revenue"),
}


def project(folder: Path, outputs: Mapping[str, Mapping[str, object]], target: str) -> Path:
    """A project in `folder` that installs the package. outputs: of its profile, by target (dbt's own settings).

    Its variable `contracts` (true) takes the package's contracts away, and constraints with them. `dbt deps` is still to be
    called.
    """
    folder.mkdir(parents=True)
    # A package's own dbt_project.yml does not see --vars; that of the project that installs it does.
    enforced = {"+contract": {"enforced": "{{ var('contracts', true) | as_bool }}"}}
    consumer = {"name": "consumer", "version": "1.0.0", "profile": "consumer"}
    files = {
        "dbt_project.yml": consumer | {"models": {"shop_orders": enforced}},
        "packages.yml": {"packages": [{"local": str(PACKAGE)}]},
        "profiles.yml": {"consumer": {"target": target, "outputs": outputs}},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))  # JSON is YAML
    return folder
