# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official checks of collections, on every supported ansible-core: ``nox --list`` says which, ``nox -e sanity-2.16`` runs one.

antsibull-nox has most of these sessions, but runs ansible-test in containers only. These need nothing but a package index.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import nox
import nox.command

ROOT = Path(__file__).resolve().parent
CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.13", "3.12", "3.11"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
}
"""Each supported ansible-core, with the Pythons that its controller takes. The first one that is there is used."""
SLICE = ("2.16", "2.21")
SLICE_SANITY = ("ansible-doc", "import", "runtime-metadata", "validate-modules")
"""What differs most between versions of ansible-core. `make lint` runs all sanity tests on the version of its virtual environment."""
SLICE_UNITS = ("link_guard", "lookups", "run", "topology", "verdicts", "worker_runner")
"""The unit tests of what touches ansible-core: actions, inventory and lookup plugins, module processes and Ansible's own commands."""
IMPORTER = """[galaxy-importer]
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = True
RUN_ANSIBLE_TEST = False
RUN_FLAKE8 = True
CHECK_CHANGELOG = True
CHECK_REQUIRED_TAGS = True
"""

nox.options.envdir = str(ROOT / ".build" / "nox")
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False  # the session is skipped, and the reason is printed
nox.options.tags = ["slice"]


def interpreters(versions: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The programs of Python versions; pyenv's shims on PATH do not count, because ansible-test cannot use them."""
    for version in versions:
        for program in [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")]:
            if program and ".pyenv/shims" not in str(program):
                yield version, str(program)


FOUND = {core: next(interpreters(versions), (versions[0], f"python{versions[0]}")) for core, versions in CORES.items()}
"""The version and the program. nox itself says so where there is none."""
PYTHONS = {core: program for core, (_version, program) in FOUND.items()}


def staged(session: nox.Session) -> dict[str, str]:
    """Goes to a copy of this repository that lies where ansible-test wants it, and returns the environment in which that needs no other host
    than a package index. Each session has its own copy, because they may run at the same time.
    """
    own = Path(".build") / "cores" / session.name
    home, stage = own / "home", own / "ansible_collections" / "entra" / "cross_tenant_sync"
    session.chdir(ROOT)
    session.run("make", "--silent", f"STAGE={stage}", f"TEST_HOME={home}", "stage", "ansible-test-home", external=True)
    session.chdir(stage)
    return {"HOME": str(ROOT / home), "LC_ALL": "C.UTF-8", "ANSIBLE_COLLECTIONS_PATH": str(ROOT / own)}


def install(session: nox.Session, core: str, *needed: str) -> str:
    """Installs a version of ansible-core, and says which one it is, in which Python."""
    try:
        session.install("--quiet", f"ansible-core~={core}.0", *needed)
    except nox.command.CommandFailed:
        session.error(f"ansible-core {core} could not be installed in Python {FOUND[core][0]}: check that a package index can be reached")
    said = "import sys; from ansible.release import __version__ as core; print(f'ansible-core {core}, Python {sys.version.split()[0]}')"
    versions = str(session.run("python", "-c", said, silent=True)).strip()
    session.log(versions)
    return versions


def sanity(session: nox.Session, core: str, tests: tuple[str, ...] = ()) -> None:
    """ansible-test sanity: all of it, or the named tests."""
    environment = staged(session)
    chosen = [word for test in tests for word in ("--test", test)]
    session.run("ansible-test", "sanity", "--color", "no", "--python", FOUND[core][0], *chosen, *session.posargs, env=environment)


def units(session: nox.Session, core: str, tests: tuple[str, ...] = ()) -> None:
    """ansible-test units: all of them, or the named files."""
    environment = staged(session)
    files = [f"tests/unit/test_{test}.py" for test in tests]
    session.run("ansible-test", "units", "--color", "no", "--python", FOUND[core][0], *files, *session.posargs, env=environment)


def integration(session: nox.Session, core: str) -> None:
    """ansible-test integration: every target."""
    environment = staged(session)
    session.run("ansible-test", "integration", "--color", "no", "--python", FOUND[core][0], *session.posargs, env=environment)


def _sessions(core: str) -> None:
    """The sessions of one ansible-core."""

    @nox.session(name=f"sanity-{core}", python=PYTHONS[core], tags=["matrix"])
    def sanity_session(session: nox.Session) -> None:
        install(session, core)
        sanity(session, core)

    @nox.session(name=f"units-{core}", python=PYTHONS[core], tags=["matrix"])
    def units_session(session: nox.Session) -> None:
        install(session, core, "pytest", "pytest-mock", "pytest-xdist", "-r", "tests/unit/requirements.txt")
        units(session, core)

    @nox.session(name=f"integration-{core}", python=PYTHONS[core], tags=["matrix"])
    def integration_session(session: nox.Session) -> None:
        install(session, core, "-r", "tests/integration/requirements.txt")
        integration(session, core)


def _slice(core: str) -> None:
    """What of it the continuous integration has time for."""

    @nox.session(name=f"slice-{core}", python=PYTHONS[core], tags=["slice"])
    def slice_session(session: nox.Session) -> None:
        needed = [word for tests in ("unit", "integration") for word in ("-r", f"tests/{tests}/requirements.txt")]
        versions = install(session, core, "pytest", "pytest-mock", "pytest-xdist", *needed)
        sanity(session, core, SLICE_SANITY)
        units(session, core, SLICE_UNITS)
        integration(session, core)
        # .ci/run says at its end what it ran on: a session without its Python is skipped.
        ran = ROOT / ".build" / "cores" / "ran"
        ran.mkdir(parents=True, exist_ok=True)
        (ran / core).write_text(f"{versions}: ansible-test sanity (a part), units (a part) and integration\n", encoding="utf-8")


for supported in CORES:
    _sessions(supported)
for ends in SLICE:
    _slice(ends)


@nox.session(python=PYTHONS[SLICE[-1]], tags=["matrix"])
def importer(session: nox.Session) -> None:
    """What Galaxy checks when a collection is uploaded, on the artifact that would be."""
    install(session, SLICE[-1], "galaxy-importer==0.4.44")
    environment = staged(session)
    folder = Path(session.create_tmp())
    (folder / "importer.cfg").write_text(IMPORTER, encoding="utf-8")
    session.run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(folder), env=environment)
    (artifact,) = folder.glob("*.tar.gz")
    session.chdir(folder)
    environment["GALAXY_IMPORTER_CONFIG"] = str(folder / "importer.cfg")
    session.run("python", "-m", "galaxy_importer.main", str(artifact), env=environment)


@nox.session(python=PYTHONS[SLICE[-1]], tags=["matrix"])
def texts(session: nox.Session) -> None:
    """The changelog and the documentation."""
    install(session, SLICE[-1], "antsibull-changelog", "antsibull-docs")
    environment = staged(session)
    session.run("antsibull-changelog", "lint", env=environment)
    docs = ["--plugin-docs", "--validate-collection-refs", "self", "--check-extra-docs-refs", "."]
    session.run("antsibull-docs", "lint-collection-docs", *docs, env=environment)


@nox.session(python=PYTHONS[SLICE[-1]], tags=["matrix"])
def docs(session: nox.Session) -> None:
    """The documentation site builds without a warning."""
    install(session, SLICE[-1], "-r", "docs/docsite/requirements.txt")
    variables = {"PYTHONPATH": ".build", "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build"), "LC_ALL": "C.UTF-8"}
    session.run("python", "-m", "ansible_collections.entra.cross_tenant_sync.tests.tools.site", ".build/docs", env=variables)


@nox.session(python=PYTHONS[SLICE[-1]], tags=["matrix"])
def environment(session: nox.Session) -> None:
    """The execution environment: its definition is valid, and ansible-builder finds what the collection needs."""
    install(session, SLICE[-1], "ansible-builder>=3.1")
    variables = staged(session)
    found = session.run("ansible-builder", "introspect", "../../..", env=variables, silent=True)
    if "msal" not in str(found):
        session.error(f"ansible-builder found no requirements of the collection:\n{found}")
