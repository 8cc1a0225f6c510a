"""Crontabs as crontab(5) describes them: entries, variables, input of commands, and what cannot be taken."""

import subprocess
from pathlib import Path

import pytest

from queuectl_cli.command_name import name_of
from queuectl_cli.crontab import NO_BOOT, NO_MAIL, Crontab, Entry, NotTaken
from queuectl_cli.failure import Failure
from queuectl_cli.local_timezone import local_timezone


def read(text: str | bytes, *, system: bool = False) -> list[Entry | NotTaken]:
    """What a crontab contains."""
    return list(Crontab(system=system).read(text.encode() if isinstance(text, str) else text))


def only(text: str, *, system: bool = False) -> Entry:
    """The only entry."""
    [entry] = read(text, system=system)
    assert isinstance(entry, Entry)
    return entry


@pytest.mark.parametrize(
    ("line", "rule", "command"),
    [
        ("*/5 * * * * /opt/poll", "*/5 * * * *", "/opt/poll"),
        (
            "  0\t2  * * mon-fri\t/opt/save  --full 'a  b' # all",
            "0 2 * * mon-fri",
            "/opt/save  --full 'a  b' # all",
        ),
        ("@daily make report\r", "@daily", "make report"),
        ("@Weekly A=b make", "@Weekly", "A=b make"),
        ("0 0 1 1 * test $A = b", "0 0 1 1 *", "test $A = b"),
        (r"0 0 * * * date +\%F; echo \\ a\b", "0 0 * * *", r"date +%F; echo \\ a\b"),
    ],
)
def test_an_entry_is_a_rule_and_a_command(line: str, rule: str, command: str) -> None:
    entry = only(line)
    assert (entry.rule, entry.command, entry.line, entry.user) == (rule, command, 1, None)


def test_comments_and_blank_lines_are_skipped_and_lines_are_counted() -> None:
    entry = only("# daily\n\n   \n\t# more\n@daily true\n")
    assert (entry.line, entry.rule) == (5, "@daily")


def test_variables_apply_to_the_entries_after_them() -> None:
    first, second = read(
        '@daily first\nPATH=/usr/bin:/bin\nA = \'b c\'  \n"D"=" e "\nF=\nHOME=/srv\nCRON_TZ=Asia/Tokyo\n'
        'RANDOM_DELAY=5\nSHELL=/bin/sh\nMAILTO=""\n@daily second'
    )
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert (first.env, first.timezone, first.jitter, first.home) == ({}, None, 0, None)
    assert second.env == {"PATH": "/usr/bin:/bin", "A": "b c", "D": " e ", "F": "", "HOME": "/srv"}
    assert (second.timezone, second.jitter, second.home) == ("Asia/Tokyo", 300, "/srv")


def test_a_system_crontab_has_a_user_before_each_command() -> None:
    first, second = read("17 * * * * root cd / && run-parts /etc/cron.hourly\n@daily www php x.php", system=True)
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert (first.user, first.command) == ("root", "cd / && run-parts /etc/cron.hourly")
    assert (second.user, second.command) == ("www", "php x.php")


@pytest.mark.parametrize(
    ("line", "users", "reason"),
    [
        ("@reboot /opt/start", False, NO_BOOT),
        ("MAILTO=root", False, NO_MAIL),
        ("* * * * *", False, "it must have five fields of times and a command"),
        ("* * * * * root", True, "it must have five fields of times, a user and a command"),
        ("@daily", False, "it must have an alias and a command"),
        ("nonsense", False, "it must have five fields of times and a command"),
        ("RANDOM_DELAY=soon", False, "RANDOM_DELAY must be a whole number of minutes"),
    ],
)
def test_what_cannot_be_taken_is_told_with_its_line(line: str, users: bool, reason: str) -> None:
    found = read(f"# first\n{line}\n@daily root true", system=users)
    assert found[0] == NotTaken(2, reason)
    assert isinstance(found[1], Entry)


def test_a_line_that_is_not_utf_8_leaves_the_others() -> None:
    assert [type(found) for found in read(b"@daily a\xff\n@daily b")] == [NotTaken, Entry]


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("cat%a%b", "a\nb\n"),
        ("cat%a%b%", "a\nb\n"),
        ("cat%", "\n"),
        (r"cat%100\%", "100%\n"),
        (r"printf '\%s.' $(wc -l) # lines%a%b", "2."),
        ("cat%$HOME `x` 'y'%EOF%\\", "$HOME `x` 'y'\nEOF\n\\\n"),
    ],
)
def test_what_follows_a_percent_sign_is_the_input(command: str, output: str) -> None:
    entry = only(f"@daily {command}")
    done = subprocess.run(["/bin/sh", "-c", entry.command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (output, "")


def test_another_shell_gets_the_command_and_its_input() -> None:
    entry = only('SHELL=/bin/bash\n@daily read -r line; echo "$0 ${line^^} it\'s"%a')
    done = subprocess.run(["/bin/sh", "-c", entry.command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("/bin/bash A it's\n", "")
    assert name_of(entry.typed) == "read-line-echo-0"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/opt/backup.sh", "backup.sh"),
        ("/opt/backup.sh --full /srv/data/ > /dev/null 2>&1", "backup.sh-data"),
        ("cd /var/www && php artisan schedule:run >>/dev/null", "cd-www-php-artisan"),
        ("PASSWORD=secret mysqldump -psecret db", "mysqldump-db"),
        ("scp user@example.com:x /srv", "scp-srv"),
        ("curl -s https://example.com/hook/secret", "curl"),
        ("[ -x /usr/bin/mandb ] && mandb", "mandb-mandb"),
        ("test -x /usr/sbin/anacron || { cd / && run-parts /etc/cron.daily; }", "test-anacron-cd-run-parts"),
        ("tar -czf /srv/$(date +%F).tgz x", "tar-date-F-tgz-x"),
        ("日本", "cron"),
        ("-", "cron"),
        ("x" * 100, "x" * 48),
        ("2>/dev/null", "cron"),
    ],
)
def test_a_name_is_made_of_the_words_of_the_command(command: str, name: str) -> None:
    assert name_of(command) == name


@pytest.mark.parametrize(
    ("link", "text", "zone"),
    [
        ("/usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Europe/Berlin\n", "Asia/Tokyo"),
        ("", "Europe/Berlin\n", "Europe/Berlin"),
        ("", "", "UTC"),
    ],
)
def test_the_zone_of_the_machine_is_found(tmp_path: Path, link: str, text: str, zone: str) -> None:
    if link:
        (tmp_path / "localtime").symlink_to(link)
    if text:
        (tmp_path / "timezone").write_text(text)
    assert local_timezone(tmp_path) == zone


def test_a_zone_without_a_name_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "localtime").write_bytes(b"TZif")
    with pytest.raises(Failure, match="give --timezone"):
        local_timezone(tmp_path)
