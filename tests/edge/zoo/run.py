"""The processes that a zoo goes through, and the files between them.

    save      any backend     NAME/model.keras
    convert   tensorflow      NAME/config.json, inputs, outputs of Keras, float32.tflite
    compare   neither         NAME/float32.json: operators and differences
    stock     tensorflow      NAME/stock.json: what Keras' own export makes of it

What `convert` cannot do of a model is left as NAME/refused.json.
"""

import importlib
import json
import sys
import traceback
from functools import partial
from pathlib import Path

import numpy as np

from suite.console import UserError
from suite.console.backend import BACKENDS
from suite.edge import samples

# whose classes the models name
MODULES = ("tests.edge.phone_layer",)
MODEL, REFUSED, STOCK = "model.keras", "refused.json", "stock.json"


def save(folder: Path, names: list[str]) -> None:
    """Builds models under the backend of this process and saves them."""
    import keras

    from tests.edge.zoo.entries import ENTRIES

    for name in names:
        keras.utils.set_random_seed(7)
        model = ENTRIES[name].build()
        give_numbers(model)
        (folder / name).mkdir(parents=True)
        model.save(folder / name / MODEL)


def give_numbers(model) -> None:
    """Takes every weight away from its start, where much goes unseen: 0 or 1."""
    from keras import ops

    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "float" in weight.dtype:
            noise = rng.uniform(0.05, 0.4, weight.shape)  # a variance stays positive
            weight.assign(ops.convert_to_numpy(weight) + noise.astype("float32"))


def convert(folder: Path, names: list[str], formats=("float32",)) -> None:
    """Exports each model as `suite.edge` does; tensorflow is loaded once for all."""
    for name in names:
        try:
            convert_one(folder / name, formats)
        except UserError as error:
            said = {"message": error.message, "hint": error.hint}
            (folder / name / REFUSED).write_text(json.dumps(said))
        except Exception:  # no sentence: a fault of ours, told by the test
            (folder / name / REFUSED).write_text(
                json.dumps({"message": traceback.format_exc(), "hint": None})
            )


def convert_one(work: Path, formats) -> None:
    from suite.edge.convert import convert
    from suite.edge.describe import input_specs, output_specs
    from suite.edge.rebuild import load_float32
    from suite.engine.folder import CONFIG

    model, _ = load_float32(work / MODEL, MODULES)
    inputs = input_specs(model, 1, {})
    given = samples.random_inputs(inputs, 0)
    described = {"inputs": inputs, "outputs": output_specs(model, given)}
    config = {"schema": 1, "signatures": {"serve": described}}
    (work / CONFIG).write_text(json.dumps(config))
    samples.save(work / samples.INPUTS, {"serve": given})
    job = {"folder": str(work), "formats": formats, "modules": MODULES, "metric": None}
    (work / "job.json").write_text(json.dumps(job))
    convert(work)


def compare(folder: Path, names: list[str]) -> None:
    """Runs each file in Interpreter and CompiledModel, and looks what was loaded."""
    from suite.edge.verify import verify

    for name in names:
        if not (folder / name / REFUSED).exists():
            verify(folder / name)
    loaded = sorted({"keras", *BACKENDS} & set(sys.modules))
    (folder / "loaded.json").write_text(json.dumps(loaded))


def stock(folder: Path, names: list[str]) -> None:
    """What `model.export(..., format="litert")` makes of each model."""
    import keras

    importlib.import_module(*MODULES)
    for name in names:
        answer, file = folder / name / STOCK, folder / name / "stock.tflite"
        try:
            model = keras.saving.load_model(folder / name / MODEL)
            model.export(file, format="litert", verbose=False)
            said = verdict(file.read_bytes())
        except Exception as error:  # whatever the converter raises
            said = f"fails: {type(error).__name__}"
        answer.write_text(json.dumps(said))


def verdict(content: bytes) -> str:
    """What of a stock file phones refuse."""
    from suite.edge.operators import objections

    faults = dict.fromkeys(
        fault.split(" is custom")[0] for fault in objections(content)
    )
    return ", ".join(faults).replace("operator ", "") or "built-in"


VERBS = {
    "save": save,
    "convert": convert,
    "convert_all": partial(convert, formats=("float32", "float16", "dynamic_int8")),
    "compare": compare,
    "stock": stock,
}
