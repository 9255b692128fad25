"""Reading, writing and caching of files.

Compressed input is recognised by its first bytes, never by its name. Everything is written to a temporary name in
the same folder and renamed when complete, so that a kill at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import bz2
import errno
import hashlib
import io
import lzma
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final, Literal, overload

from edasat.core.errors import InputError, Message, locate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: First bytes -> name of the compression.
_MAGIC: Final = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
}
_DEFAULT_CACHE_BYTES = 2 << 30
_HASH_BLOCK = 1 << 20
_READ_AT_ONCE = 1 << 18  # so that the data before a failure are known to within this much
_FOREIGN_ERRORS = {"isal", "igzip_lib", "zstandard", "zstd"}  # modules whose own errors mean damaged data
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # what may go wrong once writing has begun
#: Marks the cache folder as one (https://bford.info/cachedir/); only such a one is cleared.
_CACHE_TAG: Final = ("CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by edasat.\n")
_LINE_CONTEXT = 1 << 13  # bytes read past an error's offset, to show the whole line

_MISSING = Message("file-missing", "no such file", "check the path; use - for standard input")
_FOLDER = Message("file-is-folder", "this is a folder, a file is needed")
_UNREADABLE = Message("file-unreadable", "cannot be read: {reason}")
_UNWRITABLE = Message("file-unwritable", "cannot be written: {reason}")
_OUTPUT_FOLDER = Message("file-unwritable", "cannot be written: this is a folder", "name a file in it")
_NO_STDIN = Message("file-no-stdin", "standard input is closed", "give a file, or pipe one in")
_NOT_A_CACHE = Message(
    "cache-foreign",
    "this folder does not look like a cache of edasat and will not be removed",
    "set EDASAT_CACHE to a folder of its own",
)
_TRUNCATED = Message(
    "file-truncated", "the {kind} data end too early: the file is truncated", "fetch or write the file again"
)
_DAMAGED = Message("file-damaged", "the {kind} data are damaged: {reason}", "fetch or write the file again")


def printable(path: str | Path) -> str:
    r"""Return a path as text that every table, report and terminal can hold: bytes that are no UTF-8 as ``\\xff``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


class Source:
    """A file to read: a path, ``-`` for standard input, or bytes already in memory.

    ``name`` stands in messages. A source can be opened again (to turn a byte offset into a line after a failure);
    standard input is therefore kept in memory.
    """

    def __init__(self, what: str | Path | bytes, name: str = "") -> None:
        self._data: bytes | None = None
        self.path: Path | None = None
        if isinstance(what, bytes | bytearray | memoryview):
            self._data = bytes(what)
            self.name = name or "<bytes>"
        elif str(what) == "-":
            if sys.stdin is None:
                raise InputError.of(_NO_STDIN, name or "<stdin>")
            self._data = sys.stdin.buffer.read()
            self.name = name or "<stdin>"
        else:
            self.path = Path(what)
            self.name = name or printable(what)

    def open_raw(self) -> BinaryIO:
        """Open the stored bytes, still compressed.

        Raises:
            InputError: if the file is missing, a folder or unreadable.
        """
        if self.path is None:
            return io.BytesIO(self._data or b"")
        try:
            return self.path.open("rb", buffering=0)
        except FileNotFoundError:
            raise InputError.of(_MISSING, self.name) from None
        except IsADirectoryError:
            raise InputError.of(_FOLDER, self.name) from None
        except OSError as error:
            raise InputError.of(_UNREADABLE, self.name, reason=error.strerror or error) from None

    @property
    def stored_size(self) -> int:
        """Bytes as stored (still compressed); 0 when unknown."""
        if self.path is None:
            return len(self._data or b"")
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def locate(self, offset: int) -> tuple[int, int, str]:
        """Turn an offset into the decompressed content into (line, column, text of the line).

        Reads the content again from its start: meant for the moment when something has failed.
        """
        line, seen, tail = 1, 0, b""
        buffer = bytearray(_HASH_BLOCK)
        view = memoryview(buffer)
        with self.open() as stream:
            while True:
                try:
                    count = stream.readinto(view)
                except InputError:  # truncated: what was readable is all there is
                    count = 0
                block = tail + bytes(view[:count])
                if not count or seen + count > offset + _LINE_CONTEXT:
                    break
                seen += count
                cut = block.rfind(b"\n", 0, max(0, len(block) - (seen - min(offset, seen)))) + 1
                line += block.count(b"\n", 0, cut)
                tail = block[cut:]
        inside, column, text = locate(block, offset - (seen - len(tail)))
        return line + inside - 1, column, text

    def fail(self, row: Message, offset: int, **values: object) -> InputError:
        """Build the error of a message table row at an offset into the decompressed content."""
        line, column, text = self.locate(offset)
        return InputError(
            row.template.format(**values),
            path=self.name,
            line=line,
            column=column,
            code=row.code,
            hint=row.hint.format(**values),
            source_line=text,
        )

    def open(self) -> Decompressed:
        """Open the content, decompressed on the fly."""
        raw = self.open_raw()
        try:
            head = raw.read(6)
            raw.seek(0)
        except IsADirectoryError:
            raw.close()
            raise InputError.of(_FOLDER, self.name) from None
        except OSError:  # a pipe cannot be rewound: take all of it
            self._data, self.path = head + raw.read(), None
            raw.close()
            return self.open()
        kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")
        return Decompressed(self.name, raw, kind)


class Decompressed:
    """A readable stream whose failures are :class:`InputError`.

    Attributes:
        kind: name of the compression, "" for a plain file.
    """

    def __init__(self, name: str, raw: BinaryIO, kind: str) -> None:
        self.name = name
        self.kind = kind
        self._raw = raw
        self._stream: io.RawIOBase | IO[bytes] = _decompressor(raw, kind)
        self._failure: InputError | None = None

    def readinto(self, buffer: memoryview) -> int:
        """Fill ``buffer`` as far as data are left and return the number of bytes; 0 at the end."""
        done = 0
        while done < len(buffer) and self._failure is None:
            try:
                got = self._stream.readinto(buffer[done : done + _READ_AT_ONCE])  # type: ignore[union-attr]
            except Exception as error:
                self._failure = self._explain(error)
                break
            if not got:
                break
            done += got
        if self._failure is not None and not done:  # what was good before the failure is handed out first
            raise self._failure
        return done

    def _explain(self, error: Exception) -> InputError:
        """Turn what a decompressor raised into our own error."""
        if isinstance(error, EOFError):
            return InputError.of(_TRUNCATED, self.name, kind=self.kind)
        if isinstance(error, OSError) and error.errno is not None:
            return InputError.of(_UNREADABLE, self.name, reason=error.strerror)
        known = isinstance(error, lzma.LZMAError | zlib.error | OSError | ValueError)
        if not known and type(error).__module__.partition(".")[0] not in _FOREIGN_ERRORS:
            raise error
        return InputError.of(_DAMAGED, self.name, kind=self.kind, reason=error)

    def read(self) -> bytes:
        """Return everything that is left."""
        blocks = []
        buffer = bytearray(_HASH_BLOCK)
        view = memoryview(buffer)
        while count := self.readinto(view):
            blocks.append(bytes(view[:count]))
        return b"".join(blocks)

    def close(self) -> None:
        """Close the stream and the file under it."""
        self._stream.close()
        self._raw.close()

    def __enter__(self) -> Decompressed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _decompressor(raw: BinaryIO, kind: str) -> io.RawIOBase | IO[bytes]:
    if kind == "gzip":
        from isal import igzip

        return igzip.GzipFile(fileobj=raw, mode="rb")
    if kind == "xz":
        return lzma.LZMAFile(raw, "rb")
    if kind == "bzip2":
        return bz2.BZ2File(raw, "rb")
    if kind == "zstd":
        return _ZstdStream(raw)
    return raw


class _ZstdStream(io.RawIOBase):
    """zstandard's reader, which by itself takes a truncated frame for the end of the file."""

    def __init__(self, raw: BinaryIO) -> None:
        import zstandard

        self._raw = raw
        self._new = zstandard.ZstdDecompressor().decompressobj
        self._frame = self._new()
        self._pending = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._pending:
            block = self._raw.read(1 << 17)
            if not block:
                if not self._frame.eof:
                    raise EOFError
                return 0
            while block:
                if self._frame.eof:
                    self._frame = self._new()
                self._pending += self._frame.decompress(block)
                block = self._frame.unused_data if self._frame.eof else b""
        count = min(len(buffer), len(self._pending))
        buffer[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        return count


def read_bytes(what: str | Path | bytes) -> bytes:
    """Return the decompressed content of a file, of standard input (``-``) or of bytes.

    Raises:
        InputError: if the file is missing, unreadable, truncated or damaged.
    """
    with Source(what).open() as stream:
        return stream.read()


def read_padded(source: Source, padding: int) -> tuple[npt.NDArray[np.uint8], int]:
    """Return the decompressed content as a uint8 array with ``padding`` zero bytes behind it, and its length.

    Compiled scanners load whole words; the padding keeps the last one inside the array.

    Raises:
        InputError: if the file is missing, unreadable, truncated or damaged.
    """
    import numpy as np

    with source.open() as stream:
        size = source.stored_size if not stream.kind else 4 * source.stored_size
        buffer = np.empty(max(size, _HASH_BLOCK) + padding + 1, np.uint8)
        used = 0
        while count := stream.readinto(memoryview(buffer)[used : len(buffer) - padding]):  # type: ignore[arg-type]
            used += count
            if used == len(buffer) - padding:
                grown = np.empty(2 * len(buffer), np.uint8)
                grown[:used] = buffer[:used]
                buffer = grown
    buffer[used : used + padding] = 0
    return buffer[: used + padding], used


@overload
def atomic_write(path: str | Path, mode: Literal["wb"] = "wb") -> AbstractContextManager[IO[bytes]]: ...
@overload
def atomic_write(path: str | Path, mode: Literal["w"]) -> AbstractContextManager[IO[str]]: ...
def atomic_write(path: str | Path, mode: str = "wb") -> AbstractContextManager[IO[Any]]:
    """Give a temporary file that takes the name ``path`` when the block ends without an error.

    Folders on the way are made; a link is followed; a device or pipe, which cannot be replaced, is written directly.
    ``mode`` is "wb", or "w" for UTF-8 text.

    Raises:
        InputError: if the place cannot be written or is full.

    >>> with atomic_write("/tmp/edasat-doc-example.txt") as file:
    ...     _ = file.write(b"complete or not there")
    """
    return _atomic_file(Path(path), mode)


@contextmanager
def _atomic_file(path: Path, mode: str) -> Iterator[IO[Any]]:
    encoding = None if "b" in mode else "utf-8"
    target = check_writable(path)
    try:
        if target.exists() and not target.is_file():
            with target.open(mode, encoding=encoding) as file:
                yield file
            return
        try:
            handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        except OSError as error:  # the name is too long
            raise InputError.of(_UNWRITABLE, printable(path), reason=error.strerror) from None
        try:
            with os.fdopen(handle, mode, encoding=encoding) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise InputError.of(_UNWRITABLE, printable(path), reason=error.strerror) from None
        raise


def check_writable(path: str | Path) -> Path:
    """Return where an output file will really lie, links followed; commands ask before hours of work, not after.

    Folders on the way are made.

    Raises:
        InputError: if the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise InputError.of(_OUTPUT_FOLDER, printable(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.is_file():
            tempfile.TemporaryFile(dir=target.parent).close()
    except OSError as error:
        raise InputError.of(_UNWRITABLE, printable(path), reason=error.strerror) from None
    return target


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Give a temporary folder that takes the name ``path`` when the block ends without an error.

    An older folder of that name is replaced as a whole.

    Raises:
        InputError: if the place cannot be written or is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    except OSError as error:
        raise InputError.of(_UNWRITABLE, printable(path), reason=error.strerror) from None
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
            path.rename(old / "old")
            temporary.rename(path)
            shutil.rmtree(old)
        else:
            temporary.rename(path)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise InputError.of(_UNWRITABLE, printable(path), reason=error.strerror) from None
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def compress(data: bytes, suffix: str) -> bytes:
    """Compress by the suffix of a file name; the result does not depend on the time of day."""
    if suffix == ".gz":
        import gzip

        return gzip.compress(data, 6, mtime=0)
    if suffix == ".xz":
        import lzma

        return lzma.compress(data, preset=6)
    if suffix == ".bz2":
        import bz2

        return bz2.compress(data)
    if suffix in {".zst", ".zstd"}:
        import zstandard

        return zstandard.ZstdCompressor(10).compress(data)
    return data


def content_hash(what: str | Path | bytes) -> str:
    """Return 32 hex digits of the stored bytes (BLAKE2b, 128 bits)."""
    digest = hashlib.blake2b(digest_size=16)
    with Source(what).open_raw() as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def cache_dir() -> Path:
    """Return the cache folder: ``EDASAT_CACHE``, or ``edasat`` under the platform's cache folder."""
    if own := os.environ.get("EDASAT_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edasat"


class Cache:
    """Files kept by content hash under the cache folder, the least recently used dropped first.

    Args:
        name: sub-folder, one per kind of content.
        max_bytes: size cap of the sub-folder; ``EDASAT_CACHE_MAX_MB`` overrides it.
    """

    def __init__(self, name: str, max_bytes: int = _DEFAULT_CACHE_BYTES) -> None:
        self.folder = cache_dir() / name
        setting = os.environ.get("EDASAT_CACHE_MAX_MB")
        try:
            self.max_bytes = int(setting) << 20 if setting else max_bytes
        except ValueError:
            raise InputError(f"EDASAT_CACHE_MAX_MB must be a whole number, got '{setting}'") from None

    def get(self, key: str) -> Path | None:
        """Return the file kept under ``key`` and mark it as used, or None."""
        path = self.folder / key
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    @contextmanager
    def put(self, key: str) -> Iterator[IO[bytes]]:
        """Give a file to write the content of ``key`` into; a cache that cannot be written is an error."""
        with atomic_write(self.folder / key) as file:
            yield file
        name, content = _CACHE_TAG
        if not (tag := self.folder.parent / name).exists():
            with atomic_write(tag) as file:
                file.write(content)
        self._trim()

    def _trim(self) -> None:
        entries = []
        for path in self.folder.iterdir():
            try:
                stat = path.stat()
            except FileNotFoundError:  # another process trims too
                continue
            entries.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries, key=lambda entry: entry[:2]):
            if total <= self.max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size


def clear_cache() -> int:
    """Remove the whole cache folder and return the number of bytes it held.

    Raises:
        InputError: if the folder holds something and is not marked as ours, or cannot be removed.
    """
    folder = cache_dir()
    if not folder.exists():
        return 0
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / _CACHE_TAG[0]).is_file()):
        raise InputError.of(_NOT_A_CACHE, printable(folder))
    held = cache_bytes()
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise InputError.of(_UNWRITABLE, printable(folder), reason=error.strerror) from None
    return held


def cache_bytes() -> int:
    """Return the number of bytes that the cache folder holds."""
    files = (path for path in cache_dir().rglob("*") if path.is_file() and path.name != _CACHE_TAG[0])
    return sum(path.stat().st_size for path in files)
