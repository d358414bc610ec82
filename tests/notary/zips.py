"""ZIP files that say more than their members: bytes where a reader that goes by names does not look."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

_HIDDEN = b"hidden bytes "


def odd(members: Mapping[str, bytes], where: str = "") -> bytes:
    """These members, deflated. where: the odd place in the second of them, or "" for a plain file.

    "between": bytes behind its data; "behind_stream": behind its stream, counted as packed; "comment" and "extra" as
    the format knows them; "local_extra": in the local header only; "other_size": told in the local header only.
    """
    local, central = b"", b""
    for number, (name, data) in enumerate(members.items()):
        here = where if number == 1 else ""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(data) + packer.flush() + (_HIDDEN if here == "behind_stream" else b"")
        extra = struct.pack("<2H", 0x4242, len(_HIDDEN)) + _HIDDEN
        inside, outside = extra if here == "local_extra" else b"", extra if here == "extra" else b""
        comment = _HIDDEN if here == "comment" else b""
        sizes = zlib.crc32(data), len(packed), len(data)
        told = (*sizes[:2], len(data) + (here == "other_size"))
        offset = len(local)
        local += b"PK\3\4" + struct.pack("<5H3L2H", 20, 0, 8, 0, 0x21, *told, len(name), len(inside))
        local += name.encode() + inside + packed + (_HIDDEN if here == "between" else b"")
        central += b"PK\1\2" + struct.pack("<6H3L", 20, 20, 0, 8, 0, 0x21, *sizes)
        central += struct.pack("<5H2L", len(name), len(outside), len(comment), 0, 0, 0, offset)
        central += name.encode() + outside + comment
    count = len(members)
    return local + central + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, count, count, len(central), len(local), 0)


PLACES = ("between", "behind_stream", "comment", "extra", "local_extra", "other_size")
