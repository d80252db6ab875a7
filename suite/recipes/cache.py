"""Where data that are made once for several trainings lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.data.shards import settings_hash

_DIGITS = 8  # hexadecimal: among a thousand sets two meet once in ten thousand caches


def cache_folder(cache: Path, name: str, settings: Mapping[str, Any]) -> Path:
    """The folder of one set of data: `CACHE/NAME_HASH`.

    What is told otherwise lies elsewhere. A folder that two sets shared would be
    written anew by one training while another one reads it.

    Args:
        cache: The recipe's cache.
        name: What people know the set by.
        settings: What the set depends on, as JSON values.
    """
    return cache / f"{name}_{settings_hash(settings)[:_DIGITS]}"
