"""Readers of published layouts, renderers, augmentation. No keras in this room."""
