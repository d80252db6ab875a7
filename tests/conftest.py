"""What all tests share: the checkout on the path, the measured data set if present."""

import logging
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
# Child processes of tests find the checkout like the tests do, installed or not.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(autouse=True)
def same_draws_in_any_order() -> None:
    """Weights and dropout do not depend on the tests that this process had before."""
    random.seed(0)
    np.random.seed(0)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def logger_as_it_was() -> Iterator[None]:
    """A program that ran in a test leaves no handler on a stream that pytest closes."""
    logger = logging.getLogger("suite")
    before = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:], level, logger.propagate = before
    logger.setLevel(level)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the data sets beside the checkout; skips where it is absent."""
    folder = Path(os.environ.get("KES_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("needs the data sets in ../shared/data")
    return folder
