"""What `queuectl up` prints once the system is ready: its URLs and how to sign in."""

from queuectl_cli import credentials, local_system
from queuectl_cli.client import Client
from queuectl_cli.failure import NOT_ALLOWED, Failure
from queuectl_cli.output import note, say


def announce(api: str, page: str | None, *, with_link: bool) -> None:
    """Print the URLs of the API and the dashboard. `with_link`: also create a sign-in link, which no log should get."""
    authenticated = _authenticated(api)
    if page:
        say(f"Dashboard: {page}")
        if authenticated:
            say(f"Sign in (once, within an hour): {_link(api)}" if with_link else "Sign in:   queuectl token link")
    say(f"API:       {page or api}/api/docs")
    say(f"Logs:      {local_system.log_file('api').parent}")
    if authenticated is None:
        note(f"Sign in with an existing token: 'queuectl login {api}', or restart with QUEUECTL_TOKEN.")
    elif not authenticated:
        note("AUTHENTICATION IS OFF (QUEUECTL_AUTH=off): every user of this machine can run commands as you.")
    else:
        _describe_cli_login(api)


def _authenticated(api: str) -> bool | None:
    """Whether this process is signed in; False if nobody needs to be; None if the API rejects its token."""
    try:
        session = Client(credentials.for_up(api)).get("/api/session")
    except Failure as failure:
        if failure.status != NOT_ALLOWED:
            raise
        return None
    return bool(session["authenticated"])


def _link(api: str) -> str:
    """From the API, which knows the dashboard's URL: the token is sent nowhere else."""
    return str(Client(credentials.for_up(api)).post("/api/session/link")["url"])


def _describe_cli_login(api: str) -> None:
    used = credentials.find()
    if used.url != api:
        note(f"The command line uses {used.url}, not this system: check QUEUECTL_URL, or use 'queuectl logout'.")
    elif used.token:
        say("The command line on this machine is signed in.")
