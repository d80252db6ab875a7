"""What every program has in common: verbs, messages, progress, files, exit codes."""

from suite.console.errors import UserError
from suite.console.files import atomic_path, write_atomic
from suite.console.progress import Progress, track

__all__ = ["Progress", "UserError", "atomic_path", "track", "write_atomic"]
