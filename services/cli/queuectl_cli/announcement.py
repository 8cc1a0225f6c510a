"""What people are told when the system has come up: where it is, and how they get in."""

from queuectl_cli import credentials, local
from queuectl_cli.client import Client
from queuectl_cli.failure import NOT_ALLOWED, Failure
from queuectl_cli.output import note, say


def announce(api: str, page: str | None, *, to_a_person: bool) -> None:
    """The URLs of both; a sign-in link is made where what is said goes `to_a_person`, and not into a log."""
    signs_in = _signs_in(api)
    if page:
        say(f"Dashboard: {page}")
        if signs_in:
            say(f"Sign in (once, within an hour): {_link(api)}" if to_a_person else "Sign in:   queuectl token link")
    say(f"API:       {page or api}/api/docs")
    say(f"Logs:      {local.log_file('api').parent}")
    if signs_in is None:
        note(f"Sign in with a token that you have: 'queuectl login {api}', or start anew with QUEUECTL_TOKEN.")
    elif not signs_in:
        note("NOBODY HAS TO SIGN IN (QUEUECTL_AUTH=off): every user of this machine can run commands as you.")
    else:
        _tell_of_the_cli(api)


def _signs_in(api: str) -> bool | None:
    """Whether who calls must be signed in; None where they must, and this process is not."""
    try:
        session = Client(credentials.of_up(api)).get("/api/session")
    except Failure as failure:
        if failure.status != NOT_ALLOWED:
            raise
        return None
    return bool(session["authenticated"])


def _link(api: str) -> str:
    """Asked of the API, which knows where the page is: the token goes nowhere else, whatever the page's URL is."""
    return str(Client(credentials.of_up(api)).post("/api/session/link")["url"])


def _tell_of_the_cli(api: str) -> None:
    used = credentials.find()
    if used.url != api:
        note(f"The command line uses {used.url}, not this system: see QUEUECTL_URL, or 'queuectl logout'.")
    elif used.token:
        say("The command line on this machine is signed in.")
