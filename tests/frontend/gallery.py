"""A page with one viewer, served under the service's own content policy, with switches."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, request, send_from_directory
from PIL import Image, ImageDraw
from werkzeug.serving import make_server

from derm_service.pages import BUILD
from tests.fixtures.service import free_port

WIDTHS = (1024, 3072, 6000)
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
POLICY += "connect-src 'self'"


@dataclass
class Gallery:
    """Where the page is, which copies are broken, and what the page reported."""

    url: str
    broken: set[int] = field(default_factory=set)
    lines_above: int = 0
    opened: list[str] = field(default_factory=list)


def picture(width: int) -> bytes:
    """A photograph whose left half differs from its right half."""
    image = Image.new("RGB", (width, width * 3 // 4), (225, 180, 150))
    ImageDraw.Draw(image).rectangle((0, 0, width // 3, width // 4), fill=(90, 50, 40))
    held = io.BytesIO()
    image.save(held, "JPEG", quality=80)
    return held.getvalue()


@contextmanager
def gallery() -> Iterator[Gallery]:
    """Serve the page from a thread until the block ends."""
    port = free_port()
    shown = Gallery(f"http://127.0.0.1:{port}/")
    server = make_server("127.0.0.1", port, _app(shown), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield shown
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _app(shown: Gallery) -> Flask:
    app = Flask(__name__, static_folder=None)
    names = json.loads((BUILD / "manifest.json").read_text())
    pictures = {width: picture(width) for width in WIDTHS}

    @app.get("/")
    def page() -> str:
        levels = [
            {"url": f"/{width}.jpg", "width": width, "height": width * 3 // 4} for width in WIDTHS
        ]
        sources = json.dumps(levels).replace('"', "&quot;")
        return (
            '<!DOCTYPE html><html lang="en"><head><title>Viewer</title>'
            '<meta name="csrf-token" content="the-token">'
            f'<link rel="stylesheet" href="/build/{names["app.css"]}"></head><body><main>'
            "<h1>Photographs</h1>"
            f"{'<p>A line of text above the photograph.</p>' * shown.lines_above}"
            f'<div data-viewer data-label="Overview, left cheek" data-who="OKAFOR, Adaeze" '
            f'data-opened-url="/opened" '
            f'data-sources="{sources}"></div></main>'
            f'<script type="module" src="/build/{names["viewer.js"]}"></script></body></html>'
        )

    @app.get("/build/<path:name>")
    def build(name: str) -> Response:
        return send_from_directory(BUILD, name)

    @app.get("/<int:width>.jpg")
    def copy(width: int) -> Response:
        if width in shown.broken:
            return Response(status=503)
        return Response(pictures[width], mimetype="image/jpeg")

    @app.post("/opened")
    def opened() -> Response:
        shown.opened.append(request.headers.get("X-CSRFToken", ""))
        return Response(status=204)

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    return app
