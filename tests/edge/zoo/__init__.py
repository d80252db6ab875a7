"""A zoo of small Keras models: each is exported to built-in operators, or refused.

    python -m tests.edge.zoo --write      measures all and writes docs/edge-coverage.md

The steps are `save` (any backend), `convert` (one TensorFlow process for
all) and `compare` (neither keras nor tensorflow), in run.py.
"""
