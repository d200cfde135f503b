"""Who read one tenant's rows, as a table of the page."""

from __future__ import annotations

import re
from textwrap import shorten

import pandas as pd

from lab.experiments.tenant_isolation.mechanism import audit
from lab.experiments.tenant_isolation.params import VICTIM

SHOWN, LONGEST = 10, 130  # rows; characters of a statement
HEAD = ["who", "via", "whose", "outcome", "what"]
# By the statement: pgaudit names no relation of a query unless pgaudit.log_relation is on.
_OF_THE_SHOP = r"\bshop\.|^GET /(?:orders|totals)"


def readers(entries: pd.DataFrame) -> pd.DataFrame:
    """Of the audit's entries the first of each kind that read the victim's rows, or was refused them; columns HEAD."""
    asked = entries["tenant"].isin([str(VICTIM), audit.ALL]) & (entries["access"] == audit.READ)
    of_rows = entries["what"].str.contains(_OF_THE_SHOP) & (entries["rows"] != 0)
    found = entries[asked & of_rows].drop_duplicates(["who", "via", "outcome"]).head(SHOWN)
    return found.assign(whose=found["tenant"].replace(audit.ALL, "all"), what=found["what"].map(_brief))[HEAD]


def _brief(statement: str) -> str:
    """Without the comment by which the harness finds it again."""
    return shorten(re.sub(r"/\*.*?\*/", "", statement), LONGEST, placeholder=" …")
