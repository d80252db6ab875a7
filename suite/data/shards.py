"""Text lines written once into shards, read by random access.

Rendering a line costs about as much as training on it, so lines are made once and
used over several epochs. A shard is two files: `shard-00000.bin`, the pixels of its
records one after another, read through a memory map, and `shard-00000.npz`, the
small columns. `manifest.json` is written last and tells counts, seed and a hash of
the settings; a folder whose hash differs is written anew, one that was interrupted
goes on where it stopped.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from suite.console import UserError, atomic_path, track, write_atomic
from suite.data.line_shape import HEIGHT
from suite.imaging.geometry import quad_sizes

_Job = TypeVar("_Job")
_Done = TypeVar("_Done")

FORMAT = 1
LINES_PER_SHARD = 1000


@dataclass(frozen=True, eq=False)
class LineRecord:
    """One line of text with some of its surroundings."""

    image: np.ndarray
    """uint8 (height, width), grey, the line with a margin around it."""

    quad: np.ndarray
    """float32 (4, 2), the line within `image`, clockwise from the top left."""

    text: str
    """What is written there."""

    cased: bool
    """True: `text` has the true case; False: it is known in upper case only."""

    source: str
    """Where it comes from, as `PAGE:NUMBER` or `rendered:NUMBER`."""


Make = Callable[[int], LineRecord | None]
"""From a record's number to the record; None where there is none to be had."""


def write_shards(
    out: str | Path,
    count: int,
    make: Make,
    settings: Mapping[str, Any],
    *,
    workers: int = 0,
    per_shard: int = LINES_PER_SHARD,
) -> dict[str, Any]:
    """Writes records 0 .. count - 1 into shards.

    What is written depends on `make` and `count` alone, not on `workers`. A shard
    that is there with the same settings is kept, so an interrupted writing goes on.

    Args:
        out: Folder of the shards; made if it is absent.
        count: Records to ask `make` for.
        make: Picklable for `workers > 0`.
        settings: Everything that `make` depends on, as JSON values.
        workers: Processes; 0 works in this one.
        per_shard: Records a shard.

    Returns:
        The manifest: format, settings, hash, records, characters, shards.
    """
    out = Path(out)
    settings = {"format": FORMAT, "count": count, "per_shard": per_shard, **settings}
    digest = settings_hash(settings)
    old = read_manifest(out)
    if old is not None and old["hash"] == digest:
        return old
    # A manifest of other settings would vouch for shards that are being replaced.
    (out / "manifest.json").unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    jobs = [
        (out / f"shard-{i:05d}", start, min(start + per_shard, count), digest)
        for i, start in enumerate(range(0, count, per_shard))
    ]
    done = in_order(partial(_write_shard, make), jobs, workers)
    shards = list(track(done, f"writing {out.name}", len(jobs)))
    _remove_others(out, {str(s["name"]) for s in shards})
    manifest = {
        "hash": digest,
        "settings": settings,
        "records": sum(s["records"] for s in shards),
        "characters": sum(s["characters"] for s in shards),
        "shards": shards,
    }
    write_atomic(out / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return manifest


def settings_hash(settings: Mapping[str, Any]) -> str:
    """SHA-256 over the settings as sorted JSON, 64 hexadecimal digits."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def texts_hash(texts: Sequence[str]) -> str:
    """SHA-256 over texts in their order, 64 hexadecimal digits."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def read_manifest(folder: str | Path) -> dict[str, Any] | None:
    """The manifest of a folder of shards; None where there is none or it is torn."""
    try:
        return json.loads((Path(folder) / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None


def in_order(
    work: Callable[[_Job], _Done], jobs: Iterable[_Job], workers: int
) -> Iterator[_Done]:
    """Results of `work` over `jobs` in their order, by `workers` processes.

    Args:
        work: Picklable for `workers > 0`.
        jobs: Picklable for `workers > 0`.
        workers: Processes; 0 works in this one.
    """
    if workers == 0:
        yield from map(work, jobs)
        return
    # spawn: a fork copies the threads' locks of whatever framework is loaded
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(work, job) for job in jobs]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def _write_shard(make: Make, job: tuple[Path, int, int, str]) -> dict[str, Any]:
    path, start, stop, digest = job
    columns, pixels = path.with_suffix(".npz"), path.with_suffix(".bin")
    kept = _shard_of(columns, digest)
    if kept is None:
        records = [r for r in map(make, range(start, stop)) if r is not None]
        columns.unlink(missing_ok=True)  # never new pixels beside old columns
        with atomic_path(pixels) as temporary, temporary.open("wb") as file:
            for record in records:
                file.write(np.ascontiguousarray(record.image, np.uint8).data)
        with atomic_path(columns) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **_columns(records, digest))
        kept = _shard_of(columns, digest)
    if kept is None:
        raise UserError(f"{columns}: vanished while it was written")
    return {"name": path.name, **kept}


def _columns(records: Sequence[LineRecord], digest: str) -> dict[str, np.ndarray]:
    shapes = np.array([r.image.shape for r in records], np.int32).reshape(-1, 2)
    ends = np.cumsum(shapes.astype(np.int64).prod(axis=1))
    return {
        "hash": np.array(digest),
        "shapes": shapes,
        "offsets": np.concatenate([np.zeros(1, np.int64), ends])[:-1],
        "quads": np.array([r.quad for r in records], np.float32).reshape(-1, 4, 2),
        "cased": np.array([r.cased for r in records], bool),
        "texts": np.array([r.text for r in records], np.str_),
        "sources": np.array([r.source for r in records], np.str_),
    }


def _shard_of(columns: Path, digest: str) -> dict[str, int] | None:
    try:
        with np.load(columns) as data:
            if str(data["hash"]) != digest:
                return None
            texts = data["texts"]
    except (OSError, ValueError, KeyError):
        return None
    return {"records": len(texts), "characters": sum(map(len, texts.tolist()))}


def _remove_others(out: Path, names: set[str]) -> None:
    for path in out.glob("shard-*"):
        if path.stem not in names:
            path.unlink()


class LineShards(Sequence[LineRecord]):
    """Records of a folder of shards by number, without loading it.

    Args:
        folder: As `write_shards` left it.

    Raises:
        UserError: when there is no manifest, or a shard that it names is absent or
            cut short.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        manifest = read_manifest(self.folder)
        names = [str(shard["name"]) for shard in (manifest or {"shards": ()})["shards"]]
        if not names:
            raise UserError(
                f"{self.folder}: no lines there (manifest.json)",
                "Write them first; an interrupted writing goes on when run again.",
            )
        parts = [self._load(name) for name in names]
        self._maps: dict[int, np.ndarray] = {}
        self._files = [self.folder / f"{name}.bin" for name in names]
        self._shard = np.repeat(np.arange(len(parts)), [len(p["texts"]) for p in parts])
        columns = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
        self.quads: np.ndarray = columns["quads"]
        self.cased: np.ndarray = columns["cased"]
        self.texts: list[str] = columns["texts"].tolist()
        self._sources, self._shapes = columns["sources"], columns["shapes"]
        self._offsets = columns["offsets"]

    def _load(self, name: str) -> dict[str, np.ndarray]:
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path) as data:
                part = {k: data[k] for k in data.files if k != "hash"}
            size = path.with_suffix(".bin").stat().st_size
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path}: cannot be read ({error})", "Delete it; write anew."
            ) from error
        if size != int(part["shapes"].astype(np.int64).prod(axis=1).sum()):
            raise UserError(
                f"{path.with_suffix('.bin')}: cut short", "Delete it; write anew."
            )
        return part

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: int) -> LineRecord:  # type: ignore[override]
        index = range(len(self))[index]
        shard = int(self._shard[index])
        if shard not in self._maps:
            self._maps[shard] = np.memmap(self._files[shard], np.uint8, "r")
        height, width = self._shapes[index]
        start = self._offsets[index]
        pixels = self._maps[shard][start : start + height * width]
        return LineRecord(
            np.array(pixels).reshape(height, width),
            self.quads[index],
            self.texts[index],
            bool(self.cased[index]),
            str(self._sources[index]),
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}  # a worker opens its own maps

    @cached_property
    def widths(self) -> np.ndarray:
        """float32 (lines,): width of each line when its height is scaled to 32."""
        width, height = quad_sizes(self.quads).T
        return (HEIGHT * width / np.maximum(height, 1e-6)).astype(np.float32)
