"""The model as a spreadsheet: prices that can be changed, quantities, and formulas that make the bills of them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from .model import Bill
from .prices import Prices, StorageClass

HEAD = (
    "policy",
    "USD",
    "USD a month",
    "saving",
    "reads that pay retrieval",
    "reads that wait for a restore",
    "longest wait, s",
)
_CLASS = [field.name for field in fields(StorageClass) if field.name != "name"]
# Where the price of a component stands, and by how much it is divided.
_PRICED = {
    "put": ("put", 1000),
    "get": ("get", 1000),
    "transition": ("transition", 1000),
    "restore": ("retrieval", 1000),
    "monitoring": ("monitoring", 1000),
    "retrieval": ("retrieval_gb", 1),
}


def spreadsheet(bills: Mapping[str, Bill], prices: Prices) -> bytes:
    """An .xlsx of the bills by policy; the first one is what savings are measured against.

    Sheets: Summary (cost, cost a month, saving), Bill (each line: quantity times price), Prices (change these). Quantities
    are what the policies did at the prices of the run: a policy that would decide otherwise at other prices must be run again.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    summary, lines, table = book.active, book.create_sheet("Bill"), book.create_sheet("Prices")
    summary.title = "Summary"
    at = _prices(table, prices, list(bills.values()))
    rows = _lines(lines, bills, at)
    summary.append(HEAD)
    for row, (name, bill) in enumerate(bills.items(), 2):
        summary.append(
            [name, f"=SUM(Bill!$G${rows[name][0]}:$G${rows[name][1]})", f"=B{row}/{bill.months!r}", f"=1-B{row}/$B$2",
             bill.cold_share, bill.slow_share, bill.longest_wait]
        )  # fmt: skip
        summary.cell(row, 1).data_type = "s"
        for column, form in (("B", "0.0000"), ("C", "0.0000"), ("D", "0.0%"), ("E", "0.0%"), ("F", "0.0%")):
            summary[f"{column}{row}"].number_format = form
    for sheet in book:
        sheet.freeze_panes = "B2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for column in "ABCDEFG":
            sheet.column_dimensions[column].width = 18
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _prices(sheet, prices: Prices, bills: list[Bill]) -> dict[tuple[str, str], str]:  # type: ignore[no-untyped-def]
    """Write the table; where the price of each class and component stands."""
    sheet.append(["class", *_CLASS])
    tariffs = [*prices.classes, *prices.tiering]
    for number, item in enumerate(tariffs, 2):
        sheet.append([item.name, *(_plain(getattr(item, name)) for name in _CLASS)])
        sheet.cell(number, 1).data_type = "s"  # a name is no formula, whatever it begins with
    row = len(tariffs) + 3
    sheet.cell(row, 1, "egress_gb")
    sheet.cell(row, 2, prices.egress_gb)
    for offset, (name, text) in enumerate(
        (("source", prices.source), ("date", prices.date), ("checked", prices.checked),
         ("units", "USD; gb_month, retrieval_gb, egress_gb per GB; put, get, transition, retrieval, monitoring per 1,000")), 1
    ):  # fmt: skip
        sheet.cell(row + offset, 1, name)
        sheet.cell(row + offset, 2, text).data_type = "s"
    found = {}
    for number, item in enumerate(tariffs, 2):
        for component in {name for bill in bills for name in bill.lines["component"]}:
            column, by = _PRICED.get(component, ("gb_month", 1))
            cell = f"Prices!${_letter(2 + _CLASS.index(column))}${number}"
            found[item.name, component] = (
                f"Prices!$B${row}" if component == "egress" else cell if by == 1 else f"{cell}/{by}"
            )
    return found


def _lines(sheet, bills: Mapping[str, Bill], at: Mapping[tuple[str, str], str]) -> dict[str, tuple[int, int]]:  # type: ignore[no-untyped-def]
    """Write each bill's lines; the first and last row of each."""
    sheet.append(["policy", "class", "component", "quantity", "unit", "USD each", "USD"])
    row, found = 1, {}
    for name, bill in bills.items():
        found[name] = (row + 1, row + max(1, len(bill.lines)))
        line: Any
        for line in bill.lines.itertuples(index=False):
            row += 1
            price = at[line[0], line.component]
            sheet.append(
                [
                    name,
                    line[0],
                    line.component,
                    float(line.quantity),
                    line.unit,
                    f"={price}",
                    f"=D{row}*F{row}",
                ]
            )
            sheet.cell(row, 1).data_type = sheet.cell(row, 2).data_type = "s"
    return found


def _plain(value: object) -> object:
    return "yes" if value is True else "no" if value is False else value


def _letter(column: int) -> str:
    return chr(ord("A") + column - 1)
