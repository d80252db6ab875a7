"""Reading text in pictures: `from suite.ocr import Reader`.

Names are loaded when they are first asked for, so that a command line can show its
help without opening a model's engine.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suite.ocr.reader import Reader
    from suite.ocr.result import Line, PageText, Word

__all__ = ["Line", "PageText", "Reader", "Word"]

_HOME = {"Reader": "reader", "Line": "result", "PageText": "result", "Word": "result"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"suite.ocr.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
