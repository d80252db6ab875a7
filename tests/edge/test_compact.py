"""LiteRT files written again in fewer bytes."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from suite.console.errors import UserError
from suite.edge.compact import compact
from suite.engine.operators import parse
from tests.engine.altered import altered
from tests.engine.miniature import WIDTHS


@pytest.fixture(scope="module")
def plain(miniatures):
    """A quantized file of two signatures in which each tensor has its own scales."""
    path = miniatures / "ocr" / "recognizer" / "dynamic_int8.tflite"
    return altered(path.read_bytes(), lambda model: None)


def outputs(content):
    interpreter = Interpreter(model_content=content)
    random, found = np.random.default_rng(0), []
    for width in WIDTHS:
        run = interpreter.get_signature_runner(f"read_{width}")
        shape = run.get_input_details()["image"]["shape"]
        image = random.integers(0, 256, shape).astype(np.uint8)
        found.append(run(image=image, width=np.array([width], np.int32))["logits"])
    return found


def tables(content):
    model = parse(content)
    graphs = [model.Subgraphs(index) for index in range(model.SubgraphsLength())]
    tensors = [g.Tensors(index) for g in graphs for index in range(g.TensorsLength())]
    return model, [tensor for tensor in tensors if tensor.Quantization() is not None]


def test_the_same_model_in_fewer_bytes(plain):
    small = compact(plain)
    assert len(small) < 0.9 * len(plain)
    for found, wanted in zip(outputs(small), outputs(plain), strict=True):
        np.testing.assert_array_equal(found, wanted)
    told = [
        [(t.Name(), t.Type(), t.Buffer(), t.ShapeAsNumpy().tolist()) for t in some]
        for some in (tables(small)[1], tables(plain)[1])
    ]
    assert told[0] == told[1]


def test_scales_of_shared_weights_stand_once(plain):
    def places(content):
        quantized = [t for t in tables(content)[1] if t.Quantization().ScaleLength()]
        weights = {tensor.Buffer() for tensor in quantized}
        return len(weights), len({t.Quantization()._tab.Pos for t in quantized})

    weights, scales = places(plain)
    assert scales > weights
    weights, scales = places(compact(plain))
    assert scales <= weights


def test_weights_begin_where_the_schema_wants_them(plain):
    content = compact(plain)
    model, _ = tables(content)
    buffers = (model.Buffers(index) for index in range(model.BuffersLength()))
    starts = [b._tab.Vector(b._tab.Offset(4)) for b in buffers if b.DataLength()]
    assert starts and not any(start % 16 for start in starts)


def test_what_is_compact_stays_as_it_is(plain):
    small = compact(plain)
    assert compact(small) == small


def test_weights_behind_the_tables_are_left_there(plain):
    def outside(model):
        model.buffers[1].offset, model.buffers[1].size = 4096, 16

    content = altered(plain, outside)
    assert compact(content) == content


def test_a_foreign_file_is_refused():
    with pytest.raises(UserError, match="not a LiteRT file"):
        compact(b"PK\x03\x04 and more")
