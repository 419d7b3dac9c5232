"""What runs in the emulator's own process: ``python -m reconciler.sandbox.emulator_process``.

Its standard input is a socket to whoever started it. It writes its port and its process id there, answers each
``clone`` that comes with another socket by a copy of itself that serves that socket, and ends when the socket closes:
the kernel closes it for us however our parent dies. After ``leave`` it stays until somebody ends it.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading

from reconciler.sandbox.one_by_one import OneByOne

CLONE = b"clone"
LEAVE = b"leave"  # as long as the other: orders are read by their length


def main() -> None:
    """Serve AWS on a free port of the loopback interface until the socket closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # clones are waited for by nobody
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line per request otherwise
    control = socket.socket(fileno=os.dup(0))
    while True:
        _serve(control)
        control = _await_orders(control)


def _serve(control: socket.socket) -> None:
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  # only this process has it
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415  # likewise

    class Handler(MotoRequestHandler):
        """Sends an answer in one piece.

        The AWS SDK for Go closes what it has sent once it has read an answer's head. Where Go's transport has not come
        to the end of sending by then, it closes the connection: a body that came behind the head is lost, and what has
        been done already is asked for again. A body that came with the head has been read.
        """

        wbufsize = 1 << 16

        def handle_expect_100(self) -> bool:
            proceed: bool = super().handle_expect_100()
            self.wfile.flush()
            return proceed

    application = OneByOne(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    control.sendall(f"{server.server_port} {os.getpid()}\n".encode())


def _await_orders(control: socket.socket) -> socket.socket:
    """Make clones until the end; in a clone, return the socket that it has to serve."""
    while True:
        try:
            order, files, _, _ = socket.recv_fds(control, len(CLONE), 1)
        except OSError:
            order, files = b"", []
        if order == LEAVE:
            while True:
                signal.pause()
        if order != CLONE or not files:
            # Nothing here is worth an orderly end, and a request under way must not hold it.
            os._exit(0)
        if os.fork() == 0:
            # All that the account holds lies in memory and is ours now. The rest is our parent's: its listening
            # socket, its connections, its control socket.
            os.dup2(files[0], 0)
            control.close()
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            return socket.socket(fileno=os.dup(0))
        os.close(files[0])


if __name__ == "__main__":
    main()
