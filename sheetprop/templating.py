"""The verb ``template``: a commented template to start one's own from, and the list of those there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheetprop.json_text import json_text
from sheetprop.options import DEFAULT_TEMPLATE
from sheetprop.output import check_output, written_whole
from sheetprop.template import load_assignment, template_names, template_text


@dataclass(frozen=True)
class Template:
    """A template as it stands in its file; ``path`` is where it was written to, None where it was not."""

    name: str
    title: str
    text: str
    path: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """For ``template --json``."""
        path = None if self.path is None else str(self.path)
        return {"name": self.name, "title": self.title, "path": path, "text": self.text}

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def __str__(self) -> str:
        if self.path is None:
            return self.text.removesuffix("\n")
        return f"Wrote {self.path}: the template {self.name}, “{self.title}”; change it and give it to --template"


@dataclass(frozen=True)
class Catalogue:
    """The templates that come with sheetprop: their titles by their names."""

    titles: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """For ``template --list --json``."""
        return {"templates": [{"name": name, "title": title} for name, title in self.titles.items()]}

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def __str__(self) -> str:
        width = max(map(len, self.titles))
        return "\n".join(f"{name:<{width}}  {title}" for name, title in self.titles.items())


def start_template(
    *, template: str | Path = DEFAULT_TEMPLATE, output: str | Path | None = None, force: bool = False
) -> Template:
    """A template with all its comments, to start one's own from; written to the TOML file ``output`` if that is given.

    A file that is there already is replaced only with ``force``. Raises InputError where there is no such template, or
    the file cannot be written.
    """
    path = None if output is None else Path(output)
    title, text = load_assignment(template).title, template_text(template)
    if path is not None:
        check_output(path, force, what="template", suffix=".toml")
        with written_whole(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8", newline="\n")
    return Template(str(template), title, text, path)


def catalogue() -> Catalogue:
    """The templates that come with sheetprop."""
    return Catalogue({name: load_assignment(name).title for name in template_names()})


__all__ = ["Catalogue", "Template", "catalogue", "start_template"]
