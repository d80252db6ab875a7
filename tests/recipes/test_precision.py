"""bfloat16 is chosen where the hardware multiplies it, and nowhere else."""

import pytest

from suite.recipes import precision
from suite.recipes.precision import convolution_policy


class Cpuinfo:
    """In the place of `Path`: a file of the given content."""

    def __init__(self, content):
        self.content = content

    def __call__(self, path):
        assert path == "/proc/cpuinfo"
        return self

    def read_text(self, encoding):
        if self.content is None:
            raise FileNotFoundError
        return self.content


@pytest.mark.parametrize(
    ("flags", "gpu", "want"),
    [
        ("flags : avx2 avx512_bf16", False, "mixed_bfloat16"),
        ("flags : amx_bf16", False, "mixed_bfloat16"),
        ("flags : avx2 avx512f", False, "float32"),
        ("flags : avx2", True, "mixed_bfloat16"),
        (None, False, "float32"),  # no Linux
    ],
)
def test_auto_looks(monkeypatch, flags, gpu, want):
    monkeypatch.setattr(precision, "_has_gpu", lambda: gpu)
    monkeypatch.setattr(precision, "Path", Cpuinfo(flags))
    monkeypatch.setattr(precision.platform, "machine", lambda: "x86_64")
    assert convolution_policy() == want


def test_what_is_asked_for_is_taken():
    assert convolution_policy("mixed_bfloat16") == "mixed_bfloat16"
    assert convolution_policy("float32") == "float32"
