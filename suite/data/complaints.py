"""What readers of labels skip: raised at once, or kept and told."""

import logging

from suite.console import UserError

logger = logging.getLogger(__name__)


class Complaints:
    """Where readers report what they skip. Strict: the first complaint is raised.

    Args:
        strict: False keeps complaints in `messages`, and the reader goes on.
    """

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict
        self.messages: list[str] = []

    def add(self, message: str, hint: str | None = None) -> None:
        """Raises `UserError(message, hint)` if strict, else keeps the message."""
        if self.strict:
            raise UserError(message, hint)
        self.messages.append(message)

    def log(self) -> None:
        """Warns of what was skipped: the first complaint, and how many there are."""
        for message in self.messages:
            logger.info("left out: %s", message)
        if self.messages:
            count = len(self.messages)
            more = f", the first of {count} (--verbose names all)" if count > 1 else ""
            logger.warning("%s: left out%s", self.messages[0], more)
