"""Is the float32 model the saved one? And what is said of layers left alone."""

import logging
from pathlib import Path

import numpy as np
import pytest

from suite.edge.rebuilt import fault, remark, unlike_saved


def outputs(**arrays):
    return {"serve": {key: np.array(value) for key, value in arrays.items()}}


def test_the_largest_difference_of_floats_counts():
    rebuilt = outputs(y=np.float32([1.0, 4.0]), best=np.int32([3]))
    saved = outputs(y=np.float16([1.0, 5.0]), best=np.int32([2]))
    assert unlike_saved(rebuilt, saved) == pytest.approx(1 / 5)
    assert unlike_saved(outputs(best=[1]), outputs(best=[2])) is None


def test_outputs_far_below_1_are_compared_by_their_own_size():
    rebuilt = outputs(y=np.float32([1e-3]))
    assert fault({"rebuilt_difference": unlike_saved(rebuilt, outputs(y=[2e-3]))})


def test_what_overflowed_is_not_compared_with():
    saved = outputs(y=np.float16([np.inf]))
    assert unlike_saved(outputs(y=np.float32([1e6])), saved) is None
    assert fault({"rebuilt_difference": None}) is None


def test_no_number_where_there_was_one_is_a_fault():
    found = unlike_saved(outputs(y=np.float32([np.nan])), outputs(y=np.float16([1])))
    assert fault({"rebuilt_difference": found})


def test_rounding_is_no_fault():
    assert fault({"rebuilt_difference": 0.03}) is None
    said = fault({"rebuilt_difference": 0.3})
    assert said and "by 3.0e-01, limit 0.1" in said


def test_layers_left_alone_are_named(caplog):
    caplog.set_level(logging.WARNING)
    left = {"reader (Own)": ["lstm (LSTM)"]}
    remark(Path("out"), {"rebuilt_difference": 0.0, "left_as_they_are": left})
    (record,) = caplog.records
    assert "layer reader (Own) nothing is rewritten: lstm (LSTM)" in record.getMessage()


def test_what_was_not_compared_is_said(caplog):
    remark(Path("out"), {"rebuilt_difference": None, "left_as_they_are": {}})
    assert "was not compared with the one that was saved" in caplog.text
