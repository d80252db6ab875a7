"""Layers whose calls give different numbers of results, in one functional graph."""

from typing import Any


class SeveralResults:
    """Mix-in, before `keras.layers.Layer`, for a layer that is called in several ways.

    Keras 3.15 checks that a functional model is connected by the number of results of
    a layer's first call (`Function.__init__` asks for `layer.output`), and refuses a
    later call of the same layer that gives more. This tells it of the call with most.
    """

    _inbound_nodes: list[Any]

    @property
    def output(self) -> Any:
        """Symbolic results of the first call; of the one with most if they differ."""
        counts = [len(node.output_tensors) for node in self._inbound_nodes]
        if not counts or max(counts) == counts[0]:
            return super().output  # type: ignore[misc]
        results = self._inbound_nodes[counts.index(max(counts))].output_tensors
        return list(results)
