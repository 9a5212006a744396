"""The documentation site builds without a warning, needs no network, and works in a real browser."""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import docs_pages
import pytest
import yaml
from engine.pages import by_hand
from http_servers import serving_files
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from proton_provider import errors

ROOT = Path(__file__).parents[1]
OF_THE_REGISTRY = {"_index.md", "installation-configuration.md"}
ALL_PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
PAGES = [page for page in ALL_PAGES if page not in OF_THE_REGISTRY]
GENERATED = {"search.html"}
NO_REMEDY = {"ProtonError", "StoppedError", "IdempotencyMismatchError", "UnusableConnectionError"}
"""The base; what only a cancelled run meets; what the provider goes on from by itself, or reports as incomplete."""

HOSTS = {
    "docs.aws.amazon.com",
    "repost.aws",
    "docs.getmoto.org",
    "docs.github.com",
    "semver.org",
    "www.pulumi.com",
}
"""Where links to elsewhere lead."""

LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""Attributes that have a browser fetch something for the page itself."""


class Html(HTMLParser):
    """What a page links to, what it loads, and which anchors it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if tag in LOADING and given.get(LOADING[tag]):
            self.loaded.add(given[LOADING[tag]])


@pytest.fixture(scope="module")
def site() -> Path:
    """The folder of the site, built by `make docs`: a warning fails."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    # One worker of the tests builds it: a second build would take it away from under the others.
    with (ROOT / ".local" / "docs.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() != run:
            done = subprocess.run(["make", "docs"], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            lock.truncate(0)
            lock.write(run)
    return ROOT / ".local" / "docs" / "html"


@pytest.fixture(scope="module")
def html(site: Path) -> dict[str, Html]:
    return {path.name: Html(path) for path in sorted(site.glob("*.html"))}


def test_every_page_is_in_the_site(html: dict[str, Html]) -> None:
    """Each page of `docs/` is built, and nothing else but the search."""
    assert PAGES
    assert set(html) - GENERATED == {page.replace(".md", ".html") for page in PAGES}


def test_links_and_anchors_inside_lead_somewhere(site: Path, html: dict[str, Html]) -> None:
    """A link to a page of the site names one that is there, and an anchor that it has."""
    broken = []
    for name, page in html.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = unquote(parts.path) or name
            if target in html:
                found = target in GENERATED or unquote(parts.fragment) in html[target].anchors
            else:
                found = (site / target).is_file()
            if not found:
                broken.append(f"{name}: {link}")
    assert broken == []


def test_the_site_needs_no_network(site: Path, html: dict[str, Html]) -> None:
    """No page loads a script, a font, a style or an image from elsewhere."""
    foreign = {link for page in html.values() for link in page.loaded if urlsplit(link).netloc}
    assert foreign == set()
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8")), style.name


def test_the_way_to_what_proton_left(site: Path) -> None:
    """It is the first group of every page's side bar, and the home page's box links to it."""
    home = (site / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'class="caption-text">([^<]*)<', home)[0] == "After Proton's end"
    box = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").partition("\n> ")[2].partition("\n\n")[0]
    assert "(take-a-stack-apart.md)" in box
    assert "(see-what-proton-left.md)" in box


def test_names_show_as_they_are(site: Path) -> None:
    """No page has an invisible character, which a search or a copied name would have too, or a private type, and no backslash is lost."""
    pages = {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}
    assert [name for name, page in pages.items() if "\u200b" in page] == []
    assert [name for name, page in pages.items() if re.search(r"\b_[A-Z][a-z]", page)] == []
    assert ">\\d<" in pages["what-is-documented-and-what-is-assumed.html"]


def test_the_site_says_its_version(site: Path) -> None:
    """Title and side bar have the package's version, the page of changes begins with it, and the README and index say it."""
    version = importlib.metadata.version("proton-provider")
    errors_page = (site / "errors.html").read_text(encoding="utf-8")
    assert f"<title>Errors - proton-provider {version}</title>" in errors_page
    assert f'<span class="sidebar-brand-text">proton-provider {version}</span>' in errors_page
    for page in ("README.md", "docs/index.md"):
        assert f"version {version}" in (ROOT / page).read_text(encoding="utf-8")
    changes = (ROOT / "docs" / "changes.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", changes, flags=re.MULTILINE)[0] in (version, "Unreleased")


def test_links_of_the_readme_lead_somewhere(html: dict[str, Html]) -> None:
    """Each relative link of the README names a file or a folder of the repository, and an anchor that its page has."""
    links = re.findall(r"\]\(([^)\s]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        if "://" in link or not path:
            continue
        assert (ROOT / path).exists(), link
        if anchor:
            assert anchor in html[Path(path).with_suffix(".html").name].anchors, link


@pytest.mark.parametrize("page", ["../README.md", *(page for page in PAGES if page != "changes.md")])
def test_what_aws_documents_is_linked(page: str) -> None:
    """A sentence that says that AWS documents something has a link, and links lead to pages that somebody maintains."""
    text = re.sub(r"^ *```.*?^ *```$", "", (ROOT / "docs" / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    says = re.compile(r"\(AWS\)|\bdocumented by AWS|AWS documents|^\| .*\| documented")
    parts = re.split(r"\n\n|\n(?= *(?:- |\| |\d+\. ))", text)
    linked = re.compile(r"\]\(|\[[^]]+\](?!:)")
    assert [part for part in parts if says.search(part) and not linked.search(part)] == []
    hosts = {urlsplit(address).netloc for address in re.findall(r"\]\(?:? ?(https?://[^\s)]+)", text)}
    assert hosts <= HOSTS


def test_what_the_pages_take_from_elsewhere_is_as_it_is_there() -> None:
    """Docstrings, programs and texts of --help stand in the pages as `python scripts/docs_pages.py` writes them."""
    stale = [path.name for path, text in docs_pages.pages() if text != path.read_text(encoding="utf-8")]
    assert stale == [], "run: python scripts/docs_pages.py"


@pytest.mark.parametrize("page", ALL_PAGES)
def test_a_page_reads_well_without_a_build(page: str) -> None:
    """No page has a directive of Sphinx, which shows as a hole elsewhere; the lists of pages alone may stay."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert set(re.findall(r"^ *(?:```|:::)\{([\w-]+)\}", text, flags=re.MULTILINE)) <= {"toctree"}


@pytest.mark.parametrize("resource", docs_pages.RESOURCES)
def test_a_page_of_the_reference_has_all_its_parts(resource: str) -> None:
    """It begins with an example in three languages; inputs, outputs, what each event calls, and the import follow."""
    words = re.findall(r"[A-Z][a-z]+", resource)
    page = (ROOT / "docs" / f"{'-'.join(words).lower()}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", page, flags=re.MULTILINE)
    wanted = ["Example", "Inputs", "Outputs", "What each event does", "Import"]
    assert [heading for heading in headings if heading in wanted] == wanted
    example = page.partition("## Example")[2].partition("## Inputs")[0]
    assert re.findall(r"^```(\w+)$", example, flags=re.MULTILINE) == ["python", "yaml", "typescript"]


@pytest.mark.parametrize("page", sorted(OF_THE_REGISTRY))
def test_a_page_for_pulumi_s_registry(page: str) -> None:
    """It has the registry's front matter, and no link to a page that the registry does not have."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert set(front) == {"title", "meta_desc", "layout"}
    assert front["layout"] == "package"
    assert ".md)" not in text


def test_the_example_for_pulumi_s_registry_is_in_each_language() -> None:
    """The chooser has each language once, with a program."""
    text = (ROOT / "docs" / "_index.md").read_text(encoding="utf-8")
    languages = ["typescript", "python", "go", "yaml"]
    chooser = text.partition(f'{{{{< chooser language "{",".join(languages)}" >}}}}')[2]
    chooser, closed, _ = chooser.partition("{{< /chooser >}}")
    assert closed
    choices = re.findall(
        r"\{\{% choosable language (\w+) %\}\}(.*?)\{\{% /choosable %\}\}", chooser, re.DOTALL
    )
    assert [language for language, _ in choices] == languages
    assert [re.findall(r"^```(\w+)$", program, re.MULTILINE) for _, program in choices] == [
        [language] for language in languages
    ]


def test_the_parts_are_those_of_the_package() -> None:
    """The page on how it works names each package, and no module that is not there."""
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8").partition("## The parts")[2]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", page, flags=re.MULTILINE))))
    package = ROOT / "proton_provider"
    assert {path.parent.name for path in package.glob("*/__init__.py")} <= named
    assert named <= {path.stem for path in package.iterdir()}


def test_the_picture_has_the_steps_of_the_list() -> None:
    """Each of its five boxes is a step of the list below it, in order."""
    steps = re.findall(
        r"^\d\. \*\*The (\w+)\.\*\*", (ROOT / "docs" / "how-it-works.md").read_text(), flags=re.MULTILINE
    )
    picture = (ROOT / "docs" / "one-arns-way.svg").read_text(encoding="utf-8")
    boxes = re.findall(r">(\w+)</text>", picture.partition('font-weight="bold"')[2].partition("</g>")[0])
    assert len(steps) == picture.count("<rect x=") == 5
    assert [box.lower() for box in boxes] == steps


def test_every_page_with_code_is_run() -> None:
    """A page with blocks to type or to read is one whose blocks a test asks for, which then leaves none out."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "engine").glob("*.py"))
    with_code = [
        page
        for page in ALL_PAGES
        if re.search(r"^ *```\w", by_hand((ROOT / "docs" / page).read_text()), flags=re.MULTILINE)
    ]
    assert with_code
    assert [page for page in with_code if f'Page("docs/{page}")' not in sources] == []


def test_every_example_is_on_its_page() -> None:
    """The page of the examples has a section for each folder, with its program."""
    page = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    folders = sorted(path.parent.name for path in (ROOT / "examples").glob("*/Pulumi.yaml"))
    assert re.findall(r"^## (\w+)$", page, flags=re.MULTILINE) != []
    assert sorted(re.findall(r"^## (\w+)$", page, flags=re.MULTILINE)) == folders
    for folder in folders:
        program = "__main__.py" if (ROOT / "examples" / folder / "__main__.py").exists() else "Pulumi.yaml"
        assert f"<!-- made: file examples/{folder}/{program} -->" in page


def test_every_error_has_a_remedy_on_its_page() -> None:
    """The page says what to do for each error of the package, and for each that is raised in a user's program."""
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    ours = {error.__name__ for error in vars(errors).values() if isinstance(error, type)} - NO_REMEDY
    in_programs = [
        *(ROOT / "proton_provider" / "program").glob("*.py"),
        ROOT / "proton_provider/local/server.py",
    ]
    raised = {name for path in in_programs for name in re.findall(r"raise (\w+Error)\(", path.read_text())}
    assert {"ValueError", "ConfigurationError"} <= raised
    by_hand_alone = "".join(re.findall(r"^- .*?:", by_hand(page), flags=re.MULTILINE))
    entries = set(re.findall(r"`(\w+Error)\b", by_hand_alone))
    assert (ours | raised) - entries == set()


# In a browser

SIZES = {"phone": (390, 844), "desk": (1440, 900)}


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site as a server on the loopback serves it."""
    with serving_files(site) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    """A headless Chromium that reaches the loopback and nothing else."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("NO BROWSER: apt-get install chromium chromium-driver, and the site is tried in one")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    started.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    yield started
    started.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser, in which no page may complain on the console."""
    yield chromium
    log: Callable[[str], list[dict[str, Any]]] = chromium.get_log
    assert [entry["message"] for entry in log("browser") if entry["level"] == "SEVERE"] == []


def set_screen(browser: webdriver.Chrome, size: str) -> None:
    """Give the browser the screen of a phone, to be touched, or of a desk."""
    width, height = SIZES[size]
    phone = size == "phone"
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone},
    )
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": phone})


@pytest.mark.parametrize("size", SIZES)
def test_a_reader_searches_navigates_and_copies(browser: webdriver.Chrome, address: str, size: str) -> None:
    """At each width the navigation leads to a page, the search finds one, and a copy button gives the command."""
    set_screen(browser, size)
    until: Callable[[Callable[[Any], Any]], Any] = WebDriverWait(browser, 60, poll_frequency=0.05).until
    menu = (By.CSS_SELECTOR, "header label[for='__navigation']")

    def open_navigation() -> None:
        found = browser.find_element(*menu)
        if found.is_displayed():
            found.click()

    browser.get(f"{address}/index.html")
    open_navigation()
    link = browser.find_element(By.CSS_SELECTOR, ".sidebar-tree a[href='tutorial.html']")
    until(lambda _: link.is_displayed())
    until(lambda _: link.rect["x"] >= 0)
    link.click()
    until(lambda _: browser.find_element(By.TAG_NAME, "h1").text.startswith("Tutorial"))

    button = browser.find_element(By.CSS_SELECTOR, ".highlight-bash button.copybtn")
    block = browser.find_element(By.CSS_SELECTOR, ".highlight-bash pre")
    webdriver.ActionChains(browser).move_to_element(block).perform()
    until(lambda _: button.value_of_css_property("opacity") != "0")
    button.click()
    copied = "navigator.clipboard.readText().then(arguments[0])"
    until(lambda _: browser.execute_async_script(copied) == "make up")

    open_navigation()
    field = browser.find_element(By.CSS_SELECTOR, ".sidebar-search")
    until(lambda _: field.is_displayed() and field.rect["x"] >= 0)
    field.send_keys("decommission", Keys.ENTER)
    until(lambda _: "Search finished" in browser.find_element(By.CSS_SELECTOR, ".search-summary").text)
    found = browser.find_element(
        By.XPATH, "//*[@id='search-results']//a[contains(., 'Take a Proton stack apart')]"
    )
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    found.click()
    until(lambda _: browser.find_element(By.TAG_NAME, "h1").text.startswith("Take a Proton stack apart"))


def test_the_search_finds_the_way_out(browser: webdriver.Chrome, address: str) -> None:
    """Whichever word somebody has for it, the page on taking a stack apart is among the first results."""
    until: Callable[[Callable[[Any], Any]], Any] = WebDriverWait(browser, 60, poll_frequency=0.05).until
    for words in ("tear down", "decommission", "migrate", "shut down", "uninstall", "end of life"):
        browser.get(f"{address}/search.html?q={quote(words)}")
        until(lambda _: "Search finished" in browser.find_element(By.CSS_SELECTOR, ".search-summary").text)
        found = [link.text for link in browser.find_elements(By.CSS_SELECTOR, "#search-results li > a")]
        assert "Take a Proton stack apart" in found[:5], f"{words}: {found[:8]}"


def test_the_names_of_members_have_one_colour(browser: webdriver.Chrome, address: str) -> None:
    """Inputs, outputs and methods look the same on every page of the reference."""
    colours = set()
    for page in ("environment-account-connection", "service-roles", "aws-settings", "local-aws"):
        browser.get(f"{address}/{page}.html")
        names = browser.find_elements(By.CSS_SELECTOR, "article li strong > code")
        assert names
        colours |= {name.value_of_css_property("color") for name in names}
    assert len(colours) == 1


def test_no_page_is_wider_than_the_screen(
    browser: webdriver.Chrome, address: str, html: dict[str, Html]
) -> None:
    """Nothing of a page is beyond the right edge of a phone's or a desk's screen. At a desk no code scrolls sideways either."""
    scrolling = (
        "return [...document.querySelectorAll('pre')].filter(e => e.scrollWidth > e.clientWidth).length"
    )
    for name in html:
        browser.get(f"{address}/{name}")
        for size, (width, _) in SIZES.items():
            set_screen(browser, size)
            screen, page = browser.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
            assert screen == width
            assert page <= width, f"{name} is wider than the screen of a {size}"
            assert size == "phone" or browser.execute_script(scrolling) == 0, (
                f"code on {name} scrolls sideways"
            )
