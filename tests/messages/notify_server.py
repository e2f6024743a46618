"""A server of the tests' own that speaks GOV.UK Notify's endpoints, and remembers everything."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

SERVICE, SECRET = str(uuid.uuid4()), str(uuid.uuid4())
KEY = f"tests-{SERVICE}-{SECRET}"
SMS_TEMPLATE, EMAIL_TEMPLATE = str(uuid.uuid4()), str(uuid.uuid4())


@dataclass
class NotifyServer:
    """What was sent, what each message's status is, and how it is to answer."""

    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    refuse: tuple[int, str] | None = None  # a status and a sentence, instead of taking it
    silent: threading.Event = field(default_factory=threading.Event)  # set: takes, never answers
    heard: threading.Event = field(default_factory=threading.Event)  # a message has been taken
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that lead here."""
        return {
            "notify_key": SecretStr(KEY),
            "notify_url": self.url,
            "notify_sms_template": SMS_TEMPLATE,
            "notify_email_template": EMAIL_TEMPLATE,
            "notify_ask_after_seconds": 1,
        }

    def take(self, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Take a message in, as Notify does: it is sent from now on."""
        made = {"id": str(uuid.uuid4()), "kind": kind, **asked}
        self.taken.append(made)
        self.statuses[made["id"]] = "sending"
        self.heard.set()
        return made

    def became_of(self, one: str) -> tuple[int, dict[str, Any]]:
        """What is answered about a message; 404 for one that was never taken."""
        if one in self.statuses:
            return 200, {"id": one, "status": self.statuses[one]}
        return 404, {"errors": [{"error": "NoResultFound", "message": "No result found"}]}


def _handler(server: NotifyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if server.refuse is not None:
                status, words = server.refuse
                return self._answer(status, {"errors": [{"error": "Error", "message": words}]})
            made = server.take(self.path.rpartition("/")[2], asked)
            if server.silent.is_set():
                server.let_go.wait(60)
                return None
            return self._answer(201, {"id": made["id"], "reference": asked.get("reference")})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/v2/notifications":
                [reference] = parse_qs(parts.query)["reference"]
                found = [each for each in server.taken if each["reference"] == reference]
                return self._answer(200, {"notifications": found, "links": {}})
            return self._answer(*server.became_of(parts.path.rpartition("/")[2]))

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def notify_server() -> Iterator[NotifyServer]:
    """Run the server on a free port until the block ends."""
    server = NotifyServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        server.let_go.set()
        http.shutdown()
        thread.join()
        http.server_close()
