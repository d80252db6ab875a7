"""Keras Edge Suite: train on any Keras backend, ship one verified file to the phone.

Importing this package loads nothing else: each room is imported by the code that
needs it, so that reading a page never loads a deep-learning framework.
"""

__version__ = "0.1.0"
