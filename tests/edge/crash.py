"""A child that dies as the converter does on a loop it cannot calibrate."""

import os
import signal

if __name__ == "__main__":
    os.kill(os.getpid(), signal.SIGSEGV)
