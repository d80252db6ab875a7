"""What paper, printer, copier and scanner do to a page or a line.

Printing works on ink (uint8, 255 is full ink), scanning on grey pictures (uint8, 255
is white). Every function takes the random generator first, leaves shapes unchanged
and returns uint8; sizes are in pixels of the picture at hand. `text_height` is the
height of the text's box in pixels: what blur does depends on it.
"""

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Rng = np.random.Generator


def print_faults(rng: Rng, ink: Grey, text_height: float) -> Grey:
    """Ink spread, thin strokes, faint thermal print; one time in two nothing."""
    draw = rng.random()
    if draw < 0.50:
        return ink
    if draw < 0.62:
        return spread(rng, ink, text_height)
    if draw < 0.70:
        return thinned(rng, ink, text_height)
    if draw < 0.82:
        return speckled(rng, ink)
    if draw < 0.90:
        return streaked(rng, ink)
    return faded(rng, ink)


def spread(rng: Rng, ink: Grey, text_height: float) -> Grey:
    """Strokes made broader by up to a fifteenth of the text's height."""
    return _threshold(ink, text_height, float(rng.uniform(0.18, 0.36)))


def thinned(rng: Rng, ink: Grey, text_height: float) -> Grey:
    """Strokes made thinner; hair lines may break."""
    return _threshold(ink, text_height, float(rng.uniform(0.55, 0.66)))


def _threshold(ink: Grey, text_height: float, level: float) -> Grey:
    soft = cv2.GaussianBlur(ink, (0, 0), max(0.35, text_height / 28))
    table = np.clip((np.arange(256) / 255 - level) * 4 + 0.5, 0, 1) * 255
    return cv2.LUT(soft, table.astype(np.uint8))


def speckled(rng: Rng, ink: Grey) -> Grey:
    """Print with holes of about a dot, as of worn ribbons and coarse paper."""
    scale = float(rng.uniform(1.0, 2.2))
    noise = cloud(rng, ink.shape, scale)
    keep = float(rng.uniform(0.62, 0.92))
    holes = np.clip((np.quantile(noise[::2, ::2], keep) - noise) * 6 + 1, 0.15, 1)
    return (ink * holes).astype(np.uint8)


def streaked(rng: Rng, ink: Grey) -> Grey:
    """Rows or columns that a thermal head with dead dots prints weakly."""
    along = int(rng.integers(2))
    count = ink.shape[along]
    weight = np.ones(count, np.float32)
    for _ in range(1 + count // 40):
        start = int(rng.integers(count))
        weight[start : start + int(rng.integers(1, 3))] = rng.uniform(0.1, 0.6)
    weight *= 1 - 0.25 * rng.random(count, np.float32)
    return (ink * (weight[:, None] if along == 0 else weight)).astype(np.uint8)


def faded(rng: Rng, ink: Grey) -> Grey:
    """Print whose strength changes along the line, down to a third."""
    field = cloud(rng, ink.shape, max(8.0, ink.shape[1] / 6))
    low = float(rng.uniform(0.3, 0.7))
    return (ink * (low + (1 - low) * field)).astype(np.uint8)


def cloud(rng: Rng, shape: tuple[int, ...], scale: float) -> npt.NDArray[np.float32]:
    """float32 noise in 0..1 whose features are `scale` pixels large."""
    rows, columns = shape
    small = rng.random(
        (max(2, round(rows / scale)), max(2, round(columns / scale))), np.float32
    )
    large = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.float32)


def paper(rng: Rng, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """float32 grey levels of empty paper: white, grey, uneven, grained or lit askew."""
    draw = rng.random()
    level = 255.0 if draw < 0.35 else float(np.clip(rng.normal(235, 20), 150, 255))
    sheet = np.full(shape, level, np.float32)
    if draw < 0.5:
        return sheet
    if draw < 0.65:
        sheet -= float(rng.uniform(4, 30)) * cloud(
            rng, shape, float(rng.uniform(10, 60))
        )
    elif draw < 0.8:
        sheet -= float(rng.uniform(4, 22)) * cloud(rng, shape, float(rng.uniform(1, 3)))
    elif draw < 0.95:
        sheet *= slope(rng, shape, float(rng.uniform(0.05, 0.35)))
    else:  # security print, recycled paper
        period, turn = rng.uniform(3, 9), rng.uniform(0, np.pi)
        y, x = np.ogrid[: shape[0], : shape[1]]
        wave = np.sin((x * np.cos(turn) + y * np.sin(turn)) * (2 * np.pi / period))
        sheet -= (float(rng.uniform(4, 14)) * (wave + 1)).astype(np.float32)
    return sheet


def slope(rng: Rng, shape: tuple[int, int], depth: float) -> npt.NDArray[np.float32]:
    """float32 light 1 - depth .. 1 that falls off in a random direction."""
    turn = rng.uniform(0, 2 * np.pi)
    y = np.linspace(-0.5, 0.5, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)
    ramp = np.cos(turn) * x + np.sin(turn) * y + 0.5
    return (1 - depth * np.clip(ramp, 0, 1)).astype(np.float32)


def shadow(rng: Rng, image: Grey, text_height: float) -> Grey:
    """The edge of a shadow, or a fold: a dark or light line with soft sides."""
    rows, columns = image.shape
    turn = rng.uniform(-0.35, 0.35) + (np.pi / 2 if rng.random() < 0.5 else 0)
    y = np.arange(rows, dtype=np.float32)[:, None] - float(rng.uniform(0, rows))
    x = np.arange(columns, dtype=np.float32) - float(rng.uniform(0, columns))
    across = (np.cos(turn) * y + np.sin(turn) * x) / (
        text_height * float(rng.uniform(0.1, 1.5))
    )
    if rng.random() < 0.5:
        light = 1 - float(rng.uniform(0.1, 0.4)) / (1 + np.exp(-across * 3))
    else:
        light = 1 + float(rng.uniform(-0.3, 0.12)) * np.exp(-(across**2))
    return np.clip(image * light, 0, 255).astype(np.uint8)


def scan(rng: Rng, image: Grey, text_height: float) -> Grey:
    """Optics, sensor and codec of a scanner, copier or camera, each now and then."""
    if rng.random() < 0.45:
        image = blurred(rng, image, text_height)
    if rng.random() < 0.12:
        image = shadow(rng, image, text_height)
    draw = rng.random()
    if draw < 0.10 and image.mean() > 110:  # not white on black
        image = photocopied(rng, image)
    elif draw < 0.22:
        soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.7, 1.5)))
        gain = float(rng.uniform(0.4, 1.5))
        image = cv2.addWeighted(image, 1 + gain, soft, -gain, 0)
    if rng.random() < 0.4:
        image = noisy(rng, image)
    if rng.random() < 0.45:
        image = compressed(rng, image)
    return image


def blurred(rng: Rng, image: Grey, text_height: float) -> Grey:
    """Out of focus, moved, or of low resolution; readable at the end of each range."""
    draw = rng.random()
    if draw < 0.45:
        sigma = text_height * float(rng.uniform(0.01, 0.055))
        return cv2.GaussianBlur(image, (0, 0), max(sigma, 0.2))
    if draw < 0.60:
        length = max(2, round(text_height * rng.uniform(0.05, 0.16)))
        kernel = np.full((1, length), 1 / length, np.float32)
        return cv2.filter2D(image, -1, kernel if rng.random() < 0.6 else kernel.T)
    # at least ten pixels of height are left
    factor = float(np.clip(rng.uniform(10, 18) / text_height, 0.25, 1))
    rows, columns = image.shape
    size = max(1, round(columns * factor)), max(1, round(rows * factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    how = cv2.INTER_CUBIC if draw < 0.8 else cv2.INTER_LINEAR
    return cv2.resize(small, (columns, rows), interpolation=how)


def photocopied(rng: Rng, image: Grey) -> Grey:
    """Black and white with ragged edges, as copiers and fax machines leave it."""
    rows, columns = image.shape
    size = max(1, columns // 8), max(1, rows // 8)
    light = cv2.dilate(cv2.resize(image, size, interpolation=cv2.INTER_AREA), None)
    light = cv2.resize(cv2.blur(light, (5, 5)), (columns, rows))  # a copier's lamp
    even = image.astype(np.float32) - light
    low, high = np.percentile(even[::2, ::2], (2, 60))
    if high - low < 60:  # a threshold in faint print leaves nothing to read
        return image
    noise = (cloud(rng, image.shape, 1.3) - 0.5) * float(rng.uniform(10, 60))
    level = low + (high - low) * float(rng.uniform(0.45, 0.7))
    steep = np.clip((even - level + noise) * float(rng.uniform(0.05, 1)) + 0.5, 0, 1)
    return (steep * 255).astype(np.uint8)


def noisy(rng: Rng, image: Grey) -> Grey:
    """Noise of a sensor, or grains of salt and pepper."""
    if rng.random() < 0.8:
        sigma = float(rng.uniform(2, 14))
        noise = rng.standard_normal(image.shape, np.float32) * sigma
        return np.clip(image + noise, 0, 255).astype(np.uint8)
    grains = rng.random(image.shape, np.float32)
    share = float(rng.uniform(0.001, 0.012))
    image = np.where(grains < share, np.uint8(40), image)
    return np.where(grains > 1 - share, np.uint8(255), image)


def compressed(rng: Rng, image: Grey) -> Grey:
    """Written and read again as JPEG of quality 20 to 90."""
    quality = int(rng.integers(20, 91))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
