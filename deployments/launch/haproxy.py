"""What Ray Serve runs as its HAProxy: the real one, closed to the outside and never orphaned.

Ray Serve writes the configuration and starts `haproxy -db -f FILE ...`. Its template opens the
statistics and metrics pages on every interface with no login, passes on headers that switch the
operator's time limits off (Serve obeys them before any code of ours runs), hides the caller's
address, cuts WebSockets at the time limit of requests, and its HAProxy outlives a killed Ray. This
program mends the file and becomes HAProxy.

It is run as a script by an isolated interpreter, so it imports nothing but the standard library.
"""

import ctypes
import os
import re
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_OPEN_BIND = re.compile(r"^(\s*bind )\*?:(\d+)$", re.MULTILINE)
_HTTP_FRONTEND = re.compile(r"^(frontend http_frontend\n\s*bind .*\n)", re.MULTILINE)
_EDGE = """\
    option forwardfor
    http-request del-header x-request-timeout-seconds
    http-request del-header x-request-disconnect-disabled
    acl sane_request_id req.hdr(x-request-id) -m reg ^[A-Za-z0-9._-]{8,64}$
    http-request del-header x-request-id unless sane_request_id
    http-request set-header x-request-timeout-seconds 0 if { path_end /ws }
"""


def closed(configuration: str) -> str:
    """The configuration with what the edge of this house needs."""
    on_loopback = _OPEN_BIND.sub(r"\g<1>127.0.0.1:\g<2>", configuration)
    return _HTTP_FRONTEND.sub(rf"\g<1>{_EDGE}", on_loopback)


def main(binary: str, arguments: list[str]) -> None:
    """Mend the file after `-f`, then become `binary`."""
    file = Path(arguments[arguments.index("-f") + 1])
    file.write_text(closed(file.read_text()))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    os.execv(binary, [binary, *arguments])  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
