"""Opening the documents section with the evaluation key: one pass, flat memory, all files or none.

docs/spec/envelope.md, Documents section and Opening.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag

from bidding import files as listing
from bidding import wraps
from bidding.envelope import BLOCK, MAX_LIST, Front, commitment, padme, plain_length
from bidding.files import File
from bidding.keysets import KeySet
from bidding.unseal import Opened
from notary.errors import Malformed

_PIECE = 1 << 20
_DECRYPTED_PIECE = _PIECE + (1 << 16)


def documents_key(front: Front, opened: Opened, key_set: KeySet, evaluation_key: bytes) -> bytes:
    """The documents key in the evaluation box, opened with the lot's private evaluation key (32 bytes).

    Raises Malformed: box_closed, box_differs (the bidder's fault: the box is not the one derived from its key).
    """
    context = front.header.base.context()
    key = wraps.open_box(opened.box, evaluation_key, context)
    if len(key) != wraps.KEY or wraps.derive_box(key, key_set.evaluation_key, context) != opened.box:
        zh, en = "评标密钥盒不是由文件密钥推导而来。", "The box is not the one derived from the documents key."
        raise _refuse("box_differs", zh, en)
    return key


def read_blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The blocks of a documents section from a buffered stream that stands at its beginning."""
    while block := stream.read(BLOCK):
        yield block


def open_documents(
    front: Front, key: bytes, digests: Sequence[str], blocks: Iterable[bytes], folder: Path
) -> tuple[File, ...]:
    """Write the files of a bid into `folder`, which is made only when every file is right.

    key: the documents key. digests: SHA-256 in hex of each block, from which the envelope's id was checked.
    blocks: the documents section in whole blocks. Raises OSError when the folder is there and not empty, and Malformed:
    documents_length, block_differs (the bytes handed in are not those sealed), documents_commitment,
    documents_closed, documents_layout, file_hash, and what files.parse_list refuses.
    """
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    unfinished.mkdir()
    try:
        plain = _Plain(_decrypted(front, key, _checked(front, digests, blocks)))
        found = _unpack(plain, plain_length(front.header.documents.length), unfinished)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished)
        raise
    return found


class _Plain:
    """The plaintext of the section, pulled in order."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def some(self, limit: int) -> memoryview:
        """At least one and at most `limit` bytes, valid until the next call; none at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest = piece
        taken, self._rest = self._rest[:limit], self._rest[limit:]
        return taken

    def exactly(self, size: int) -> bytes:
        """`size` bytes. Raises Malformed (documents_layout) when there are fewer."""
        held = bytearray()
        while len(held) < size:
            piece = self.some(size - len(held))
            if not piece:
                raise _layout()
            held += piece
        return bytes(held)


def _unpack(plain: _Plain, section: int | None, folder: Path) -> tuple[File, ...]:
    size = int.from_bytes(plain.exactly(4), "big")
    if size > MAX_LIST:
        raise _layout()
    listed = plain.exactly(size)
    found = listing.parse_list(listed)
    # Before anything is written: the sizes promised are those that the section has.
    if padme(listing.plain_length(found, listed)) != section:
        raise _layout()
    hashes = [_write(plain, file, folder / file.name) for file in found]
    for file, digest in zip(found, hashes, strict=True):
        if plain.exactly(len(digest)) != digest:
            zh, en = f"文件“{file.name}”与其摘要不符。", f"The file {file.name} has another hash than the bid says."
            raise _refuse("file_hash", zh, en, field=file.name)
    while padding := plain.some(_PIECE):
        if any(padding):
            raise _layout()
    return found


def _write(plain: _Plain, file: File, path: Path) -> bytes:
    digest = hashlib.sha256()
    left = file.size
    with path.open("xb") as sink:
        while left:
            piece = plain.some(left)
            if not piece:
                raise _layout()
            digest.update(piece)
            sink.write(piece)
            left -= len(piece)
    return digest.digest()


def _decrypted(front: Front, key: bytes, blocks: Iterator[bytes]) -> Iterator[memoryview]:
    decryptor = Cobblestone256Decryptor(key, front.header.base.context())
    plain = memoryview(bytearray(_DECRYPTED_PIECE))
    try:
        for block in blocks:
            view = memoryview(block)
            for at in range(0, len(view), _PIECE):
                yield plain[: decryptor.update_into(view[at : at + _PIECE], plain)]
        yield memoryview(decryptor.finalize())
    except InvalidTag as error:
        raise _refuse("documents_closed", "投标文件无法解密。", "The documents section does not decrypt.") from error


def _checked(front: Front, digests: Sequence[str], blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks, each only after its hash was checked: damage in storage is told from a bidder's fault."""
    section = front.header.documents
    left = section.length
    for number, block in enumerate(blocks, 1):
        if number > len(digests) or not block or len(block) != min(BLOCK, left):
            raise _length()
        left -= len(block)
        if hashlib.sha256(block).hexdigest() != digests[number - 1]:
            zh, en = f"第 {number} 部分与其摘要不符，请重新取得。", f"Part {number} has another hash: fetch it again."
            raise _refuse("block_differs", zh, en, field=f"blocks[{number}]")
        if number == 1 and commitment(block) != section.commitment:
            zh, en = "投标文件的密钥承诺与头部不符。", "The documents section's key commitment is not the header's."
            raise _refuse("documents_commitment", zh, en)
        yield block
    if left:
        raise _length()


def _length() -> Malformed:
    zh, en = "投标文件长度与信封头部不符。", "The documents section has not the length that the header says."
    return _refuse("documents_length", zh, en)


def _layout() -> Malformed:
    zh, en = "投标文件部分的内容不符合格式。", "The documents section's content is not of its form."
    return _refuse("documents_layout", zh, en)


def _refuse(reason: str, zh: str, en: str, field: str | None = None) -> Malformed:
    return Malformed(reason, zh, en, field=field)
