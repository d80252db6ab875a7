"""What native code says on stderr: chatter goes, the rest comes out."""

import os

from suite.engine.native_messages import without_chatter


def test_only_information_is_dropped(capfd):
    with without_chatter():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"ERROR: tensor 3 is missing\n")
    os.write(2, b"INFO: after\n")
    assert capfd.readouterr().err == "ERROR: tensor 3 is missing\nINFO: after\n"


def test_stderr_comes_back_after_an_exception(capfd):
    try:
        with without_chatter():
            os.write(2, b"WARNING: kept\n")
            raise RuntimeError
    except RuntimeError:
        pass
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "WARNING: kept\nafter\n"


def test_a_closed_stderr_does_no_harm():
    saved = os.dup(2)
    os.close(2)
    try:
        with without_chatter():
            ran = True
    finally:
        os.dup2(saved, 2)
        os.close(saved)
    assert ran
