"""Publishing files together."""

from pathlib import Path

import pytest

from csfgeno.errors import UsageError
from csfgeno.io.outputs import check_writable, published_together, write_bytes


def test_files_appear_when_the_block_ends(tmp_path: Path) -> None:
    with published_together(tmp_path / "out") as staging:
        write_bytes(staging / "a", b"1")
        assert not (tmp_path / "out" / "a").exists()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


def write_all(directory: Path, *, then: BaseException | None = None) -> None:
    with published_together(directory) as staging:
        for name in ("a", "b", "c"):
            write_bytes(staging / name, b"new")
        if then:
            raise then


def test_an_exception_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, then=KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_brings_the_earlier_files_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")
    rename = Path.replace

    def fail_on_b(self: Path, target: Path) -> Path:
        if self.name == "b":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", fail_on_b)
    with pytest.raises(UsageError, match=r"cannot be written to '.*': No space left on device"):
        write_all(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_a_directory_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written to '.*results': File exists"):
        write_all(tmp_path / "results")


def test_a_folder_that_cannot_be_written_is_told_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_writable(tmp_path / "new" / "deeper")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written to '.*deeper': 'file' is a file; give another --out-dir"):
        check_writable(tmp_path / "file" / "deeper")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UsageError, match="permission denied"):
        check_writable(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
