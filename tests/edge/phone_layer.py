"""What a stranger brings along: a layer with a phone form, and others without."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tests")
class Best(keras.layers.Layer):
    """Index of the largest feature, by `argmax`: Flex in LiteRT."""

    def call(self, inputs):
        return ops.cast(ops.argmax(inputs, axis=-1), "int32")

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape[:-1], "int32")

    def for_export(self):
        return PhoneBest(name=self.name)


class PhoneBest(Best):
    """The same by `top_k`: one built-in operator."""

    def call(self, inputs):
        return ops.cast(ops.top_k(inputs, 1)[1][..., 0], "int32")


@keras.saving.register_keras_serializable(package="tests")
class Opaque(keras.layers.Layer):
    """Falls to Flex and offers nothing else."""

    def call(self, inputs):
        return ops.erf(inputs)


@keras.saving.register_keras_serializable(package="tests")
class Reader(keras.layers.Layer):
    """A stranger's layer that runs a recurrent one in its own `call`."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
        self.lstm = keras.layers.LSTM(units, return_sequences=True, name="lstm")

    def build(self, shape):
        self.lstm.build(shape)

    def call(self, inputs):
        return ops.tanh(self.lstm(ops.flip(inputs, axis=1)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="tests")
class LeakyCell(keras.layers.Layer):
    """A cell of one state that forgets slowly."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units))

    def call(self, inputs, states):
        state = 0.9 * states[0] + ops.tanh(ops.matmul(inputs, self.kernel))
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="tests")
class Whole(keras.Model):
    """A model that is no graph."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(4)

    def call(self, inputs):
        return self.dense(inputs)
