"""What is wrong with a command line, in our words: the option, the value, the remedy, in one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand

from sheetprop.errors import InputError

# Typer carries its own click; these are its errors, wherever they live.
UsageError: Any = typer.BadParameter.__mro__[1]
COMMAND = "sheetprop"


def told(error: Any) -> str:
    """One line for an error of the command line's form."""
    context = error.ctx
    kind = type(error).__name__
    # Of the program's own name in a context, which may be that of Python, nothing is said.
    path = "" if context is None or context.parent is None else f" {context.info_name}"
    command = f"{COMMAND}{path}"
    help_ = f"see {command} --help"
    if kind == "MissingParameter":
        return f"{_missing(error.param)} ({help_})"
    if isinstance(error, typer.BadParameter):
        return f"{_name(error.param)}: {error.message}"
    if kind == "NoSuchOption":
        return f"{error.option_name}: {command} has no such option; {_near(error, context, help_)}"
    if kind == "BadOptionUsage":
        if error.message.endswith("does not take a value."):
            return f"{error.option_name}: takes no value; write {error.option_name} alone"
        return f"{error.option_name}: its value is missing; write {error.option_name} and the value"
    return _words(error, context, command, help_)


class Command(TyperCommand):
    """A command whose refusals name options as they are typed."""

    def invoke(self, ctx: Any) -> Any:
        """Do what was asked for."""
        with _options_named(ctx):
            return super().invoke(ctx)


@contextmanager
def _options_named(context: Any) -> Iterator[None]:
    """Within it, what is wrong with a value is told under the name of its option, not that of a template's key."""
    try:
        yield
    except InputError as error:
        key, colon, rest = str(error).partition(":")
        option = next((_name(each) for each in context.command.params if each.name == key), None)
        if not colon or option is None or not option.startswith("--"):
            raise
        raise InputError(f"{option}:{rest}") from error


def _name(parameter: Any) -> str:
    """An option as it is written out, an argument as the help shows it."""
    if parameter is None:
        return COMMAND
    if parameter.param_type_name == "argument":
        return str(parameter.metavar).strip("[]")
    return str(next((option for option in reversed(parameter.opts) if option.startswith("--")), parameter.opts[0]))


def _missing(parameter: Any) -> str:
    name = _name(parameter)
    if parameter is None or parameter.param_type_name == "argument":
        return f"{name} is missing: give {_lower_first(parameter.help) if parameter else 'it'}"
    return f"{name} is missing: write {name} {parameter.metavar or 'VALUE'}"


def _lower_first(text: str) -> str:
    sentence = text.split(". ")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def _near(error: Any, context: Any, help_: str) -> str:
    known = (
        []
        if context is None
        else [option for each in context.command.params for option in [*each.opts, *each.secondary_opts]]
    )
    near = difflib.get_close_matches(error.option_name, known, n=1)
    return f"did you mean {near[0]}?" if near else help_


def _words(error: Any, context: Any, command: str, help_: str) -> str:
    """Too many arguments, or a command that is none."""
    if extra := re.match(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", error.message):
        return f"{extra[1]}: too much for {command}, which takes no further argument; {help_}"
    if name := re.match(r"No such command '(.*?)'", error.message):
        commands = list(getattr(context.command, "commands", {}))
        near = difflib.get_close_matches(name[1], commands, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(commands)}"
        return f"{name[1]}: {COMMAND} has no such command; {hint}"
    return f"{command}: the command line is not understood; {help_}"
