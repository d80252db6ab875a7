"""Fonts drawn at random, as documents use them."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from suite.data.fonts import KINDS, FontFace

_EVERYDAY = ("liberation", "dejavu", "nimbus", "freesans", "freeserif", "freemono")


class FontBook:
    """Draws fonts at random: a kind, then a family, then a face.

    By family and not by file, since one family may come in forty weights; the fonts
    of everyday documents count four times.

    Args:
        faces: As `find_fonts` returns them.
        shares: Share of each kind that is there, as weights.
    """

    def __init__(
        self,
        faces: Sequence[FontFace],
        shares: tuple[float, float, float] = (0.56, 0.32, 0.12),
    ) -> None:
        self.faces = tuple(faces)
        groups: dict[str, dict[str, list[FontFace]]] = {}
        for face in faces:
            families = groups.setdefault(face.kind, defaultdict(list))
            families[face.family].append(face)
        self._groups = [
            (share, [groups[kind][f] for f in sorted(groups[kind])])
            for kind, share in zip(KINDS, shares, strict=True)
            if kind in groups
        ]
        self._weights = [
            np.cumsum([_weight(family[0].family) for family in families])
            for _, families in self._groups
        ]
        self._shares = np.cumsum([share for share, _ in self._groups])

    def draw(self, rng: np.random.Generator, text: str) -> FontFace | None:
        """A face that covers `text`; None if forty draws found none."""
        for _ in range(40):
            number = int(np.searchsorted(self._shares, rng.random() * self._shares[-1]))
            weights = self._weights[number]
            pick = int(np.searchsorted(weights, rng.random() * weights[-1]))
            family = self._groups[number][1][pick]
            face = family[int(rng.integers(len(family)))]
            if face.covers(text):
                return face
        return None


def _weight(family: str) -> float:
    return 4.0 if family.lower().replace(" ", "").startswith(_EVERYDAY) else 1.0
