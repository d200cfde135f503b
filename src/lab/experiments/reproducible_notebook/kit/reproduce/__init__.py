"""Does a notebook give the same results elsewhere? Executed in changed environments, compared, causes named."""

from .causes import Cause, Suspect, code_cells, suspects
from .compare import Bytes, Compared, Numbers, Picture, Rule, compare, rule_for, ulps
from .environment import Environment, standard
from .execute import Artefact, Execution, NotebookError, execute
from .reproduction import Comparison, Pair, conclude, reproduce

__all__ = [
    "Artefact",
    "Bytes",
    "Cause",
    "Compared",
    "Comparison",
    "Environment",
    "Execution",
    "NotebookError",
    "Numbers",
    "Pair",
    "Picture",
    "Rule",
    "Suspect",
    "code_cells",
    "compare",
    "conclude",
    "execute",
    "reproduce",
    "rule_for",
    "standard",
    "suspects",
    "ulps",
]
