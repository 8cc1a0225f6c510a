"""A user who runs the whole system on their machine."""

from pathlib import Path

from tests.cli.user import User
from tests.running import free_port
from tests.system import Answered


class LocalUser(User):
    """Their `queuectl up` listens on free ports, one for the API and one for the dashboard."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        port = free_port()
        self.dashboard = f"http://localhost:{port}"
        bind = f"{self.url.removeprefix('http://')},127.0.0.1:{port}"
        super().__init__(home, bind=bind, api_processes=1, **settings)
        self.data_dir = home / ".local/share/queuectl"
        self.page = home / "page"
        self.page.mkdir()
        (self.page / "index.html").write_text("the dashboard")

    def up(self, *words: str, **settings: str) -> Answered:
        """Start the system; returns when it is ready."""
        return self.queuectl("up", "--detach", "--dashboard", str(self.page), *words, at=None, **settings)

    def logs(self) -> str:
        """The logs of all services and their supervisor."""
        return "".join(log.read_text() for log in (self.data_dir / "log").iterdir())
