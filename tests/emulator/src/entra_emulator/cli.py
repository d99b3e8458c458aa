# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``entra-emulator``."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

from pydantic import ValidationError

from . import __version__
from .app import create_app
from .mistakes import explained
from .scenario import ScenarioError, load_scenario, shipped
from .server import Certificates, build, listening_socket, ready_content, require_writable, write_atomically
from .service import Service
from .settings import PRESETS, Settings, from_options
from .state import NO_TENANTS, World

LAST_PORT = 65_535
EPILOG = """
The scenario is the name of a shipped one or a file; README.md documents the format. Every switch that --set takes is
listed by --list-settings. The control API is below /emulator/ on the same address; the page at / shows the tenants.

examples:
  entra-emulator
  entra-emulator --port 8443 --ca-file ca.pem --ready-file ready.json
  entra-emulator --preset flipped --set lag.application=3 --set throttling=false
"""


def port_number(text: str) -> int:
    """A port, checked."""
    if not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port; it is a number from 0 to {LAST_PORT}")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="entra-emulator",
        description="Emulates Microsoft Entra's token endpoint and Microsoft Graph for cross-tenant synchronization, over HTTPS.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument(
        "--scenario", default="contoso-fabrikam", metavar="NAME|FILE", help="tenants, people and groups (default: %(default)s)"
    )
    result.add_argument("--state", type=Path, metavar="FILE", help="start from a dump of GET /emulator/state instead of a scenario")
    result.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    result.add_argument("--port", type=port_number, default=0, help="port to listen on; 0 takes a free one (default: %(default)s)")
    result.add_argument("--ca-file", type=Path, metavar="PATH", help="where to write the CA certificate, PEM (default: a temporary file)")
    result.add_argument(
        "--ready-file", type=Path, metavar="PATH", help='when listening, write {"url","ca_file","port","pid"} here, in one piece'
    )
    result.add_argument("--preset", choices=sorted(PRESETS), default="likely", help="all switches at once (default: %(default)s)")
    result.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="assignments", help="one switch; may be repeated")
    result.add_argument("--list-settings", action="store_true", help="print every switch with its default and meaning, and stop")
    result.add_argument(
        "--log-level", choices=["critical", "error", "warning", "info", "debug"], default="warning", help="(default: %(default)s)"
    )
    result.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return result


def settings_text() -> str:
    """Every switch with its default and meaning."""
    defaults = Settings().model_dump()
    lines = [f"{name} = {defaults[name]!r}\n    {field.description}" for name, field in Settings.model_fields.items()]
    return "\n".join(lines)


def load_world(arguments: argparse.Namespace) -> World:
    """The state to start from."""
    if arguments.state is None:
        return load_scenario(arguments.scenario)
    try:
        world = World.model_validate_json(arguments.state.read_bytes())
    except OSError as problem:
        raise ScenarioError(f"{arguments.state}: {problem.strerror}") from None
    except ValidationError as problem:
        raise ScenarioError(f"{arguments.state}: {explained(problem, World)}") from None
    if not world.tenants:
        raise ScenarioError(f"{arguments.state}: {NO_TENANTS}")
    return world


def main(argv: list[str] | None = None) -> int:
    """Runs the emulator until it is interrupted."""
    arguments = parser().parse_args(argv)
    if arguments.list_settings:
        print(settings_text())
        return 0
    try:
        service = Service(load_world(arguments), from_options(arguments.assignments, arguments.preset))
    except ScenarioError as problem:
        return _refuse(f"{problem}\nshipped scenarios: {', '.join(shipped())}")
    except ValidationError as problem:
        return _refuse(f"--set: {explained(problem, Settings)}")
    except ValueError as problem:
        return _refuse(str(problem))
    logging.basicConfig(level=arguments.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    return _serve(arguments, service)


def _refuse(message: str) -> int:
    print(f"entra-emulator: {message}", file=sys.stderr)
    return 2


def _serve(arguments: argparse.Namespace, service: Service) -> int:
    certificates = Certificates.make(arguments.host)
    ca_file = arguments.ca_file or Path(tempfile.gettempdir()) / f"entra-emulator-{os.getpid()}-ca.pem"
    try:
        bound = listening_socket(arguments.host, arguments.port)
    except OSError as problem:
        return _refuse(f"port {arguments.port} of {arguments.host} cannot be used: {problem.strerror}")
    try:
        for path in (ca_file, *([arguments.ready_file] if arguments.ready_file else ())):
            require_writable(path)
        write_atomically(ca_file, certificates.ca_pem())
    except OSError as problem:
        return _refuse(f"{problem.filename or ca_file} cannot be written: {problem.strerror}")
    port = bound.getsockname()[1]
    shown = "localhost" if arguments.host in ("127.0.0.1", "0.0.0.0", "::1", "::") else arguments.host
    url = f"https://{shown}:{port}"

    def ready() -> None:
        print(f"entra-emulator listens on {url}")
        print(f"CA certificate: {ca_file.resolve()}")
        for tenant in service.world.tenants.values():
            print(f"tenant {tenant.display_name}: {tenant.id} ({', '.join(tenant.domains)}), {len(tenant.users)} people")
        sys.stdout.flush()
        if arguments.ready_file is not None:
            write_atomically(arguments.ready_file, ready_content(url, str(ca_file.resolve()), port))

    server = build(create_app(service), certificates, arguments.log_level, ready)
    # Uvicorn stops on SIGTERM and then raises it again; this turns it into an orderly end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.run(sockets=[bound])
    except KeyboardInterrupt:
        pass
    finally:
        if arguments.ca_file is None:
            ca_file.unlink(missing_ok=True)
        if arguments.ready_file is not None:
            arguments.ready_file.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
