"""Miniature models, made once a session."""

from tests.engine.miniature import miniatures

__all__ = ["miniatures"]
