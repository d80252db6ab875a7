"""CycleGAN's networks: published counts, shapes, receptive field, phone's operators."""

import keras
import numpy as np
import pytest

from suite.models import build, for_inference
from tests.models.conftest import scrambled
from tests.numeric import assert_close
from tests.oracles.pictures import convolve, instance_norm, zeros_around

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
SMALL = {"width": 4, "blocks": 1}


def counted(name, **overrides):
    """Parameters of a full-sized model; its weights are never made."""
    with keras.StatelessScope(initialize_variables=False):
        return build(name, **overrides).count_params()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("cyclegan_resnet_9", (11_378_179, 11_388_675, 11_372_931, 11_383_427)),
        ("cyclegan_resnet_6", (7_837_699, 7_845_123, 7_833_987, 7_841_411)),
        ("patchgan_70", (2_764_737, 2_766_529, 2_763_841, 2_765_633)),
    ],
)
def test_published_parameters(name, published):
    kinds = [(bias, affine) for bias in (True, False) for affine in (False, True)]
    for (bias, affine), want in zip(kinds, published, strict=True):
        assert counted(name, hidden_bias=bias, affine=affine) == want, (bias, affine)


def test_parameters_of_the_whole():
    """Two generators and two discriminators."""
    counts = counted("cyclegan_resnet_9"), counted("patchgan_70")
    assert 2 * sum(counts) == 28_285_832


def test_parameters_of_narrow_ones():
    assert counted("cyclegan_resnet_9", width=32) == 2_850_563
    assert counted("cyclegan_resnet_9", width=16) == 715_651
    assert counted("cyclegan_resnet_6", width=16) == 494_083
    assert counted("cyclegan_resnet_6", width=32, up="nearest") == 1_965_059
    assert counted("patchgan_70", width=32) == 694_241
    assert counted("patchgan_70", width=16) == 175_089
    assert counted("cyclegan_edge") == 941_379 <= 1_000_000


@pytest.fixture(scope="module")
def generator():
    """The form for phones; the published one differs in a layer tested elsewhere."""
    return build("cyclegan_edge", **SMALL)


@pytest.fixture(scope="module")
def patchgan():
    return scrambled(build("patchgan_70", width=2))


def test_generator_keeps_size_and_range(generator):
    picture = RNG.uniform(-1, 1, (1, 16, 20, 3)).astype("float32")
    result = generator.predict_on_batch({"picture": picture})
    assert result.shape == picture.shape
    assert np.abs(result).max() <= 1 and result.std() > 1e-3


def test_generator_refuses_other_sizes(generator):
    with pytest.raises(ValueError, match=r"width=18\. Nearest: 16 x 16, 16 x 20"):
        generator({"picture": np.zeros((1, 16, 18, 3), "float32")})
    with pytest.raises(ValueError, match=r"height=8, width=8\. Nearest: 16 x 16"):
        generator({"picture": np.zeros((1, 8, 8, 3), "float32")})
    with pytest.raises(ValueError, match="blocks=0"):
        build("cyclegan_edge", blocks=0)


@pytest.mark.erratum(
    "Public code",
    'The PatchGAN is padded by "same"',
    "A pixel of zeros around each map: 256 pixels give 30 x 30 patches, not 32 x 32",
)
def test_thirty_patches_for_256_pixels(patchgan):
    for size, patches in ((256, 30), (128, 14), (70, 6), (24, 1)):
        shape = patchgan.compute_output_shape({"picture": (1, size, size, 3)})
        assert shape == (1, patches, patches, 1)
    with pytest.raises(ValueError, match=r"height=23, width=23\. Nearest: 24 x 24"):
        patchgan({"picture": np.zeros((1, 23, 23, 3), "float32")})


def test_patchgan_matches_the_definition(patchgan):
    picture = RNG.uniform(-1, 1, (1, 32, 24, 3)).astype("float32")
    weights = iter(patchgan.get_weights())
    x = picture
    for index, stride in enumerate((2, 2, 2, 1, 1)):
        x = convolve(zeros_around(x), next(weights), next(weights), stride)
        if index in (1, 2, 3):
            x = instance_norm(x)
        if index < 4:
            x = np.where(x > 0, x, 0.2 * x)
    assert x.std() > 1e-2
    assert x.shape == (1, 2, 1, 1)  # as stated above
    assert_close(patchgan.predict_on_batch({"picture": picture}), x, atol=1e-4)


def test_a_patch_is_70_pixels_wide():
    """One pixel moves the outputs whose patch holds it, nine a side, 8 pixels apart."""
    model = scrambled(build("patchgan_70", width=2, normalize=False))
    black = np.zeros((2, 160, 160, 3), "float32")
    black[1, 80, 75] = 1
    one, two = model.predict_on_batch({"picture": black})[..., 0]
    moved = np.abs(one - two) > 1e-6  # a last bit depends on the place in the batch
    rows, columns = (np.flatnonzero(moved.any(axis)) for axis in (1, 0))
    # output n begins at pixel 8 n - 23 and reads 70
    first = -23 + 8 * np.arange(len(one))
    for got, pixel in ((rows, 80), (columns, 75)):
        want = np.flatnonzero((first <= pixel) & (pixel < first + 70))
        assert got.tolist() == want.tolist()


def test_inference_takes_and_gives_pixels(generator):
    model = for_inference("cyclegan_edge", generator)
    picture = RNG.integers(0, 256, (1, 16, 20, 3), "uint8")
    result = model.predict_on_batch({"picture": picture})["result"]
    unit = {"picture": (picture / 127.5 - 1).astype("float32")}
    assert_close(result, 127.5 * generator.predict_on_batch(unit) + 127.5, atol=1e-3)
    assert result.min() >= 0 and result.max() <= 255
