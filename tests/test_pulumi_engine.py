"""Finding, downloading and building the engine and the language hosts: the order, the cache, and what is refused."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import language_hosts
import pulumi_engine
import pytest
import versions
from archives import archive, engine, program
from http_servers import serving_files
from language_hosts import Host
from progress import StepError
from pulumi_engine import Pins, Release
from user_cache import cache_folder
from without_downloads.engine_build import Build

VERSION = (3, 999, 0)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A copy of the pins that the engine is built from."""
    ours = Build()
    return Build(
        engine=Path(shutil.copytree(ours.engine, tmp_path / "engine")),
        host=Path(shutil.copytree(ours.host, tmp_path / "language_host")),
    )


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A shell without an engine and with an empty cache."""
    return {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}


@contextmanager
def released(folder: Path, members: dict[str, str]) -> Iterator[Release]:
    """A release whose archive is served and pinned."""
    release = Release(version=VERSION)
    sha256 = archive(folder / release.archive, members)
    with serving_files(folder) as url:
        yield Release(VERSION, url, {release.archive: sha256})


class NoBuild(Build):
    """A build that is not to be started."""

    def make(self, environ: Mapping[str, str], folder: Path, cache: Path) -> None:
        raise AssertionError(f"built into {folder}, with {cache} and {sorted(environ)}")


class Interrupted(Build):
    """A build that ^C ends when it is half through."""

    def make(self, environ: Mapping[str, str], folder: Path, cache: Path) -> None:
        engine(folder, versions.formatted(self.version))
        raise KeyboardInterrupt


class Finished(Build):
    """A build that is done at once."""

    def make(self, environ: Mapping[str, str], folder: Path, cache: Path) -> None:
        engine(folder, versions.formatted(self.version))


class TestEngine:
    @pytest.mark.parametrize(
        "name", ["engine/go.mod", "engine/go.sum", "language_host/go.mod", "language_host/go.sum"]
    )
    def test_another_pin_is_another_engine(self, build: Build, tmp_path: Path, name: str) -> None:
        """A change of any file that pins the build changes the folder of the cache."""
        before = build.key
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("// changed\n")
        assert build.key != before

    def test_another_checksum_is_another_engine(self) -> None:
        """A release with another version or SHA-256 does not count as the one in the cache."""
        ours = Release()
        others = (replace(ours, version=VERSION), replace(ours, checksums={ours.archive: "0" * 64}))
        assert len({release.key for release in (ours, *others)}) == 3

    @pytest.mark.parametrize(
        ("text", "version"),
        [("v3.259.0", (3, 259, 0)), ("go1.26.8\n", (1, 26, 8)), ("1.25", (1, 25, 0)), ("", (0, 0, 0))],
    )
    def test_versions_are_read(self, text: str, version: tuple[int, int, int]) -> None:
        """Each program prints its version in another form."""
        assert versions.parsed(text) == version

    def test_engine_on_path_comes_first(self, tmp_path: Path) -> None:
        """An engine that will do is taken from PATH, whatever the cache holds."""
        engine(tmp_path / "bin", "v3.999.0")
        found = pulumi_engine.find({"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path)})
        assert found is not None
        assert (found.folder, found.version) == (tmp_path / "bin", (3, 999, 0))

    @pytest.mark.parametrize(
        ("version", "host", "reason"),
        [
            ("v3.20.0", True, "v3.20.0, older than"),
            ("", True, "without a version"),
            ("v3.999.0", False, "without its pulumi-language-python"),
        ],
    )
    def test_unfit_engine_is_passed_over(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str, host: bool, reason: str
    ) -> None:
        """An engine on PATH that is too old, nameless or cannot run Python is not used, and the reason is printed."""
        engine(tmp_path / "bin", version, host=host)
        environ = {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path)}
        assert pulumi_engine.find(environ, explain=True) is None
        assert reason in capsys.readouterr().out

    def test_cached_engine_is_found(self, build: Build, environ: dict[str, str]) -> None:
        """Without one on PATH the cached engine of these pins is used, the release first, and no other."""
        cache, pins = cache_folder(environ), Pins(Release(VERSION), build)
        engine(cache / "engine-other", "v3.999.0")
        assert pulumi_engine.find(environ, pins) is None
        for source in (build, pins.release):
            engine(cache / source.key, versions.formatted(source.version))
            found = pulumi_engine.find(environ, pins)
            assert found is not None
            assert (found.folder, found.version) == (cache / source.key, source.version)

    def test_release_is_unpacked(self, tmp_path: Path) -> None:
        """The programs of a release become programs of the folder, and nothing of it lands elsewhere."""
        into = tmp_path / "deep" / "into"
        into.mkdir(parents=True)
        members = {"pulumi/pulumi": "engine", "pulumi/pulumi-language-python": "host", "../outside": "no"}
        with released(tmp_path, members) as release:
            release.get(into)
        assert {path.name: path.read_text("utf-8") for path in into.iterdir()} == {
            "pulumi": "engine",
            "pulumi-language-python": "host",
        }
        assert all(path.stat().st_mode & stat.S_IXUSR for path in into.iterdir())

    def test_archive_without_an_engine_is_an_error(self, tmp_path: Path) -> None:
        """A pinned archive that holds no engine fails the step."""
        into = tmp_path / "into"
        into.mkdir()
        with (
            released(tmp_path, {"pulumi/README": "nothing"}) as release,
            pytest.raises(StepError, match="has no engine in it"),
        ):
            release.get(into)

    def test_download_becomes_the_cached_engine(self, tmp_path: Path, environ: dict[str, str]) -> None:
        """What Pulumi's downloads serve is used without a build, and is there the next time."""
        with released(tmp_path, {"pulumi/pulumi": "#!/bin/sh\necho v3.999.0\n"}) as release:
            pins = Pins(release, NoBuild())
            assert pulumi_engine.ensure(environ, pins).origin == "downloaded"
        assert pulumi_engine.ensure(environ, pins).origin == "from the cache"

    def test_another_release_is_refused_and_an_engine_is_built(
        self, tmp_path: Path, build: Build, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing of a download with another SHA-256 is kept or run; the set-up says so and builds the engine."""
        ran = tmp_path / "ran"
        with released(tmp_path, {"pulumi/pulumi": f"#!/bin/sh\ntouch '{ran}'\n"}) as release:
            wrong = replace(release, checksums={release.archive: "0" * 64})
            made = pulumi_engine.ensure(environ, Pins(wrong, Finished(build.engine, build.host)))
        assert made.origin == "built from Go modules"
        assert not ran.exists()
        assert {path.name for path in cache_folder(environ).iterdir()} == {"lock", build.key}
        assert "REFUSED" in capsys.readouterr().out

    def test_machine_without_a_pin_builds(self, environ: dict[str, str]) -> None:
        """Where no SHA-256 is pinned for this type of machine, nothing is downloaded, and the engine is built."""
        pins = Pins(Release(downloads="http://127.0.0.1:1", checksums={}), Finished())
        assert pulumi_engine.ensure(environ, pins).origin == "built from Go modules"

    def test_interrupted_build_leaves_nothing(self, build: Build, environ: dict[str, str]) -> None:
        """After an interrupted build the cache holds no engine, and the next try starts over."""
        cache, nothing = cache_folder(environ), Release(checksums={})
        with pytest.raises(KeyboardInterrupt):
            pulumi_engine.ensure(environ, Pins(nothing, Interrupted(build.engine, build.host)))
        assert [path.name for path in cache.iterdir()] == ["lock"]
        (cache / "unfinished-killed").mkdir()
        finished = Finished(build.engine, build.host)
        assert pulumi_engine.ensure(environ, Pins(nothing, finished)).origin == "built from Go modules"
        assert {path.name for path in cache.iterdir()} == {"lock", build.key}

    def test_engine_that_does_not_start_is_not_kept(self, tmp_path: Path, environ: dict[str, str]) -> None:
        """An engine that does not start on this machine fails the step and is not kept in the cache."""
        with released(tmp_path, {"pulumi/pulumi": "\x7fELF of another"}) as release:
            pins = Pins(release, NoBuild())
            with pytest.raises(StepError, match="does not start as pulumi v3"):
                pulumi_engine.ensure(environ, pins)
        assert pulumi_engine.find(environ, pins) is None

    def test_cache_that_cannot_be_written_is_a_sentence(self, tmp_path: Path) -> None:
        """A home that is read only, or no folder, fails the step with what to do."""
        (tmp_path / "file").touch()
        environ = {"PATH": "", "XDG_CACHE_HOME": str(tmp_path / "file")}
        with pytest.raises(StepError, match=r"file/proton-provider can't be written to: .*XDG_CACHE_HOME"):
            pulumi_engine.ensure(environ)

    def test_relative_cache_folder_is_ignored(self) -> None:
        """The cache is where the XDG base directories say, and a relative one does not count."""
        assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/proton-provider")
        assert cache_folder({"XDG_CACHE_HOME": "c"}) == Path.home() / ".cache" / "proton-provider"


class TestLanguageHosts:
    @pytest.fixture
    def host(self, tmp_path: Path) -> Host:
        """A host with pins of its own."""
        pins = tmp_path / "pins"
        shutil.copytree(language_hosts.BUILT_FROM / "yaml_host", pins)
        return Host("yaml", pins, "example.test")

    def test_host_of_a_release_comes_first(self, host: Host, tmp_path: Path) -> None:
        """A host beside the engine is taken, though the engine is only linked to on PATH; then one on PATH, then the cache's."""
        release, links, bin_folder = (tmp_path / name for name in ("release", "links", "bin"))
        environ = {"PATH": f"{links}:{bin_folder}", "XDG_CACHE_HOME": str(tmp_path)}
        assert language_hosts.find(environ, host) is None
        cached = program(tmp_path / "proton-provider" / host.key / host.program, "#!/bin/sh\n")
        assert language_hosts.find(environ, host) == cached.parent
        program(bin_folder / host.program, "#!/bin/sh\n")
        assert language_hosts.find(environ, host) == bin_folder
        engine(release, "v3.999.0")
        program(release / host.program, "#!/bin/sh\n")
        links.mkdir()
        for name in ("pulumi", "pulumi-language-python"):
            (links / name).symlink_to(release / name)
        assert language_hosts.find(environ, host) == release

    def test_host_is_taken_out_of_a_release(self, host: Host, tmp_path: Path) -> None:
        """What Pulumi's downloads serve is used without a build; the host alone is kept, and is there the next time."""
        environ = {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
        members = {"pulumi/pulumi": "engine", f"pulumi/{host.program}": "host"}
        with released(tmp_path, members) as release:
            folder = language_hosts.ensure(environ, host, release)
            assert [path.name for path in folder.iterdir()] == [host.program]
            assert language_hosts.ensure(environ, host, release) == folder

    def test_failed_build_leaves_nothing(self, host: Host, tmp_path: Path) -> None:
        """Where there is no release and the build fails, the step says why and the cache holds no host."""
        go = program(
            tmp_path / "bin" / "go",
            "#!/bin/sh\n[ $1 = env ] && echo go1.99.0 || { echo no module; exit 1; }\n",
        )
        environ = {"PATH": f"{go.parent}:/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
        with pytest.raises(StepError, match="building pulumi-language-yaml: no module"):
            language_hosts.ensure(environ, host, Release(checksums={}))
        assert language_hosts.find(environ, host) is None
