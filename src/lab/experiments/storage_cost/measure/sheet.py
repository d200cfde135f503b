"""The spreadsheet of the bills, recalculated by code that did not write it (the library `formulas`)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.experiments.storage_cost.kit.storagecost.spreadsheet import spreadsheet
from lab.experiments.storage_cost.measure.seen import Sheet
from lab.experiments.storage_cost.mechanism import Bill, Prices

TOLERANCE = 1e-6


def sheet(bills: Mapping[str, Bill], prices: Prices) -> Sheet:
    """Write it, recalculate it, and compare cost, cost a month and saving of every policy with the model's."""
    content = spreadsheet(bills, prices)
    values = recalculated(content)
    hot = next(iter(bills.values())).total
    due: dict[str, float] = {}
    for row, found in enumerate(bills.values(), 2):
        due |= {f"B{row}": found.total, f"C{row}": found.per_month, f"D{row}": 1 - found.total / hot}
    differing = sum(not abs(values[f"SUMMARY!{cell}"] - value) <= TOLERANCE for cell, value in due.items())
    return Sheet(len(due), differing, content)


def recalculated(content: bytes) -> dict[str, Any]:
    """Value of each cell, as SHEET!A1, after its formula was computed anew."""
    import formulas

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xlsx"
        path.write_bytes(content)
        solved = formulas.ExcelModel().loads(str(path)).finish().calculate()
    found = {}
    for key, value in solved.items():
        name = str(key)
        if "!" in name and ":" not in name:
            cell = name.rpartition("]")[2].replace("'", "").upper()
            found[cell] = value.value[0, 0]
    return found
