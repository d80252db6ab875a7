"""From any Keras model to verified LiteRT files that hold built-in operators only.

`suite.edge.export.export(folder)` does it. Importing this package imports neither
keras nor tensorflow: conversion and verification run in processes of their own.
"""
