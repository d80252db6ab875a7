"""Our reader beside Tesseract and RapidOCR, on the same pages in one run.

    python benchmarks/ocr.py                 # receipts: SROIE 450-499
    python benchmarks/ocr.py --general       # letters, forms, book pages; en, de, fr
    python benchmarks/ocr.py --memory 500    # is memory flat?

Each reader works in a process of its own, so that memory, processor time and cold start
are its own; they take turns page by page. Readers that are not installed are left out
and named. Prints a Markdown table and writes it beside this file, as JSON too.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":  # a script sees its own folder alone
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import measure
from benchmarks.readers import Ours, PageReader, Rapid, Tesseract
from benchmarks.report import Report
from suite.console import Result, UserError, write_atomic
from suite.console.messages import remark
from suite.console.options import Common, WithLimit
from suite.console.output import to_json
from suite.console.program import Program, Verb

HERE = Path(__file__).resolve().parent
KNOWN = ("ours", "tesseract", "rapidocr")


@dataclass(frozen=True, kw_only=True)
class Comparison(Common, WithLimit):
    """Compare readers of text: quality, seconds, memory, size.

    With --limit, a trial, nothing is written unless --output says where.
    """

    data: Path = Path("../shared/data/sroie")
    """Labelled pages in SROIE's layout, images/ and boxes/NAME.csv."""
    pages: str = "450-499"
    """First and last page by number."""
    parts: tuple[str, ...] = ("450-468", "469-499")
    """Parts of the pages whose figures are shown apart."""
    readers: str | None = None
    """Some of ours,tesseract,rapidocr; all if not given, with --general ours and
    Tesseract, with --memory ours."""
    model: Path | None = None
    """Folder of our models, the shipped ones if not given."""
    threads: int = 2
    """Threads of ours and of RapidOCR."""
    psm: tuple[int, ...] = ()
    """Page segmentation modes of Tesseract to try, the best one is shown; if not
    given 4 and 6, with --general also 3."""
    cold: int = 5
    """Fresh processes for the cold start."""
    general: bool = False
    """Rendered letters, forms and book pages in place of receipts."""
    count: int = 18
    """--general: pages; nine make a round of kinds and languages."""
    seed: int = 0
    """--general: seed of the pages."""
    text: Path = Path("../shared/data/text")
    """--general: folder of LANG.txt.gz."""
    folder: Path | None = None
    """--general: where the pages are kept; a temporary folder if not given."""
    memory: int | None = None
    """Read this many pages and compare resident memory after page 50 and the last."""
    output: Path | None = None
    """The table, NAME.md, with NAME.json beside it; if not given, beside this file."""


def run(options: Comparison) -> Result:
    """Compares, prints and writes."""
    if options.memory is not None and (options.memory < 1 or options.general):
        raise UserError("--memory: a number of pages, at least 1, without --general")
    started = measure.machine()
    readers, absent = contenders(options)
    with ExitStack() as stack:
        if options.memory is not None:
            report = _memory(options, readers)
        elif options.general:
            report = _general(options, readers, stack)
        else:
            report = _receipts(options, readers)
    titles = {name: reader.title for name, reader in readers.items()}
    text = report.page(titles, started, absent)
    metrics = report.metrics(titles, started)
    target = options.output
    if target is None and options.limit is None:
        target = HERE / f"{report.name}.md"
    if target is not None:
        write_atomic(target, text)
        write_atomic(target.with_suffix(".json"), to_json(metrics, indent=1) + "\n")
    return Result(metrics, text=text, code=report.code)


def contenders(options: Comparison) -> tuple[dict[str, PageReader], list[str]]:
    """Readers that take part, by name, and a sentence for each that cannot.

    Raises:
        UserError: An unknown name, or none is left.
    """
    default = KNOWN[:1] if options.memory else KNOWN[:2] if options.general else KNOWN
    names = options.readers.split(",") if options.readers else list(default)
    model = None if options.model is None else str(options.model.resolve())
    languages = "eng+deu+fra" if options.general else "eng"
    modes = options.psm or ((3, 4, 6) if options.general else (4, 6))
    chosen: dict[str, PageReader] = {}
    absent: dict[str, str] = {}
    for name in names:
        if name not in KNOWN:
            raise UserError(
                f"{name}: no such reader (--readers)", f"Known: {', '.join(KNOWN)}."
            )
        several: dict[str, PageReader] = {"ours": Ours(model, options.threads)}
        if name == "rapidocr":
            several = {name: Rapid(options.threads)}
        elif name == "tesseract":
            several = {f"{name} {m}": Tesseract(m, languages) for m in modes}
        for key, reader in several.items():
            reason = reader.missing()
            if reason is None:
                chosen[key] = reader
            elif name not in absent:
                absent[name] = f"{name}: {reason}"
                remark(absent[name])
    if not chosen:
        raise UserError("no reader is left (--readers)", "; ".join(absent.values()))
    return chosen, list(absent.values())


def _receipts(options: Comparison, readers: Mapping[str, PageReader]) -> Report:
    from benchmarks import receipts, resources

    parts = receipts.parts_of(options.parts)
    labelled = receipts.open_pages(options.data, options.pages, options.limit)
    return Report(
        "ocr",
        "Reading receipts, beside the peers",
        "python benchmarks/ocr.py",
        f"{len(labelled)} pages of SROIE, {options.pages}.",
        receipts.compare(readers, labelled, parts, options.cold),
        receipts.measures(parts),
        (*receipts.NOTES, *resources.NOTES),
        "word_f1",
    )


def _general(
    options: Comparison, readers: Mapping[str, PageReader], stack: ExitStack
) -> Report:
    from benchmarks import general

    folder = options.folder
    if folder is None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    count = options.count if options.limit is None else options.limit
    labelled = general.render(folder, count, options.seed, options.text)
    return Report(
        "ocr_general",
        "Reading letters, forms and book pages, beside Tesseract",
        "python benchmarks/ocr.py --general",
        f"{count} rendered pages in English, German and French, seed {options.seed}; "
        "fonts and texts held out of training, a simulated scanner of 150 to 300 dpi.",
        general.compare(readers, labelled),
        general.MEASURES,
        general.NOTES,
        "error",
        lowest=True,
    )


def _memory(options: Comparison, readers: Mapping[str, PageReader]) -> Report:
    from benchmarks import memory, receipts

    count = options.memory or 1
    labelled = receipts.open_pages(options.data, options.pages, options.limit)
    images = [one.image for one in labelled]
    return Report(
        "ocr_memory",
        "Memory, page after page",
        f"python benchmarks/ocr.py --memory {count}",
        f"{len(labelled)} pages of SROIE, {options.pages}, read again and again.",
        memory.compare(readers, images, count),
        memory.measures(count),
        memory.NOTES,
        "ratio",
        lowest=True,
        verdict=memory.verdict,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    example = "python benchmarks/ocr.py --limit 3 --readers ours,tesseract"
    about = "Compares readers of text on the same pages."
    verb = Verb("compare", Comparison, run, example)
    return Program("ocr-benchmark", about, [verb]).main(argv)


if __name__ == "__main__":
    sys.exit(main())
