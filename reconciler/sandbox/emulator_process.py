"""What runs in the emulator's own process: ``python -m reconciler.sandbox.emulator_process``.

It writes its port to stdout and ends when its stdin closes: the kernel closes that for us however our parent dies.
"""

from __future__ import annotations

import logging
import os
import sys
import threading


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    # Nothing here is worth an orderly end, and a request under way must not hold it.
    os._exit(0)


def main() -> None:
    """Serve AWS on a free port of the loopback interface until stdin closes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line per request otherwise
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  # after the watch over the parent: it takes a second
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415  # likewise

    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
