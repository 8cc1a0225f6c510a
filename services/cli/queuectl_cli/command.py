"""Typer's command classes with queuectl's rules: where its own options end, --json, and suggestions for typos."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from queuectl_cli.argv import is_json_or_file, quote_words, shell_line
from queuectl_cli.context import invocation
from queuectl_cli.options import OUTPUT
from queuectl_cli.output import note
from queuectl_cli.suggestions import close_matches, did_you_mean


@contextmanager
def _suggesting_options() -> Iterator[None]:
    """Suggest options in the same words in which commands are suggested."""
    try:
        yield
    except typer.TyperException as fault:
        known = vars(fault)
        if options := known.get("possibilities"):
            fault.message += did_you_mean(close_matches(known["option_name"], options)[:1])
            known["possibilities"] = None  # Typer would append its own sentence
        raise


class Group(TyperGroup):
    """Suggests the right option for a mistyped one, as Typer does for commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises what Typer raises."""
        with _suggesting_options():
            return super().parse_args(ctx, args)


class Command(TyperCommand):
    """Accepts `--json` for `-o json`, and suggests the right option for a mistyped one."""

    def make_parser(self, ctx: Any) -> Any:
        """Add `--json` to commands with `--output`."""
        parser: Any = super().make_parser(ctx)
        for param in self.get_params(ctx):
            if param.name == OUTPUT:
                parser.add_option(param, ["--json"], OUTPUT, "store_const", const="json")
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises what Typer raises."""
        with _suggesting_options():
            return super().parse_args(ctx, args)


class CommandAfterDashes(Command):
    """Takes everything after `--` as the command of a job."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse only what precedes `--`."""
        if "--" in args:
            cut = args.index("--")
            args, words = args[:cut], args[cut + 1 :]
            invocation.command = quote_words(words) if words else None
        return super().parse_args(ctx, args)


class CommandFromFirstWord(CommandAfterDashes):
    """Takes everything from the first word on as the command of a job. `--` may precede it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse only what precedes the first word."""
        cut = self._first_word(ctx, args)
        words = args[cut:]
        if words and args[cut - 1 : cut] != ["--"] and self.starts_command(words[0]):
            self._note_own_options(ctx, words[1:])
            invocation.command = shell_line(words)
            args = args[:cut]
        return super().parse_args(ctx, args)

    @staticmethod
    def starts_command(_word: str) -> bool:
        """Whether this first word starts a command."""
        return True

    def _first_word(self, ctx: Any, args: list[str]) -> int:
        """Its position, after queuectl's options and their values."""
        parser = self.make_parser(ctx)
        parser.allow_interspersed_args = False
        with _suggesting_options():
            options, _, _ = parser.parse_args([*args])
        return len(args) - len(options.get("words") or ())

    def _note_own_options(self, ctx: Any, words: list[str]) -> None:
        """Tell a user at a terminal that options after the first word are not queuectl's.

        Long ones only: short ones mean something to almost every command. So does --help.
        """
        if not sys.stderr.isatty():
            return
        own = {name for param in self.get_params(ctx) for name in param.opts if name.startswith("--")} - {"--help"}
        found = [word for word in dict.fromkeys(word.partition("=")[0] for word in words) if word in own]
        if found:
            options, verb = (", ".join(found), "are" if len(found) > 1 else "is")
            note(
                f"queuectl: {options} {verb} passed to the command: queuectl's own options go before it"
                " (put -- before the command to silence this)"
            )


class CommandOrJobs(CommandFromFirstWord):
    """As CommandFromFirstWord, but jobs as JSON or files are accepted too. Options may follow those."""

    @staticmethod
    def starts_command(word: str) -> bool:
        """Whether this first word starts a command, and is not JSON or a file."""
        return not is_json_or_file(word)
