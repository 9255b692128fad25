from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import time
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError, locate
from edasat.core.files import (
    Cache,
    Source,
    atomic_folder,
    atomic_write,
    cache_dir,
    clear_cache,
    content_hash,
    printable,
    read_bytes,
    read_padded,
)

PACK = {
    "plain": bytes,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("size", [0, 1, 5, 3_000_000])
def test_content_is_found_whatever_the_name_says(tmp_path: Path, kind: str, size: int) -> None:
    data = os.urandom(size // 2) + b"abc" * (size // 6)
    path = tmp_path / "file.with.any.suffix"
    path.write_bytes(PACK[kind](data))
    assert read_bytes(path) == data
    assert read_bytes(path.read_bytes()) == data


@pytest.mark.parametrize("kind", ["gzip", "xz", "bzip2", "zstd"])
def test_several_members_in_one_file_are_read_to_the_end(kind: str) -> None:
    assert read_bytes(PACK[kind](b"first ") + PACK[kind](b"second")) == b"first second"


@pytest.mark.parametrize("kind", ["gzip", "xz", "bzip2", "zstd"])
def test_a_truncated_file_is_an_error_and_not_a_short_file(kind: str) -> None:
    packed = PACK[kind](os.urandom(100_000))
    for keep in (len(packed) - 1, len(packed) // 2, 12):
        with pytest.raises(InputError) as caught:
            read_bytes(packed[:keep])
        assert caught.value.code in {"file-truncated", "file-damaged"}


@pytest.mark.parametrize("kind", ["gzip", "xz", "bzip2", "zstd"])
def test_flipped_bytes_are_noticed(kind: str) -> None:
    packed = bytearray(PACK[kind](b"some text that compresses " * 400))
    packed[len(packed) // 2] ^= 0xFF
    try:
        assert read_bytes(bytes(packed)) != b"", "a checksum may be absent (zstd), a crash may not happen"
    except InputError as error:
        assert error.code in {"file-truncated", "file-damaged"}


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_bytes(tmp_path / "absent")
    with pytest.raises(InputError, match="folder"):
        read_bytes(tmp_path)


@given(st.lists(st.sampled_from([b"a", b"\n", b"xy", b"\r\n"]), max_size=60).map(b"".join), st.integers(0, 80))
def test_source_locates_like_locate(data: bytes, offset: int) -> None:
    offset = min(offset, len(data))
    assert Source(data).locate(offset) == locate(data, offset)


def test_source_locates_deep_in_a_large_file() -> None:
    data = b"".join(b"line %d\n" % n for n in range(400_000))
    offset = data.index(b"line 345678") + 5
    assert Source(gzip.compress(data, 1)).locate(offset) == (345_679, 6, "line 345678")


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    with atomic_write(path) as file:
        file.write(b"old")
    with pytest.raises(RuntimeError), atomic_write(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert _names(path.parent) == ["file"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_link_is_followed_and_a_pipe_written_directly(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with atomic_write(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with atomic_write(tmp_path / "pipe") as file:
        file.write(b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo(), "a device or pipe must never be replaced by a file"
    assert sorted(_names(tmp_path)) == ["link", "pipe", "real"]


@pytest.mark.parametrize("place", ["file/x", "folder", "n" * 250])
def test_a_place_that_cannot_be_written_is_one_message(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"), atomic_write(tmp_path / place):
        pytest.fail("nothing must be made that cannot be stored")
    if place != "folder":
        with pytest.raises(InputError, match="cannot be written"), atomic_folder(tmp_path / place):
            pytest.fail("nothing must be made that cannot be stored")
    assert sorted(_names(tmp_path)) == ["file", "folder"]


def test_a_name_that_is_no_utf8_can_be_shown_and_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff.cnf")
    path.write_bytes(b"x")
    assert printable(path).endswith(r"bad\xff.cnf")
    assert Source(path).name.encode() == printable(path).encode()
    assert read_bytes(path) == b"x"


def test_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        read_bytes("-")


def test_an_interrupted_folder_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    with atomic_folder(path) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(path) as folder:
        (folder / "a").write_text("half")
        raise RuntimeError
    assert (path / "a").read_text() == "old"
    with atomic_folder(path) as folder:
        (folder / "b").write_text("new")
    assert _names(path) == ["b"]
    assert _names(tmp_path) == ["folder"]


def test_content_hash_depends_on_the_bytes_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    (tmp_path / "b").write_bytes(b"x" * 3_000_000)
    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b") != content_hash(b"x")
    assert len(content_hash(b"")) == 32


def test_the_cache_drops_what_was_not_used_for_longest() -> None:
    cache = Cache("toy", max_bytes=250)
    for age, key in enumerate(("old", "used", "new")):
        with cache.put(key) as file:
            file.write(b"x" * 100)
        os.utime(cache.folder / key, (time.time() - 1000 + age, time.time() - 1000 + age))
        if key == "used":
            assert cache.get("old") is not None
            assert cache.get("used") is not None
            os.utime(cache.folder / "old", (1, 1))
    assert cache.get("old") is None
    assert cache.get("used") is not None
    assert cache.get("new") is not None
    assert clear_cache() == 200
    assert not cache_dir().exists()


def test_clearing_refuses_what_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").touch()
    for place in (Path.home(), tmp_path, tmp_path / "mine"):
        monkeypatch.setenv("EDASAT_CACHE", str(place))
        with pytest.raises(InputError, match="will not be removed"):
            clear_cache()
    assert (tmp_path / "mine").exists()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])
@pytest.mark.parametrize("compressed", [False, True])
def test_read_padded_gives_the_content_with_zeros_behind(tmp_path: Path, size: int, compressed: bool) -> None:
    data = bytes(i % 251 for i in range(1000)) * (size // 1000 + 1)
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(data[:size], 1) if compressed else data[:size])
    buffer, used = read_padded(Source(path), 8)
    assert used == size
    assert buffer.tobytes() == data[:size] + bytes(8)
