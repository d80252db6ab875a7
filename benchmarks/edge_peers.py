"""The files of the edge benchmark's peers, each made in a child process.

    python -m benchmarks.edge_peers stock FOLDER...      Keras' own export
    python -m benchmarks.edge_peers onnx FOLDER...       torch's, for ONNX Runtime

In each model folder they leave stock.tflite and reference.npz (what the Keras model
gives on inputs.npz), or float32.onnx and dynamic_int8.onnx. `benchmarks.edge` starts
them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import edge_models
from suite.edge import samples
from suite.engine.contract import Signature
from suite.engine.folder import KERAS, read_config

STOCK, FLOAT_ONNX, INT8_ONNX = "stock.tflite", "float32.onnx", "dynamic_int8.onnx"


def stock(folder: Path) -> None:
    """Keras' own export, with a fixed batch and built-in operators only.

    Without these two the file of a recurrent model holds Flex operators, which no
    phone runs, and there would be nothing to measure.
    """
    import keras
    import tensorflow as tf

    from suite.engine.keras_engine import load_keras

    _, signatures = read_config(folder)
    ((name, signature),) = signatures.items()
    if folder.name == edge_models.CRNN:
        edge_models.write_crnn(folder)
    model = load_keras(folder / KERAS)
    given = samples.load(folder / samples.INPUTS)[name]
    result = {key: np.asarray(value) for key, value in model(given).items()}
    samples.save(folder / samples.REFERENCE, {name: result})

    inputs = {
        tensor: keras.Input(batch_shape=spec.shape, dtype=spec.dtype, name=tensor)
        for tensor, spec in signature.inputs.items()
    }
    (output,) = model(inputs).values()
    specs = [
        keras.InputSpec(shape=spec.shape, dtype=spec.dtype, name=tensor)
        for tensor, spec in signature.inputs.items()
    ]
    keras.Model(list(inputs.values()), output).export(
        folder / STOCK,
        format="litert",
        verbose=False,
        input_signature=[specs] if len(specs) > 1 else specs,
        target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]},
    )


def onnx(folder: Path) -> None:
    """ONNX files by torch's exporter, recurrent layers as ONNX's own LSTM."""
    import keras
    import torch

    from suite.engine.keras_engine import load_keras

    _, signatures = read_config(folder)
    ((name, signature),) = signatures.items()
    model = keras.models.clone_model(
        load_keras(folder / KERAS), clone_function=_with_torch_lstm, recursive=True
    )
    given = samples.load(folder / samples.INPUTS)[name]
    tensors = [torch.from_numpy(given[tensor]) for tensor in signature.inputs]
    with torch.no_grad():
        torch.onnx.export(
            _module(model, signature).eval(),
            tuple(tensors),
            str(folder / FLOAT_ONNX),
            input_names=list(signature.inputs),
            output_names=list(signature.outputs),
            dynamo=False,
        )
    quantize(folder)


def quantize(folder: Path) -> None:
    """ONNX Runtime's dynamic int8, after its own preparation, as its manual asks for.

    The preparation folds what is constant: weights of an LSTM that stand in the graph
    as nodes are quantized only then.
    """
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as work:
        prepared = Path(work) / "prepared.onnx"
        quant_pre_process(
            str(folder / FLOAT_ONNX), str(prepared), skip_symbolic_shape=True
        )
        quantize_dynamic(str(prepared), str(folder / INT8_ONNX))


def _module(model: Any, signature: Signature) -> Any:
    """The model as a torch module of tensors in, a tensor out."""
    import torch

    names = list(signature.inputs)

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: Any) -> Any:
            given = dict(zip(names, tensors, strict=True))
            (output,) = self.model(given, training=False).values()
            return output

    return Module()


def _with_torch_lstm(layer: Any) -> Any:
    """A layer, or the same with torch's LSTM, which becomes ONNX's, in it.

    Keras' own on torch is a Python loop over the steps: the file would hold thousands
    of operators. Lengths are left out: the inputs are as wide as the network.
    """
    import keras

    from suite.layers.lstm_ctc import LSTMCTCHead

    if isinstance(layer, keras.layers.Bidirectional):
        return _torch_lstm([layer], layer.name)
    if isinstance(layer, LSTMCTCHead):
        return _torch_lstm(layer.recurrent, layer.name, layer.dense)
    return layer


def _torch_lstm(recurrent: Sequence[Any], name: str, dense: Any = None) -> Any:
    import keras

    class TorchLSTM(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__(name=name)
            # a tuple: Keras tracks neither it nor what is in it
            self.stack = tuple(map(_converted, recurrent))
            self.dense = dense
            self.built = True

        def call(self, features: Any, *lengths: Any, **options: Any) -> Any:
            for lstm in self.stack:
                features, _ = lstm(features)
            return features if self.dense is None else self.dense(features)

        def compute_output_spec(self, features: Any, *_: Any, **__: Any) -> Any:
            last = (
                self.dense.units if self.dense else 2 * recurrent[0].forward_layer.units
            )
            return keras.KerasTensor((*features.shape[:2], last))

    return TorchLSTM()


def _converted(layer: Any) -> Any:
    """torch's LSTM with the weights of a `Bidirectional` one; gates stand alike."""
    import torch

    cells = [layer.forward_layer.cell, layer.backward_layer.cell]
    inputs = cells[0].kernel.shape[0]
    lstm = torch.nn.LSTM(inputs, cells[0].units, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for cell, end in zip(cells, ("l0", "l0_reverse"), strict=True):
            getattr(lstm, f"weight_ih_{end}").copy_(cell.kernel.value.T)
            getattr(lstm, f"weight_hh_{end}").copy_(cell.recurrent_kernel.value.T)
            getattr(lstm, f"bias_ih_{end}").copy_(cell.bias.value)
            getattr(lstm, f"bias_hh_{end}").zero_()
    return lstm.requires_grad_(False)


def main(kind: str, folders: Sequence[str]) -> None:
    """Makes the files of one kind in each folder; a failure is written beside them."""
    os.environ["KERAS_BACKEND"] = "tensorflow" if kind == "stock" else "torch"
    for name in folders:
        folder = Path(name)
        try:
            (stock if kind == "stock" else onnx)(folder)
        except Exception as error:  # a peer's failure is a line of the table
            told = f"{type(error).__name__}: {' '.join(str(error).split())}"
            (folder / f"{kind}.failed").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
