"""The ends of language models: scaled where it is asked for, whatever the embedding."""

import numpy as np
import pytest

from suite.models.registry import default_config
from suite.models.token_layers import EMBEDDINGS, TokenConfig, token_layers
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
TOKENS = np.array([[0, 3, 7]], "int32")


@pytest.mark.parametrize("cutoffs", [(), (2, 5)])
@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_the_root_of_the_width_is_multiplied_on_request(embedding, cutoffs):
    if embedding == "adaptive" and not cutoffs:
        return
    config = TokenConfig(
        8, embedding, table_units=4, cutoffs=cutoffs, expansion=8, padding=None
    )
    looked_up = []
    for scale in (True, False):
        table = token_layers(config, 8, scale)["table"]
        table.build()
        if embedding == "define":
            table = table.table
        rng = np.random.default_rng(0)
        table.set_weights([rng.normal(size=w.shape) for w in table.weights])
        looked_up.append(to_numpy(table(TOKENS))[0])
    width = 8 if embedding in ("standard", "adaptive") else 4
    banded = cutoffs and embedding in ("adaptive", "define")
    widths = np.array([width // 2**band for band in range(3)] if banded else [width])
    want = looked_up[1] * np.sqrt(widths)[:, None]
    assert_close(looked_up[0], want, atol=1e-5)


def test_a_text_without_end_has_no_padding():
    """Word 1 of Penn Treebank is a word; its vector was always zero."""
    for name in ("lstm_language_model", "transformer_xl_language_model"):
        assert default_config(name).padding is None
