"""Downloads, from a server of the test's own."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fw.data.download import fetch
from fw.errors import DataNotFound

CONTENT = b"a data set " * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Sends the content, or goes wrong in the way that the path names."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/missing/set.zip":
            self.send_error(404)
            return
        if self.path == "/silent/set.zip":
            self.server.over.wait(10)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(self.body())
        self.wfile.flush()
        if self.path == "/stalled/set.zip":
            self.server.over.wait(10)

    def body(self):
        if self.path == "/wrong/set.zip":
            return CONTENT[::-1]
        return CONTENT if self.path == "/good/set.zip" else CONTENT[:500]

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.over = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def get(server, tmp_path, monkeypatch):
    """A function that fetches from the server into a cache; proxies are for elsewhere."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def get(how, seconds=5.0):
        url = f"http://127.0.0.1:{server.server_port}/{how}/set.zip"
        return fetch(url, sha256=SHA256, folder=tmp_path / "cache", seconds_without_bytes=seconds)

    return get


def refused(get, how, seconds=5.0):
    with pytest.raises(DataNotFound) as raised:
        get(how, seconds)
    return str(raised.value)


def left(tmp_path):
    """Return what lies in the cache beside the lock."""
    return sorted(path.name for path in (tmp_path / "cache").iterdir() if path.suffix != ".lock")


def test_a_file_is_downloaded_once_and_then_taken_from_the_cache(get, server, tmp_path):
    path = get("good")
    assert path == tmp_path / "cache" / "set.zip"
    assert path.read_bytes() == CONTENT
    assert get("good") == path
    assert server.asked == ["/good/set.zip"]
    assert left(tmp_path) == ["set.zip"]


def test_a_download_with_a_wrong_checksum_is_kept_aside_said_and_not_used(get, server, tmp_path):
    url = f"http://127.0.0.1:{server.server_port}/wrong/set.zip"
    aside = tmp_path / "cache" / "set.zip.wrong-checksum"
    assert refused(get, "wrong") == (
        f"cannot download {url}: what came has a wrong checksum\n"
        f"    it is kept as {aside}, and not used\n"
        f"    SHA-256 should be {SHA256}, found {hashlib.sha256(CONTENT[::-1]).hexdigest()}"
    )
    assert left(tmp_path) == ["set.zip.wrong-checksum"]
    assert aside.read_bytes() == CONTENT[::-1]


def test_a_cached_file_that_has_changed_is_put_aside_said_and_downloaded_again(
    get, tmp_path, capsys
):
    get("good").write_bytes(b"changed")
    assert get("good").read_bytes() == CONTENT
    assert left(tmp_path) == ["set.zip", "set.zip.wrong-checksum"]
    path = tmp_path / "cache" / "set.zip"
    assert capsys.readouterr().err.splitlines()[1] == (
        f"{path} has a wrong checksum; it is kept as {path}.wrong-checksum, and not used"
    )


def test_a_download_that_is_cut_off_leaves_nothing_behind(get, server, tmp_path):
    url = f"http://127.0.0.1:{server.server_port}/short/set.zip"
    assert refused(get, "short") == f"cannot download {url}: the connection was cut off"
    assert left(tmp_path) == []


@pytest.mark.parametrize("how", ["silent", "stalled"])
def test_a_server_that_sends_nothing_is_given_up(get, server, tmp_path, how):
    url = f"http://127.0.0.1:{server.server_port}/{how}/set.zip"
    assert refused(get, how, 0.3) == f"cannot download {url}: nothing came for 0.3 s"
    assert left(tmp_path) == []


def test_what_the_server_answers_is_passed_on(get, server):
    url = f"http://127.0.0.1:{server.server_port}/missing/set.zip"
    assert refused(get, "missing") == f"cannot download {url}: the server answered 404 Not Found"


def test_without_a_server_there_is_no_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = "http://127.0.0.1:1/set.zip"
    with pytest.raises(DataNotFound) as raised:
        fetch(url, sha256=SHA256, folder=tmp_path)
    assert str(raised.value) == f"cannot download {url}: there is no connection to the server"


def test_a_cache_that_cannot_be_written_is_a_reason(tmp_path):
    (tmp_path / "file").touch()
    url, folder = "http://127.0.0.1:1/set.zip", tmp_path / "file" / "cache"
    with pytest.raises(DataNotFound) as raised:
        fetch(url, sha256=SHA256, folder=folder)
    assert str(raised.value) == f"cannot download {url} to {folder}: Not a directory"
