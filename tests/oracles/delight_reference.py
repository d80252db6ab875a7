# A copy, kept as it is published but for the place of its neighbour.
# ruff: noqa
# fmt: off
"""NumPy reference of the DeLighT pieces (inference mode), for numeric tests of other implementations.

Weights are given by a fixed rule (`fill`), so a port can be compared without exchanging files:
tensor number t (in the order of `names`), flat C-order element k:  0.3 * sin(0.7 * k + 1.3 * t + 0.1),
biases the same with factor 0.05, layer-norm scales 1 + 0.1 * sin(...).  Inputs: cos(0.5 * k).
Run it to print the fixture values quoted in models.md.
"""
import math

import numpy as np

from tests.oracles.delight_count import delight_layers, define_layers


def swish(x):
    return x / (1.0 + np.exp(-x))


def layer_norm(x, scale, shift, eps=1e-5):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)           # biased variance
    return (x - m) / np.sqrt(v + eps) * scale + shift


def fill(shape, t, kind):
    k = np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)
    s = np.sin(0.7 * k + 1.3 * t + 0.1)
    return {'w': 0.3 * s, 'b': 0.05 * s, 'g': 1.0 + 0.1 * s}[kind]


class Maker:
    def __init__(self):
        self.t = 0

    def __call__(self, shape, kind):
        v = fill(shape, self.t, kind)
        self.t += 1
        return v


def dense(mk, i, o, norm=True):
    """kernel stored (out, in); then bias, norm scale, norm shift."""
    p = dict(w=mk((o, i), 'w'), b=mk((o,), 'b'))
    if norm:
        p.update(g=mk((o,), 'g'), s=mk((o,), 'b'))
    return p


def group(mk, i, o, g):
    """kernel (g, in/g, out/g), bias (g, 1, out/g), norm scale and shift (out/g,)."""
    return dict(w=mk((g, i // g, o // g), 'w'), b=mk((g, 1, o // g), 'b'),
                g=mk((o // g,), 'g'), s=mk((o // g,), 'b'))


def run_dense(p, x, act=True):
    y = x @ p['w'].T + p['b']
    if 'g' in p:
        y = layer_norm(y, p['g'], p['s'])
    return swish(y) if act else y


def run_group(p, x, g, shuffle=True):
    lead = x.shape[:-1]
    xs = x.reshape(-1, g, x.shape[-1] // g)                       # B, g, in/g
    y = np.einsum('bgi,gio->bgo', xs, p['w']) + p['b'][:, 0]      # B, g, out/g
    if shuffle:                                                   # feature j of group i -> position j*g + i
        y = y.transpose(0, 2, 1).reshape(y.shape[0], g, -1)
    y = swish(layer_norm(y, p['g'], p['s']))                      # norm within each (shuffled) group
    return y.reshape(*lead, -1)


def mix(x, y, g):
    """split x and y into g chunks each, concatenate chunk by chunk (x first)."""
    if g == 1:
        return np.concatenate([x, y], -1)
    lead = x.shape[:-1]
    return np.concatenate([x.reshape(*lead, g, -1), y.reshape(*lead, g, -1)], -1).reshape(*lead, -1)


class Unit:
    """DeLighT transformation (or, with define=True, the released DeFINE unit: no shuffle)."""

    def __init__(self, mk, d_in, d_proj, d_out, width, depth, g_max, define=False):
        rule = define_layers if define else delight_layers
        self.shuffle = not define
        self.first = dense(mk, d_in, d_proj)
        self.spec = rule(d_in, d_proj, d_out, width, depth, g_max)
        self.layers = [group(mk, i, o, g) if g > 1 else dense(mk, i, o) for i, o, g in self.spec]
        self.last = dense(mk, d_out + d_proj, d_out)

    def __call__(self, x):
        x = run_dense(self.first, x)
        y = x
        for n, (p, (_, _, g)) in enumerate(zip(self.layers, self.spec)):
            y = run_group(p, y, g, self.shuffle) if g > 1 else run_dense(p, y)
            nxt = self.spec[n + 1][2] if n + 1 < len(self.spec) else 1
            y = mix(x, y, nxt)
        return run_dense(self.last, y)


def attend(q, k, v, causal):
    s = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    if causal:
        s = np.where(np.triu(np.ones(s.shape[-2:]), 1) > 0, -np.inf, s)
    a = np.exp(s - s.max(-1, keepdims=True))
    a /= a.sum(-1, keepdims=True)
    return a @ v, a


class EncoderBlock:
    """post-norm block; x is (batch, time, d_m)."""

    def __init__(self, mk, d_m, width, depth, g_max, r=4):
        h = d_m // 2
        self.unit = Unit(mk, d_m, h, h, width, depth, g_max)
        self.qkv = dense(mk, h, 3 * h, norm=False)
        self.out = dense(mk, h, d_m, norm=False)
        self.n1 = (mk((d_m,), 'g'), mk((d_m,), 'b'))
        self.f1 = dense(mk, d_m, d_m // r, norm=False)
        self.f2 = dense(mk, d_m // r, d_m, norm=False)
        self.n2 = (mk((d_m,), 'g'), mk((d_m,), 'b'))

    def __call__(self, x, causal=False):
        u = self.unit(x)
        q, k, v = np.split(run_dense(self.qkv, u, act=False), 3, -1)
        y, _ = attend(q, k, v, causal)
        x = layer_norm(x + run_dense(self.out, y, act=False), *self.n1)
        y = run_dense(self.f2, run_dense(self.f1, x), act=False)
        return layer_norm(x + y, *self.n2)


class DecoderBlock:
    """post-norm; causal self-attention on the transformed input, cross-attention on d_m, light FFN."""

    def __init__(self, mk, d_m, width, depth, g_max, r=4):
        h = d_m // 2
        self.unit = Unit(mk, d_m, h, h, width, depth, g_max)
        self.qkv = dense(mk, h, 3 * h, norm=False)
        self.out = dense(mk, h, d_m, norm=False)
        self.n1 = (mk((d_m,), 'g'), mk((d_m,), 'b'))
        self.xq = dense(mk, d_m, h, norm=False)
        self.xkv = dense(mk, d_m, 2 * h, norm=False)
        self.xout = dense(mk, h, d_m, norm=False)
        self.nx = (mk((d_m,), 'g'), mk((d_m,), 'b'))
        self.f1 = dense(mk, d_m, d_m // r, norm=False)
        self.f2 = dense(mk, d_m // r, d_m, norm=False)
        self.n2 = (mk((d_m,), 'g'), mk((d_m,), 'b'))

    def __call__(self, x, memory):
        u = self.unit(x)
        q, k, v = np.split(run_dense(self.qkv, u, act=False), 3, -1)
        y, _ = attend(q, k, v, True)
        x = layer_norm(x + run_dense(self.out, y, act=False), *self.n1)
        k, v = np.split(run_dense(self.xkv, memory, act=False), 2, -1)
        y, _ = attend(run_dense(self.xq, x, act=False), k, v, False)
        x = layer_norm(x + run_dense(self.xout, y, act=False), *self.nx)
        y = run_dense(self.f2, run_dense(self.f1, x), act=False)
        return layer_norm(x + y, *self.n2)


def inputs(*shape):
    return np.cos(0.5 * np.arange(int(np.prod(shape)), dtype=np.float64)).reshape(shape)


def sinusoid(n, d, pad=1):
    """row p of the table; the first real token uses row pad + 1; row pad is zero."""
    h = d // 2
    f = np.exp(-np.arange(h) * math.log(10000) / (h - 1))
    t = np.arange(n)[:, None] * f[None]
    t = np.concatenate([np.sin(t), np.cos(t)], 1)
    t[pad] = 0
    return t


def fixtures():
    x = inputs(1, 3, 64)
    out = {}
    out['unit N=4 w=2 g_max=4, 64->32->32'] = Unit(Maker(), 64, 32, 32, 2.0, 4, 4)(x)
    out['unit N=5 w=2.286 g_max=8, 64->32->32'] = Unit(Maker(), 64, 32, 32, 2.286, 5, 8)(x)
    out['define unit N=3 w=4 g_max=4, 64->32->64'] = Unit(Maker(), 64, 32, 64, 4.0, 3, 4, define=True)(x)
    out['encoder block d_m=64 N=4 w=2 g_max=4'] = EncoderBlock(Maker(), 64, 2.0, 4, 4)(x)
    out['decoder block d_m=64 N=4 w=2 g_max=4'] = DecoderBlock(Maker(), 64, 2.0, 4, 4)(x, inputs(1, 5, 64)[:, ::-1])
    return out


if __name__ == '__main__':
    for name, v in fixtures().items():
        f = v.reshape(-1)
        print(f'{name}: shape {v.shape} first4 {np.round(f[:4], 6).tolist()} last2 {np.round(f[-2:], 6).tolist()} '
              f'sum {f.sum():.6f} sumsq {(f * f).sum():.6f}')
    print('shuffle of 0..7 with 2 groups:', np.arange(8).reshape(1, 2, 4).transpose(0, 2, 1).reshape(-1).tolist())
    print('mix of a=[0..3], b=[10..17], 2 groups:', mix(np.arange(4)[None], np.arange(10, 18)[None], 2)[0].tolist())
    print('sinusoid d=8, row 2:', np.round(sinusoid(4, 8)[2], 6).tolist())
