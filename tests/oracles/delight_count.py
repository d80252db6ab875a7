# A copy, kept as it is published.
# ruff: noqa
# fmt: off
"""Parameter counts of DeLighT / DeFINE modules, from shape rules only (no framework needed).

Usage:
  python delight_count.py                      # all published sizes, per-component tables (markdown)
  python delight_count.py --check              # compare with the reference totals below, exit 1 on mismatch
  python delight_count.py --dm 256 --vocab 9720 [--vocab-target N] [--lm] [--min-depth 4 --max-depth 8 --width 2]

Shape rules: see section 2 of models.md.  A layer norm over width d has 2*d parameters; in a
group layer with g groups the norm has width out/g and is shared by all groups.
"""
import argparse
import math
import sys


def linspace(a, b, n):
    if n == 1:
        return [float(a)]
    step = (b - a) / (n - 1)
    out = [a + step * i for i in range(n)]
    out[-1] = float(b)
    return out


def max_groups(d_m, min_per_group=32):
    return 2 ** math.ceil(math.log2(d_m // min_per_group))


def block_depths(n_min, n_max, blocks):
    return [int(v) for v in linspace(n_min, n_max, blocks)]           # truncation, not rounding


def block_widths(w, n_min, n_max, blocks):
    return [round(v, 3) for v in linspace(w, w + n_max / n_min - 1.0, blocks)]


def delight_layers(d_in, d_proj, d_out, width, depth, g_max):
    """[(in, out, groups)] of the N group layers of a DeLighT transformation."""
    mid = math.ceil(depth / 2)
    up_g = [min(2 ** (i + 1), g_max) for i in range(mid)]
    up_d = [int(v) for v in linspace(d_proj, d_in * width, mid)]
    skip = 0 if depth % 2 == 0 else 1
    groups = up_g + up_g[::-1][skip:]
    dims = (up_d + up_d[::-1][skip:])[:-1]
    outs, ins = [], [d_proj]
    for i in range(depth - 1):
        q = max(groups[i], groups[i + 1], 8)
        o = math.ceil(dims[i] / q) * q
        outs.append(o)
        ins.append(o + d_proj)
    outs.append(d_out)
    return list(zip(ins, outs, groups))


def define_layers(d_in, d_proj, d_out, width, depth, g_max):
    """[(in, out, groups)] of the released DeFINE variant (define_iclr)."""
    groups, e = [], 0
    for _ in range(depth):
        g = 2 ** e
        if g > g_max:
            g, e = 1, 0
        e += 1
        groups.append(g)
    groups = groups[::-1]
    dims = [int(v) for v in linspace(d_proj, d_in * width, depth)][1:]
    outs, ins = [], [d_proj]
    for i in range(depth - 1):
        q = max(groups[i], groups[i + 1], 8)
        o = math.ceil(dims[i] / q) * q
        outs.append(o)
        ins.append(o + d_proj)
    outs.append(d_out)
    return list(zip(ins, outs, groups))


def linear(i, o, bias=True, norm=False):
    return i * o + (o if bias else 0) + (2 * o if norm else 0)


def glt(i, o, g):
    return i * o // g + o + 2 * (o // g)          # weight + bias + shared layer norm


def unit(d_in, d_proj, d_out, width, depth, g_max, rule=delight_layers):
    n = linear(d_in, d_proj, norm=True)
    for i, o, g in rule(d_in, d_proj, d_out, width, depth, g_max):
        n += glt(i, o, g) if g > 1 else linear(i, o, norm=True)
    return n + linear(d_out + d_proj, d_out, norm=True)


def self_attention(d_m):
    h = d_m // 2
    return linear(h, 3 * h) + linear(h, d_m)


def cross_attention(d_m):
    h = d_m // 2
    return linear(d_m, h) + linear(d_m, 2 * h) + linear(h, d_m)


def ffn(d_m, r=4):
    return linear(d_m, d_m // r) + linear(d_m // r, d_m)


def blocks(d_m, n_min, n_max, width, g_max, cross):
    rows = []
    for depth, w in zip(block_depths(n_min, n_max, n_max), block_widths(width, n_min, n_max, n_max)):
        t = unit(d_m, d_m // 2, d_m // 2, w, depth, g_max)
        r = dict(N=depth, width=w, transformation=t, attention=self_attention(d_m),
                 cross=cross_attention(d_m) if cross else 0, ffn=ffn(d_m),
                 norms=2 * d_m * (3 if cross else 2))
        r['total'] = r['transformation'] + r['attention'] + r['cross'] + r['ffn'] + r['norms']
        rows.append(r)
    return rows


def translator(d_m, vocab, vocab_target=None, n_min=4, n_max=8, width=2, d_map=128):
    """vocab_target None: one joint table shared by encoder, decoder and output."""
    g = max_groups(d_m)
    emb_unit = unit(d_map, d_m // 2, d_m, width, n_min, g)
    enc = blocks(d_m, n_min, n_max, width, g, False)
    dec = blocks(d_m, n_min, n_max, width, g, True)
    out_proj = 0 if d_m == d_map else d_m * d_map
    table = d_map * (vocab + (vocab_target or 0))
    parts = dict(table=table, embedding_units=2 * emb_unit, encoder=sum(r['total'] for r in enc),
                 decoder=sum(r['total'] for r in dec), out_projection=out_proj)
    return sum(parts.values()), parts, enc, dec


def language_model(d_m, vocab, n_min=4, n_max=12, width=2, d_map=128, cutoffs=(20000, 60000), factor=2):
    g = max_groups(d_m)
    edges = [0, *cutoffs, vocab]
    tables = projections = 0
    for i in range(len(edges) - 1):
        d = d_map // factor ** i
        tables += (edges[i + 1] - edges[i]) * d
        projections += d * d_map
    dec = blocks(d_m, n_min, n_max, width, g, False)
    parts = dict(adaptive_tables=tables, adaptive_projections=projections,
                 embedding_unit=unit(d_map, d_m // 2, d_m, width, n_min, g),
                 decoder=sum(r['total'] for r in dec),
                 out_projection=0 if d_m == d_map else d_m * d_map,
                 cluster_logits=d_map * len(cutoffs))
    return sum(parts.values()), parts, dec


REFERENCE_NMT = {128: 2496224, 256: 8190376, 384: 17647864, 512: 31165580, 640: 48438028}   # without the table
REFERENCE_LM = {128: 14346164, 256: 18794540, 384: 24997032, 512: 35101170, 1024: 99247668}  # V = 267,744


def check():
    bad = 0
    for d, want in REFERENCE_NMT.items():
        total, parts, _, _ = translator(d, 1000)
        got = total - parts['table']
        bad += got != want
        print(f'translator d_m={d}: {got:,} expected {want:,} {"ok" if got == want else "MISMATCH"}')
    for d, want in REFERENCE_LM.items():
        got = language_model(d, 267744)[0]
        bad += got != want
        print(f'language model d_m={d}: {got:,} expected {want:,} {"ok" if got == want else "MISMATCH"}')
    return bad


def print_blocks(rows):
    print('| block | N | w | transformation | self-attention | cross-attention | FFN | norms | block total |')
    print('|---|---|---|---|---|---|---|---|---|')
    for i, r in enumerate(rows):
        print(f"| {i} | {r['N']} | {r['width']} | {r['transformation']:,} | {r['attention']:,} | {r['cross']:,} "
              f"| {r['ffn']:,} | {r['norms']:,} | {r['total']:,} |")


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--check', action='store_true')
    p.add_argument('--lm', action='store_true')
    p.add_argument('--dm', type=int)
    p.add_argument('--vocab', type=int)
    p.add_argument('--vocab-target', type=int)
    p.add_argument('--min-depth', type=int, default=4)
    p.add_argument('--max-depth', type=int)
    p.add_argument('--width', type=float, default=2)
    a = p.parse_args()
    if a.check:
        return 1 if check() else 0
    n_max = a.max_depth or (12 if a.lm else 8)
    for d in ([a.dm] if a.dm else ([128, 256, 384, 512, 1024] if a.lm else [128, 256, 384, 512, 640])):
        if a.lm:
            total, parts, dec = language_model(d, a.vocab or 267744, a.min_depth, n_max, a.width)
            print(f'\nlanguage model d_m={d}: {total:,} {parts}')
            print_blocks(dec)
        else:
            total, parts, enc, dec = translator(d, a.vocab or 10000, a.vocab_target, a.min_depth, n_max, a.width)
            print(f'\ntranslator d_m={d}: {total:,} {parts}')
            print_blocks(enc)
            print_blocks(dec)
    return 0


if __name__ == '__main__':
    sys.exit(main())
