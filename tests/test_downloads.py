"""What the set-up downloads: nothing of it is unpacked or run unless it has the pinned SHA-256."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import socket
import threading
from pathlib import Path

import aws_plugin
import pytest
from archives import archive, program
from clone import HERE, Clone
from downloads import DownloadError, checksums, fetch, machine
from http_servers import serving_files
from pulumi_engine import Release

WRONG = "0" * 64
PLUGIN_VERSION = importlib.metadata.version("pulumi_aws")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone without a plugin."""
    return Clone(tmp_path / "clone")


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class TestFetch:
    def test_pinned_archive_is_kept(self, tmp_path: Path) -> None:
        """An archive with the pinned SHA-256 arrives byte for byte."""
        sha256 = archive(tmp_path / "release.tar.gz", {"pulumi/pulumi": "engine"})
        into = tmp_path / "into"
        into.mkdir()
        with serving_files(tmp_path) as url:
            file = fetch("step", f"{url}/release.tar.gz", {"release.tar.gz": sha256}, into)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256

    def test_another_archive_is_refused_and_removed(self, tmp_path: Path) -> None:
        """An archive with another SHA-256 is no download: the sentence names both hashes, and nothing of it stays."""
        sha256 = archive(tmp_path / "release.tar.gz", {"pulumi/pulumi": "engine"})
        into = tmp_path / "into"
        into.mkdir()
        with (
            serving_files(tmp_path) as url,
            pytest.raises(DownloadError, match=f"REFUSED.*{sha256}.*{WRONG}.*nothing of it"),
        ):
            fetch("step", f"{url}/release.tar.gz", {"release.tar.gz": WRONG}, into)
        assert files_below(into) == []

    @pytest.mark.parametrize("name", ["absent.tar.gz", "page.html"])
    def test_no_archive_is_out_of_reach(self, tmp_path: Path, name: str) -> None:
        """A missing file and a page in its place count as out of reach: a proxy that answers for Pulumi is no attack."""
        (tmp_path / "page.html").write_text("<html>", encoding="utf-8")
        into = tmp_path / "into"
        into.mkdir()
        with serving_files(tmp_path) as url, pytest.raises(DownloadError):
            fetch("step", f"{url}/{name}", {name: WRONG}, into)
        assert files_below(into) == []

    def test_download_that_breaks_off_is_out_of_reach(self, tmp_path: Path) -> None:
        """Half an archive is not taken for another archive."""
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\x1f\x8bhalf")

            thread = threading.Thread(target=answer)
            thread.start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/release.tar.gz"
            with pytest.raises(DownloadError, match="out of reach"):
                fetch("step", url, {"release.tar.gz": WRONG}, tmp_path)
            thread.join()
        assert files_below(tmp_path) == []


class TestPins:
    def test_every_pin_is_a_sha256_of_an_archive(self) -> None:
        """The file that `sha256sum` could read holds whole digests, each of another archive."""
        pins = checksums()
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pins.values())
        assert len(set(pins.values())) == len(pins)

    @pytest.mark.parametrize("system", ["linux-x64", "linux-arm64", "darwin-arm64"])
    def test_engine_and_plugin_are_pinned_for_the_same_machines(self, system: str) -> None:
        """The engine's release and the plugin of the pinned pulumi_aws have a digest each."""
        requirements = (HERE.scripts / "requirements.txt").read_text("utf-8")
        (plugin,) = re.findall(r"(?m)^pulumi_aws==(\S+)$", requirements)
        engine = ".".join(map(str, Release().version))
        assert f"pulumi-v{engine}-{system}.tar.gz" in checksums()
        assert f"pulumi-resource-aws-v{plugin}-{system.replace('x64', 'amd64')}.tar.gz" in checksums()


class TestPlugin:
    def test_another_plugin_is_refused_and_the_stand_in_takes_its_place(
        self, clone: Clone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing of an archive with another SHA-256 is installed or run; the set-up says so and goes on."""
        program(clone.python, "#!/bin/sh\n")
        name, ran = aws_plugin.archive(PLUGIN_VERSION), tmp_path / "ran"
        archive(tmp_path / name, {"pulumi-resource-aws": f"#!/bin/sh\ntouch '{ran}'\n"})
        with serving_files(tmp_path) as url:
            aws_plugin.ensure(clone, {name: WRONG}, downloads=url)
        assert not ran.exists()
        assert aws_plugin.is_stand_in(aws_plugin.program(clone, PLUGIN_VERSION))
        assert "REFUSED" in capsys.readouterr().out

    def test_pinned_plugin_is_installed(self, clone: Clone, tmp_path: Path) -> None:
        """An archive with the pinned SHA-256 becomes the plugin in the clone's Pulumi home, and is there the next time."""
        name = aws_plugin.archive(PLUGIN_VERSION)
        sha256 = archive(tmp_path / name, {"pulumi-resource-aws": "\x7fELF\n"})
        with serving_files(tmp_path) as url:
            aws_plugin.ensure(clone, {name: sha256}, downloads=url)
        installed = aws_plugin.program(clone, PLUGIN_VERSION)
        assert installed.read_text("utf-8") == "\x7fELF\n"
        aws_plugin.ensure(clone, {}, downloads="http://127.0.0.1:1")

    @pytest.mark.parametrize("pinned", [{}, {aws_plugin.archive(PLUGIN_VERSION): WRONG}])
    def test_stand_in_takes_its_place(
        self, clone: Clone, pinned: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where no SHA-256 is pinned, or nothing answers, the stand-in is installed, and the reason is printed."""
        program(clone.python, "#!/bin/sh\n")
        aws_plugin.ensure(clone, pinned, downloads="http://127.0.0.1:1")
        assert aws_plugin.is_stand_in(aws_plugin.program(clone, PLUGIN_VERSION))
        printed = capsys.readouterr().out
        assert ("no SHA-256 is pinned for" in printed) is (pinned == {})
        assert "STAND-IN" in printed

    def test_archive_is_named_for_this_machine(self) -> None:
        """The name has Go's word for the processor, which is another than the engine's."""
        system, processor = machine()
        assert aws_plugin.archive("7.48.0").startswith(f"pulumi-resource-aws-v7.48.0-{system}-")
        assert aws_plugin.archive("7.48.0").endswith({"x64": "amd64"}.get(processor, processor) + ".tar.gz")
