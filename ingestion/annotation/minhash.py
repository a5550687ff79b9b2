"""Fingerprints by which near-duplicate texts are found: character shingles and MinHash bands.

A text is folded (full width to half, upper case to lower, only letters and digits kept), and cut
into its runs of three characters, hashed to 32 bits: its shingles. Texts that share many shingles
are alike (Jaccard); MinHash gives every text a few numbers, its bands, of which two texts share one
with a chance of `1 - (1 - j^4)^24` at a Jaccard of j: 18 % at .3, 79 % at .5, 96 % at .6, 99.9 % at
.7 (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). So equal bands name the pairs
worth comparing, and the shingles themselves decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version as installed

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.annotation import TEXT_NUMBER

SHINGLE_LETTERS = 3
BAND_COUNT = 24
BAND_ROWS = 4
FEWEST_LETTERS = 5
"""Below this a text has no fingerprint; what is evidence of copying, the warehouse decides."""

_RULES = 1
"""Raise it when anything here changes what comes out."""
_SEED = 20_260
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)

_Codes = npt.NDArray[np.uint32]
_Hashes = npt.NDArray[np.uint64]
_Counts = npt.NDArray[np.int64]


class MinHash:
    """Shingles and MinHash bands of each text of five letters or more."""

    name = "minhash"
    version = f"{_RULES}-rensa-{installed('rensa')}"
    schema = pa.schema(
        [
            pa.field("letter_count", pa.int32()),
            pa.field("shingles", pa.list_(pa.int64())),
            pa.field("bands", pa.list_(pa.int64())),
        ]
    )

    def annotate(self, texts: Sequence[str]) -> pa.Table:
        """One row a text: letters after folding, distinct shingles in ascending order, bands."""
        letters, counts = _folded(texts)
        numbers = np.flatnonzero(counts >= FEWEST_LETTERS)
        shingles, offsets = _shingles(letters, counts, numbers)
        bands = _bands(shingles, offsets)
        columns = [
            pa.array(numbers, pa.int64()),
            pa.array(counts[numbers], pa.int32()),
            pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(shingles, pa.int64())),
            pa.ListArray.from_arrays(
                pa.array(np.arange(len(numbers) + 1) * BAND_COUNT, pa.int32()),
                pa.array(bands.view(np.int64).reshape(-1), pa.int64()),
            ),
        ]
        return pa.table(columns, schema=pa.schema([TEXT_NUMBER, *self.schema]))


def _folded(texts: Sequence[str]) -> tuple[_Codes, _Counts]:
    """Code points of the letters and digits of all texts in a row, and how many each text has."""
    folded = pc.utf8_lower(pc.utf8_normalize(pa.array(texts, pa.string()), form="NFKC"))
    lengths = pc.utf8_length(folded).to_numpy(zero_copy_only=False).astype(np.int64)
    joined = "".join(folded.to_pylist())
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    used, places = np.unique(codes, return_inverse=True)
    is_letter = np.array([chr(code).isalnum() for code in used], dtype=bool)[places]
    owners = np.repeat(np.arange(len(lengths)), lengths)
    counts = np.bincount(owners[is_letter], minlength=len(lengths)).astype(np.int64)
    return codes[is_letter], counts


def _shingles(
    letters: _Codes, counts: _Counts, numbers: _Counts
) -> tuple[npt.NDArray[np.int64], _Counts]:
    """Distinct 32-bit shingles of the texts `numbers`, text after text, and where each starts."""
    owners = np.repeat(np.arange(len(counts)), counts)
    last = max(len(letters) - SHINGLE_LETTERS + 1, 0)
    # three code points of 21 bits fill 63: each run is one number before it is hashed
    runs = np.zeros(last, dtype=np.uint64)
    for place in range(SHINGLE_LETTERS):
        runs = (runs << np.uint64(21)) | letters[place : place + last].astype(np.uint64)
    place_of = np.full(len(counts), -1, dtype=np.int64)
    place_of[numbers] = np.arange(len(numbers))
    first, end = owners[:last], owners[SHINGLE_LETTERS - 1 :][:last]
    is_kept = (first == end) & (place_of[first] >= 0)
    hashes = _mixed(runs[is_kept]) >> np.uint64(32)
    distinct = np.unique((place_of[first[is_kept]].astype(np.uint64) << np.uint64(32)) | hashes)
    owner = (distinct >> np.uint64(32)).astype(np.int64)
    offsets = np.searchsorted(owner, np.arange(len(numbers) + 1)).astype(np.int64)
    return (distinct & np.uint64(0xFFFFFFFF)).astype(np.int64), offsets


def _bands(shingles: npt.NDArray[np.int64], offsets: _Counts) -> _Hashes:
    """A hash for each text and band: one row a text, `BAND_COUNT` columns."""
    # an extension module that only who annotates pays for
    from rensa import RMinHash  # noqa: PLC0415

    texts = len(offsets) - 1
    if not texts:
        return np.zeros((0, BAND_COUNT), dtype=np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        # rensa takes its tokens for hashes, so they are spread over all 64 bits
        _mixed(shingles.astype(np.uint64)),
        offsets.astype(np.uint64),
        BAND_COUNT * BAND_ROWS,
        _SEED,
    )
    signature = np.array(matrix.to_rows(), dtype=np.uint64).reshape(texts, BAND_COUNT, BAND_ROWS)
    # the band's own number goes in, so that no two bands can be taken for each other
    bands = np.broadcast_to(np.arange(1, BAND_COUNT + 1, dtype=np.uint64), (texts, BAND_COUNT))
    for row in range(BAND_ROWS):
        bands = _mixed(bands ^ signature[:, :, row])
    return np.ascontiguousarray(bands)


def _mixed(numbers: _Hashes) -> _Hashes:
    """A permutation of the 64-bit numbers in which neighbours lie far apart (as in splitmix64)."""
    mixed = (numbers + _GOLDEN) * _MIX
    return mixed ^ (mixed >> np.uint64(31))


ANNOTATOR = MinHash()
