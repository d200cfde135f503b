"""Great Expectations, loaded when it is first used (which takes about ten seconds), without its messages home."""

from __future__ import annotations

import os

from lab.lazy import module

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
gx = module("great_expectations")
