"""What is under test; a reader takes it home as the kit's package `governance`."""

from lab.experiments.governance.kit.governance import *  # noqa: F403
