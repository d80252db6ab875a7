#!/usr/bin/env python3
# A copy, kept as it is published.
# ruff: noqa
# fmt: off
"""Word-level precision, recall and F1 of OCR page texts.

usage: ocr_word_f1.py OUTPUT_DIR BOXES_DIR [--per-page]

OUTPUT_DIR  NNN.txt, the recognised text of page NNN, any line layout (UTF-8)
BOXES_DIR   NNN.csv, one box per line: x1,y1,x2,y2,x3,y3,x4,y4,transcript
            (the transcript is everything after the eighth comma and may hold commas)

Words are split at white space, upper-cased and compared as multisets, page by
page; counts are summed over the pages that have both files (micro average).
The same on single characters without white space gives the second figure: the
first measures reading and spacing, the second reading alone.
Pages with only one of the two files are named and left out.
Exit code 0: scored; 2: nothing could be scored, or a file is malformed.
"""
import argparse
import os
import sys
from collections import Counter


class InputError(Exception):
    pass


def read_text(path):
    try:
        with open(path, "rb") as f:
            data = f.read()
    except OSError as e:
        raise InputError(f"cannot read {path}: {e.strerror}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise InputError(f"{path}: not UTF-8 (byte {e.start})")


def words(text):
    return Counter(w.upper() for w in text.split())


def characters(word_counts):
    total = Counter()
    for word, n in word_counts.items():
        for c in word:
            total[c] += n
    return total


def truth_words(path):
    total = Counter()
    # only \n, \r\n and \r end a record: str.splitlines() would also cut at \x0b, \x0c, \x1c-\x1e, \x85, \u2028 ...
    lines = read_text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fields = line.split(",", 8)
        if len(fields) < 9:
            raise InputError(f"{path}:{number}: expected 8 coordinates and a transcript, found {len(fields)} field(s)")
        for field in fields[:8]:
            try:
                float(field)
            except ValueError:
                raise InputError(f"{path}:{number}: coordinate {field.strip()!r} is not a number")
        total.update(words(fields[8]))
    return total


def pages(folder, suffix, what):
    if not os.path.isdir(folder):
        raise InputError(f"{what} is not a folder: {folder}")
    found = {}
    for name in sorted(os.listdir(folder)):
        stem, ext = os.path.splitext(name)
        if ext.lower() == suffix and not stem.startswith(".") and os.path.isfile(os.path.join(folder, name)):
            if stem in found:
                raise InputError(f"{folder}: two files for page {stem}")
            found[stem] = os.path.join(folder, name)
    return found


def scores(hit, predicted, expected):
    p = hit / predicted if predicted else 0.0
    r = hit / expected if expected else 0.0
    f = 2 * hit / (predicted + expected) if predicted + expected else 0.0
    return p, r, f


def name_list(names, limit=20):
    names = sorted(names)
    more = f" ... and {len(names) - limit} more" if len(names) > limit else ""
    return " ".join(names[:limit]) + more


def main(argv=None):
    ap = argparse.ArgumentParser(description="Word-level precision, recall and F1 of OCR page texts.")
    ap.add_argument("output_dir", metavar="OUTPUT_DIR", help="folder of NNN.txt")
    ap.add_argument("boxes_dir", metavar="BOXES_DIR", help="folder of NNN.csv")
    ap.add_argument("--per-page", action="store_true", help="one line per page before the total")
    args = ap.parse_args(argv)
    try:
        out = pages(args.output_dir, ".txt", "OUTPUT_DIR")
        box = pages(args.boxes_dir, ".csv", "BOXES_DIR")
        both = sorted(set(out) & set(box))
        if not both:
            raise InputError(f"no page has both a .txt in {args.output_dir} ({len(out)} found) "
                             f"and a .csv in {args.boxes_dir} ({len(box)} found)")
        no_output, no_boxes = set(box) - set(out), set(out) - set(box)
        if no_output:
            print(f"missing: {len(no_output)} page(s) with boxes but no output, not counted: {name_list(no_output)}")
        if no_boxes:
            print(f"missing: {len(no_boxes)} page(s) with output but no boxes, not counted: {name_list(no_boxes)}")
        hit = predicted = expected = 0
        char_hit = char_predicted = char_expected = 0
        rows = []
        for page in both:
            got, want = words(read_text(out[page])), truth_words(box[page])
            h, g, w = sum((got & want).values()), sum(got.values()), sum(want.values())
            rows.append((page, h, g, w))
            hit, predicted, expected = hit + h, predicted + g, expected + w
            got, want = characters(got), characters(want)
            char_hit += sum((got & want).values())
            char_predicted += sum(got.values())
            char_expected += sum(want.values())
        if not expected:
            raise InputError(f"the boxes of the {len(both)} scored page(s) hold no words")
    except InputError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    if args.per_page:
        for page, h, g, w in rows:
            p, r, f = scores(h, g, w)
            print(f"{page} F1 {f:.4f} precision {p:.4f} recall {r:.4f} hit {h} output {g} truth {w}")
    print(f"characters without spaces F1 {scores(char_hit, char_predicted, char_expected)[2]:.4f}")
    p, r, f = scores(hit, predicted, expected)
    print(f"F1 {f:.4f} precision {p:.4f} recall {r:.4f} pages {len(both)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
