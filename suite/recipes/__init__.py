"""One recipe a shipped model: its data, loss, schedule and presets."""
