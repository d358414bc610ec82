"""Merkle trees of RFC 6962 section 2.1 with SHA-256: roots, proofs, and their checks.

Hashes are 32 bytes. Every root and proof is computed through a :data:`Node` lookup of complete subtrees, so the same
code serves a list of leaf hashes (below) and a log stored as tiles (:mod:`notary.tiles`). The checks never see a tree:
they take a proof and raise Malformed when it proves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from notary.errors import Malformed

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
# 2^63 - 1 leaves give paths of at most 63 hashes, the limit of tlog-witness.
MAX_PROOF = 63

Node = Callable[[int, int], bytes]
"""``node(height, position)``: the hash of the complete subtree over the 2^height leaves from position * 2^height on."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf's data. The 0x00 before it keeps a leaf from passing for an inner node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """MTH of the leaves with these hashes; of none, the hash of the empty string."""
    return root_from(nodes_of(leaf_hashes), len(leaf_hashes))


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, leaves), from the leaf's sibling upwards. Raises Malformed (index_beyond_size)."""
    return inclusion_from(nodes_of(leaf_hashes), index, len(leaf_hashes))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """PROOF(old_size, leaves); empty for old_size 0 and for the whole. Raises Malformed (sizes_out_of_order)."""
    return consistency_from(nodes_of(leaf_hashes), old_size, len(leaf_hashes))


def nodes_of(leaf_hashes: Sequence[bytes]) -> Node:
    """Lookup of complete subtrees in a list of leaf hashes."""

    def node(height: int, position: int) -> bytes:
        return complete_root(leaf_hashes[position << height : (position + 1) << height])

    return node


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of sibling hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def root_from(node: Node, size: int) -> bytes:
    """The root of the tree over the first `size` leaves."""
    return _range_hash(node, 0, size) if size else EMPTY_ROOT


def inclusion_from(node: Node, index: int, size: int) -> list[bytes]:
    """The inclusion proof of leaf `index` in the tree of `size` leaves (section 2.1.1)."""
    _check_index(index, size)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, start, middle))
            start = middle
    return path[::-1]


def consistency_from(node: Node, old_size: int, size: int) -> list[bytes]:
    """The consistency proof from the tree of `old_size` leaves to that of `size` leaves (section 2.1.2)."""
    if not 0 <= old_size <= size:
        raise _sizes_out_of_order()
    if old_size == 0:
        return []
    start, end, path = 0, size, []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, start, middle))
            start = middle
    # Where the walk never went right, the last subtree is the old tree itself, whose root the verifier has.
    if start:
        path.append(_range_hash(node, start, end))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Check that the leaf with the hash `leaf` is number `index` in the tree of `size` leaves with that root.

    Raises Malformed: index_beyond_size, hash_length_wrong, proof_length_wrong, root_wrong.
    """
    _check_index(index, size)
    _check_hashes([leaf, *proof])
    # The proof first climbs while the leaf's subtree has right neighbours inside the tree, then only takes left ones.
    inner = (index ^ (size - 1)).bit_length()
    _check_length(proof, inner + (index >> inner).bit_count())
    subtree = leaf
    for height, hash_ in enumerate(proof[:inner]):
        subtree = node_hash(hash_, subtree) if index >> height & 1 else node_hash(subtree, hash_)
    for hash_ in proof[inner:]:
        subtree = node_hash(hash_, subtree)
    _check_root(subtree, expected_root)


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Check that the tree of `size2` leaves with `root2` begins with the `size1` leaves of `root1`.

    From the empty tree nothing can be shown, since every tree begins with it: callers treat size 0 themselves.
    Raises Malformed: sizes_out_of_order, hash_length_wrong, proof_length_wrong, root_wrong.
    """
    if not 0 <= size1 <= size2 or (size1 == 0 and size2 > 0):
        raise _sizes_out_of_order()
    if size1 == size2:
        _check_length(proof, 0)
        _check_root(root1, root2)
        if size1 == 0:
            _check_root(root1, EMPTY_ROOT)
        return
    _check_hashes([root1, *proof])
    old, new = _roots_from_consistency(size1, size2, proof, root1)
    _check_root(old, root1)
    _check_root(new, root2)


def _roots_from_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes) -> tuple[bytes, bytes]:
    """The roots of both trees as the proof's hashes give them.

    The walk starts at the largest complete subtree that ends the old tree. Its hash is the proof's first, but for an
    old tree that is complete itself (a power of two): then it is the old root and not sent.
    """
    height = (size1 & -size1).bit_length() - 1
    path = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    last, end = (size1 - 1) >> height, (size2 - 1) >> height
    inner = (last ^ end).bit_length()
    _check_length(path, 1 + inner + (last >> inner).bit_count())
    old = new = path[0]
    for step, hash_ in enumerate(path[1 : 1 + inner]):
        if last >> step & 1:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
        else:
            new = node_hash(new, hash_)
    for hash_ in path[1 + inner :]:
        old, new = node_hash(hash_, old), node_hash(hash_, new)
    return old, new


def _split(count: int) -> int:
    """The largest power of two smaller than `count`: where RFC 6962 splits a tree."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(node: Node, start: int, end: int) -> bytes:
    """MTH of the leaves from start up to end, a range at which RFC 6962 splits a tree."""
    count = end - start
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return node(height, start >> height)
    middle = start + _split(count)
    return node_hash(_range_hash(node, start, middle), _range_hash(node, middle, end))


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise Malformed(
            "index_beyond_size", "叶序号不在树内。", "The leaf's index is not within the tree.", field="index"
        )


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise Malformed("hash_length_wrong", "哈希应为 32 字节。", "A hash must have 32 bytes.", field="proof")


def _check_length(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise Malformed(
            "proof_length_wrong", "证明的哈希个数不对。", "The proof has the wrong number of hashes.", field="proof"
        )


def _check_root(found: bytes, expected: bytes) -> None:
    if found != expected:
        raise Malformed("root_wrong", "证明得不出该树根。", "The proof does not lead to the root.", field="root")


def _sizes_out_of_order() -> Malformed:
    return Malformed(
        "sizes_out_of_order", "树的大小次序不对。", "The sizes of the trees are not in order.", field="old_size"
    )
