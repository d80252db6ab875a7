"""What our LiteRT files have to reach, and whether they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import tables
from benchmarks.edge_routes import ratio

NOTES = (
    "Keras' export: `model.export(format='litert')` with a fixed batch and built-in "
    "operators only; as it comes, a recurrent network's file runs on no phone.",
    "ONNX files: torch's exporter on the same Keras model, recurrent layers as ONNX's "
    "LSTM; int8 by `onnxruntime.quantization.quantize_dynamic`.",
    "ms: the processor's time, which other load on the machine changes least; the wall "
    "clock's is in the JSON.",
    "Difference from Keras: max|a-b| / max(1, max|b|) on a piece of the sample page, "
    "of the reference network, whose weights are random, on random pixels.",
    "The marks were set on a CPU with AVX-512 and VNNI. Where the first line names "
    "avx2 alone, int8 gains little, and convolutions, alike in all files, weigh more.",
    "kB: the file, 1 kB = 1000 bytes; ours with one signature here. The mark of the "
    "shipped models' size is that of their files with all signatures.",
)

Figures = Mapping[str, Mapping[str, Any]]
ONNX = ("onnx_float32", "onnx_dynamic_int8")


def marks(
    figures: Mapping[str, Figures],
    read: Mapping[str, Any] | None = None,
    whole: Mapping[str, Mapping[str, int]] | None = None,
) -> list[dict[str, Any]]:
    """The marks that can be told from what was measured.

    Args:
        figures: By network and route, as `benchmarks.edge_routes.compare` gives them.
        read: What `benchmarks.edge_reading.compare` gave; None where nothing was read.
        whole: By shipped network and precision, the bytes of its file with all
            signatures.

    Returns:
        For each its `name`, the `wanted` bound, whether it is the `least` or the most,
        what was `found`, and whether it was `reached`.
    """
    made = []
    for name, routes in figures.items():
        made += [
            _least(
                f"{name}: float32, times faster than Keras' export",
                1.7,
                _inverse(ratio(routes, "float32", ["stock"], "ms")),
            ),
            _most(
                f"{name}: float32, time of ONNX Runtime's float32",
                1.2,
                ratio(routes, "float32", ["onnx_float32"], "ms"),
            ),
            _least(
                f"{name}: dynamic int8, times faster than ONNX Runtime's best",
                1.7,
                _inverse(ratio(routes, "dynamic_int8", ONNX, "ms")),
            ),
            _most(
                f"{name}: float32, difference from Keras",
                1e-5,
                routes.get("float32", {}).get("difference"),
            ),
            _share(name, routes, (whole or {}).get(name)),
        ]
    if read is not None:
        exact, small = read["runs"]["float32"], read["runs"]["dynamic_int8"]
        words = [figures["word_f1"] for figures in read["runs"].values()]
        apart = max(words) - min(words)
        rise = small["character_error_rate"] - exact["character_error_rate"]
        fall = exact["detection_h_mean"] - small["detection_h_mean"]
        made += [
            _most("character error in int8 above float32", 0.002, rise),
            _most("detection H-mean in int8 below float32", 0.005, fall),
            _most("page word F1, the best above the worst", 0.005, apart),
            *(
                _most(f"{name}: seconds of its conversion", 60.0, seconds)
                for name, seconds in read["seconds"].items()
            ),
        ]
    return [mark for mark in made if mark["found"] is not None]


def table(made: Sequence[Mapping[str, Any]]) -> str:
    """The marks as Markdown."""
    rows = [
        [
            mark["name"],
            f"{'at least' if mark['least'] else 'at most'} {mark['wanted']:g}",
            f"{mark['found']:.2g}"
            if abs(mark["found"]) < 1
            else f"{mark['found']:.2f}",
            "yes" if mark["reached"] else "no",
        ]
        for mark in made
    ]
    return tables.markdown(["", "wanted", "found", "reached"], rows)


def _share(
    name: str, routes: Figures, whole: Mapping[str, int] | None
) -> dict[str, Any]:
    """The mark of int8's size: of what ships, where the network does."""
    title = f"{name}: dynamic int8, share of float32's size"
    if whole is None:
        return _most(title, 0.3, ratio(routes, "dynamic_int8", ["float32"], "bytes"))
    found = whole["dynamic_int8"] / whole["float32"]
    return _most(f"{title}, all signatures", 0.3, found)


def _least(name: str, wanted: float, found: float | None) -> dict[str, Any]:
    reached = found is not None and found >= wanted
    return _mark(name, wanted, found, True, reached)


def _most(name: str, wanted: float, found: float | None) -> dict[str, Any]:
    reached = found is not None and found <= wanted
    return _mark(name, wanted, found, False, reached)


def _mark(
    name: str, wanted: float, found: float | None, least: bool, reached: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "wanted": wanted,
        "least": least,
        "found": found,
        "reached": reached,
    }


def _inverse(value: float | None) -> float | None:
    return None if value is None else 1 / value
