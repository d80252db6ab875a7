"""Operations on pictures from their definitions, in NumPy float64 (NHWC)."""

import numpy as np


def convolve(x, kernel, bias=None, stride=1):
    """Without padding; kernel of shape (rows, columns, in, out)."""
    x, kernel = np.asarray(x, np.float64), np.asarray(kernel, np.float64)
    rows, columns = kernel.shape[:2]
    height = (x.shape[1] - rows) // stride + 1
    width = (x.shape[2] - columns) // stride + 1
    y = np.zeros((x.shape[0], height, width, kernel.shape[3]))
    for i, j in np.ndindex(height, width):
        top, left = i * stride, j * stride
        window = x[:, top : top + rows, left : left + columns]
        y[:, i, j] = np.tensordot(window, kernel, 3)
    return y if bias is None else y + np.asarray(bias, np.float64)


def transposed(x, kernel, bias=None, stride=2):
    """Every pixel spreads the kernel (rows, columns, out, in) from its place on."""
    x, kernel = np.asarray(x, np.float64), np.asarray(kernel, np.float64)
    batch, height, width, _ = x.shape
    rows, columns, filters, _ = kernel.shape
    y = np.zeros(
        (batch, stride * (height - 1) + rows, stride * (width - 1) + columns, filters)
    )
    for i, j in np.ndindex(height, width):
        spread = np.einsum("bi,rcoi->brco", x[:, i, j], kernel)
        y[:, stride * i :, stride * j :][:, :rows, :columns] += spread
    return y if bias is None else y + np.asarray(bias, np.float64)


def instance_norm(x, epsilon=1e-5):
    """Zero mean and unit variance of each channel of each picture."""
    x = np.asarray(x, np.float64)
    mean, variance = (f(x, axis=(1, 2), keepdims=True) for f in (np.mean, np.var))
    return (x - mean) / np.sqrt(variance + epsilon)


def reflect(x, padding):
    """Mirrored borders that are not repeated."""
    sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    return np.pad(np.asarray(x, np.float64), sides, mode="reflect")


def zeros_around(x, padding=1):
    """Zeros at every side."""
    return np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
