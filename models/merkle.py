"""Merkle trees (RFC 9162, SHA-256) over leaves that are hashes themselves: roots, proofs of inclusion, and their check.

Trees and proofs are made by pymerkle; the check is written out, so that a reader can follow it on paper.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from pymerkle import InmemoryTree

DEEPEST = 64
"""Steps of a proof; a longer one is refused unread."""


def _tree(leaves: Iterable[str]) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append_entry(bytes.fromhex(leaf))
    return tree


def root_of(leaves: Sequence[str]) -> str:
    """Return the root of the tree over *leaves*, as hex."""
    return bytes(_tree(leaves).get_root()).hex()


def paths_of(leaves: Sequence[str], places: Iterable[int]) -> dict[int, list[str]]:
    """Return for each place, counted from 0, the hashes that lead from its leaf to the root, the lowest first."""
    tree = _tree(leaves)
    # pymerkle counts from 1 and begins a path with the leaf itself.
    return {place: [bytes(step).hex() for step in tree.prove_inclusion(place + 1).path[1:]] for place in places}


def root_from(leaf: str, place: int, size: int, path: Sequence[str]) -> str | None:
    """Return the root to which *path* leads from the leaf at *place* of *size*; None for a path of another shape."""
    if not 0 <= place < size or len(path) > DEEPEST:
        return None
    node, last, found = place, size - 1, _hash(b"\x00", bytes.fromhex(leaf))
    for step in map(bytes.fromhex, path):
        if last == 0:
            return None
        if node % 2 or node == last:
            found = _hash(b"\x01", step, found)
            while node and not node % 2:
                node, last = node // 2, last // 2
        else:
            found = _hash(b"\x01", found, step)
        node, last = node // 2, last // 2
    return found.hex() if last == 0 else None


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
