"""The one exception that users are meant to see."""


class UserError(Exception):
    """Something that the user can put right; shown in two lines, without traceback.

    Args:
        message: What is wrong, where, and what was received, as one line.
        hint: What to do about it, as one line; None where the message says it.

    Example:
        >>> error = UserError("page.png: zero bytes", "Copy the file again.")
        >>> str(error), error.hint
        ('page.png: zero bytes', 'Copy the file again.')
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        # Both in `args`: an exception crosses processes by calling type(*args).
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message
