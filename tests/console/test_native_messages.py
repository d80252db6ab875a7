"""What native code says on stderr: chatter goes, the rest comes out or is logged."""

import os
import threading

from suite.console.native_messages import native_messages_logged, without_chatter


def test_only_information_is_dropped(capfd):
    with without_chatter():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"ERROR: tensor 3 is missing\n")
    os.write(2, b"INFO: after\n")
    assert capfd.readouterr().err == "ERROR: tensor 3 is missing\nINFO: after\n"


def test_what_a_library_says_of_a_file_goes_to_the_log(capfd, caplog):
    with caplog.at_level("DEBUG"), native_messages_logged():
        os.write(2, b"Fax4Decode: Bad code word\n")
    assert caplog.messages == ["Fax4Decode: Bad code word"]
    assert capfd.readouterr().err == ""


def test_two_threads_leave_stderr_as_it_was(capfd):
    inside, entered = threading.Barrier(2), threading.Event()

    def first():
        with native_messages_logged():
            inside.wait()
            # the other one waits here, else it would keep our file for stderr
            assert not entered.wait(0.2)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait()
    with without_chatter():
        entered.set()
    thread.join()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


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
