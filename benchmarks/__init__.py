"""Comparisons with peers, one command each; the last table stands beside it."""
