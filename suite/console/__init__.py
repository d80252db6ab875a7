"""What every program has in common: verbs, messages, progress, files, exit codes.

The parts that need a parser (`Program`, `Verb`, options) are imported from
`suite.console.program` and `suite.console.options` by the programs alone.
"""

from suite.console.backend import choose_backend
from suite.console.errors import UserError
from suite.console.files import atomic_path, write_atomic
from suite.console.inputs import Input, expand_inputs, for_each
from suite.console.output import Result, emit, figures, table
from suite.console.progress import Progress, track

__all__ = [
    "Input",
    "Progress",
    "Result",
    "UserError",
    "atomic_path",
    "choose_backend",
    "emit",
    "expand_inputs",
    "figures",
    "for_each",
    "table",
    "track",
    "write_atomic",
]
