"""What is under test; a reader takes it home as the kit's package `reproduce`."""

from lab.experiments.reproducible_notebook.kit.reproduce import *  # noqa: F403
