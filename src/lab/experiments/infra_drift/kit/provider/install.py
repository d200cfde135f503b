"""Put both providers where OpenTofu looks for them: python provider/install.py FOLDER

Writes FOLDER/plugins, a mirror of providers, and FOLDER/tofu.rc, which names it; then export TF_CLI_CONFIG_FILE=FOLDER/tofu.rc.
The Python that runs this runs the providers too: it needs the packages tf and psycopg[binary].
"""

from __future__ import annotations

import platform
import shlex
import sys
from pathlib import Path

VERSION = "0.1.0"
MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def install(folder: Path) -> Path:
    """The file for TF_CLI_CONFIG_FILE."""
    folder = folder.resolve()
    here = Path(__file__).resolve().parent
    target = f"{platform.system().lower()}_{MACHINES[platform.machine()]}"
    for name in ("postgresql", "aws"):
        place = folder / "plugins" / "registry.opentofu.org" / "local" / name / VERSION / target
        place.mkdir(parents=True, exist_ok=True)
        program = place / f"terraform-provider-{name}_v{VERSION}"
        command = shlex.join([sys.executable, str(here / f"{name}.py")])
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
    rc = folder / "tofu.rc"
    mirror = f'path = "{folder / "plugins"}"\n    include = ["registry.opentofu.org/local/*"]'
    rc.write_text(f"provider_installation {{\n  filesystem_mirror {{\n    {mirror}\n  }}\n}}\n")
    return rc


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(install(Path(sys.argv[1])))
