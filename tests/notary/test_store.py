from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary.errors import Conflict, Malformed, Refusal, Unknown
from notary.store import FileStore, Store, Stored


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "objects")


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_what_is_put_is_read(store: FileStore, tmp_path: Path) -> None:
    protocol: Store = store
    digest = hashlib.sha256(b"sealed").hexdigest()
    assert protocol.put("bids/1/envelope", [b"sea", b"", b"led"], sha256=digest) == Stored(6, digest)
    assert (protocol.read("bids/1/envelope"), protocol.size("bids/1/envelope")) == (b"sealed", 6)
    with protocol.open("bids/1/envelope") as stream:
        assert (stream.read(3), stream.read()) == (b"sea", b"led")
    assert files(tmp_path / "objects") == {"bids/1/envelope"}


def test_the_same_again_is_fine_and_other_bytes_are_not(store: FileStore) -> None:
    assert store.put("a", [b"one"]) == store.put("a", [b"o", b"ne"])
    with pytest.raises(Conflict, match="object_differs"):
        store.put("a", [b"two"])
    assert store.read("a") == b"one"


def test_bytes_of_another_digest_are_not_stored(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="digest_wrong"):
        store.put("a", [b"one"], sha256=hashlib.sha256(b"two").hexdigest())
    assert files(tmp_path) == set()


def test_an_upload_that_breaks_off_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"one"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put("a", chunks())
    assert files(tmp_path) == set()


def test_replace_takes_the_place_of_what_was(store: FileStore) -> None:
    store.replace("checkpoint", b"one")
    with store.open("checkpoint") as before:
        store.replace("checkpoint", b"two")
        assert (before.read(), store.read("checkpoint")) == (b"one", b"two")


def test_what_is_not_there(store: FileStore) -> None:
    store.put("a/b", [b""])
    for key in ("b", "a", "a/b/c"):
        for ask in (store.read, store.open, store.size):
            with pytest.raises(Unknown, match="no_such_object"):
                ask(key)


def test_delete_may_run_twice(store: FileStore) -> None:
    store.put("a/b", [b"one"])
    for _ in range(2):
        store.delete("a/b")
    store.delete("never/there")
    assert list(store.keys()) == []


def test_deleting_a_folder_is_refused(store: FileStore) -> None:
    store.put("a/b", [b"one"])
    with pytest.raises(Conflict, match="keys_overlap"):
        store.delete("a")
    store.delete("a/b/c")
    assert store.read("a/b") == b"one"


def test_keys_of_a_prefix(store: FileStore) -> None:
    for key in ("tile/0/001", "tile/0/000.p/5", "tile/entries/000", "tile-other"):
        store.put(key, [b""])
    assert list(store.keys("tile/0/")) == ["tile/0/000.p/5", "tile/0/001"]
    assert list(store.keys("tile")) == ["tile-other", "tile/0/000.p/5", "tile/0/001", "tile/entries/000"]
    for prefix in ("x", "x/", "/", "tmp", "tile/0/001/", "tile/0/2"):
        assert list(store.keys(prefix)) == []
    for prefix in ("../", "/a/", "tmp/", "tile//"):
        with pytest.raises(Malformed, match="key_malformed"):
            list(store.keys(prefix))


def test_no_key_lies_within_an_object(store: FileStore) -> None:
    store.put("a/b", [b"one"])
    for key in ("a", "a/b/c", "a/b/c/d"):
        with pytest.raises(Conflict, match="keys_overlap"):
            store.put(key, [b"two"])
        with pytest.raises(Conflict, match="keys_overlap"):
            store.replace(key, b"two")
    assert list(store.keys()) == ["a/b"]


KEYS_THAT_ARE_NONE = {
    "empty": "",
    "absolute": "/a",
    "parent": "../a",
    "parent-inside": "a/../b",
    "dot": ".",
    "hidden": "a/.b",
    "empty-element": "a//b",
    "trailing-slash": "a/",
    "nul": "a\x00b",
    "newline": "a\n",
    "backslash": "a\\b",
    "space": "a b",
    "not-ascii": "标书",
    "temporary": "tmp/a",
    "temporary-folder": "tmp",
    "long-element": "a" * 201,
    "long": "/".join(["a"] * 300),
}


@pytest.mark.parametrize("key", KEYS_THAT_ARE_NONE.values(), ids=KEYS_THAT_ARE_NONE.keys())
def test_keys_that_are_none(store: FileStore, key: str) -> None:
    with pytest.raises(Malformed, match="key_malformed"):
        store.put(key, [b"one"])
    for ask in (store.read, store.open, store.size, store.delete):
        with pytest.raises(Malformed, match="key_malformed"):
            ask(key)
    with pytest.raises(Malformed, match="key_malformed"):
        store.replace(key, b"one")


@given(key=st.text(alphabet="ab./-_\\\x00标", max_size=12))
def test_wild_keys_stay_inside(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    folder = tmp_path_factory.mktemp("wild")
    store = FileStore(folder / "objects")
    try:
        store.put(key, [b"one"])
    except Refusal:
        assert files(folder) == set()
    else:
        assert files(folder) == {f"objects/{key}"}
        assert list(store.keys()) == [key]


def test_unfinished_files_are_cleaned(store: FileStore, tmp_path: Path) -> None:
    (tmp_path / "objects" / "tmp" / "left").write_bytes(b"half")
    store.put("a", [b"one"])
    assert list(store.keys()) == ["a"]
    assert (store.clean_temporary(), store.clean_temporary()) == (1, 0)
    assert files(tmp_path / "objects") == {"a"}


@pytest.mark.race
def test_of_many_who_put_other_bytes_one_succeeds(store: FileStore) -> None:
    barrier, stored, refused = threading.Barrier(8), list[bytes](), list[bytes]()

    def put(data: bytes) -> None:
        barrier.wait()
        try:
            store.put("deep/in/a", [data])
            stored.append(data)
        except Conflict:
            refused.append(data)

    threads = [threading.Thread(target=put, args=(bytes([i]),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(stored), len(refused)) == (1, 7)
    assert store.read("deep/in/a") == stored[0]
