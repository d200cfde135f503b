"""A kit as its user takes it: copied into an empty folder, its README's own lines typed into a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lab import environments

# What is installed already is not fetched once more; python and dbt are those that set-up has made.
_PRELUDE = 'pip() { :; }\npython() { "$PYTHON_HERE" "$@"; }\ndbt() { "$DBT_HERE" "$@"; }\n'


def block(readme: Path, word: str) -> str:
    """The only code block of a README that has `word`; ValueError if there is another number of them."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", readme.read_text(), re.DOTALL | re.MULTILINE)
    (found,) = [one for one in blocks if word in one]
    return found


def typed(folder: Path, lines: str, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
    """(status, all that was said) of lines in a shell that stops at a failure; nothing of the project is on its path."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "PYTHON"))}
    own |= {
        "PYTHON_HERE": sys.executable,
        "DBT_HERE": str(environments.program("dbt", "dbt")),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    done = subprocess.run(
        ["bash", "-euc", _PRELUDE + lines],
        cwd=folder,
        env=own | dict(variables or {}),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr
