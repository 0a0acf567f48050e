"""The verbs about what scenes can say: list, new, recipe, schema, help."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import click

from weightreel.render.command.console import say, tell
from weightreel.render.planning.signs import in_toml
from weightreel.trainer.kinds import KINDS
from weightreel.trainer.paths import located


class Kind(click.Choice[str]):
    """What there is lists of; of a word that is none, the nearest is named."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word, if it is one."""
        from weightreel.trainer.messages import nearest

        near = None if value in self.choices else nearest(value, self.choices)
        if near:
            self.fail(f"no list of '{value}'; did you mean '{near}'?", param, ctx)
        return super().convert(value, param, ctx)


LISTED = ("scenes", *(kind.plural for kind in KINDS.values()), "colormaps")


@click.command("list")
@click.argument("kind", type=Kind(LISTED), required=False)
@click.option("-o", "output", metavar="PATH.png", type=click.Path(), help="Write a strip of each colour map.")
def list_(kind: str | None, output: str | None) -> None:
    """List what there is: all kinds, or one of them."""
    if output is not None:
        _write_maps(kind, output)
        return
    from weightreel.render.command.listing import lines

    for name in (kind,) if kind else LISTED:
        if not kind:
            click.echo(f"{name}:")
        for line in lines(name, brief=not kind):
            click.echo(f"  {line}" if not kind else line)


def _write_maps(kind: str | None, output: str) -> None:
    if kind != "colormaps":
        raise click.UsageError("-o writes a picture of colour maps: weightreel list colormaps -o maps.png")
    from weightreel.render.showing.swatches import write_swatches

    write_swatches(output, tell)
    say(f"{output}  written")


@click.command()
@click.argument("path", type=click.Path())
@click.option("--from", "source", default=None, metavar="SCENE", help="Start from this scene.")
def new(path: str, source: str | None) -> None:
    """Write a commented scene to PATH, and its schema for editors beside it."""
    target = located(path)
    if target.exists():
        raise click.UsageError(f"{path}: exists already; choose another name or remove it")
    if not target.parent.is_dir():
        raise click.UsageError(f"{path}: there is no folder {target.parent}; make it: mkdir -p {target.parent}")
    from weightreel.trainer.targets import target_findings

    for finding in target_findings(path):
        raise click.UsageError(f"{path}: {finding.message}")
    words = _naming_its_schema(_scene_text(source) if source else _template(target))
    _write_schema(target.with_name(SCHEMA_FILE))  # first: a scene names no schema that is not there
    with target.open("x", encoding="utf-8") as file:
        file.write(words)
    say(f"{path}  written; make its film with: weightreel render {shlex.quote(path)}")


def _scene_text(source: str) -> str:
    """The words of a scene, which may be wrong in its keys but is a TOML file; or of one that films a recording."""
    from weightreel.render.planning.suggested import films, scene_of
    from weightreel.render.scene.file import document_of, find_scene
    from weightreel.render.scene.written import called, words_of

    if films(source):
        return scene_of(source)
    path = find_scene(source)
    words = words_of(path)
    document_of(words, called(path))
    return words


def _template(target: Path) -> str:
    """Our scene to start from, with the name of its file in its words: a scene that `check` finds nothing wrong with,
    whatever the name."""
    from weightreel.render.drawing.text import missing

    words = (Path(__file__).parents[1] / "scene" / "template.toml").read_text(encoding="utf-8")
    file, name = ("".join(c if c.isprintable() else "_" for c in part) for part in (target.name, target.stem))
    shown = "".join(c for c in name if c not in missing(name)).replace("{", "{{").replace("}", "}}")
    texts = {"@NAME@": _text(name), "@HEADING@": _text(shown), "@FILE@": shlex.quote(file)}
    return re.sub("|".join(texts), lambda found: texts[found[0]], words)


def _text(words: str) -> str:
    """Words as they stand within the quotes of TOML."""
    return words.replace("\\", "\\\\").replace('"', '\\"')


SCHEMA_FILE = "weightreel.schema.json"


def _naming_its_schema(words: str) -> str:
    """A scene whose first line names the schema beside it, as editors of TOML read it."""
    rest = words.partition("\n")[2] if words.startswith("#:schema") else words
    return f"#:schema ./{SCHEMA_FILE}\n{rest}"


def _write_schema(path: Path) -> None:
    if path.exists():
        say(f"{path}  kept as it is; weightreel schema prints today's")
        return
    with path.open("x", encoding="utf-8") as file:  # a link to nothing is not followed
        file.write(_schema_text() + "\n")
    say(f"{path}  written; editors of TOML complete and check the scene with it")


def _schema_text() -> str:
    from weightreel.render.scene.schema import scene_schema

    return json.dumps(scene_schema(), indent=2)


@click.command()
@click.argument("clip", type=click.Path())
def recipe(clip: str) -> None:
    """Print the scene file that makes CLIP again, from the clip's own metadata."""
    from weightreel.render.planning.recipe import read_recipe

    words = read_recipe(located(clip))
    # As bytes of another encoding it would be no TOML any more.
    click.echo(in_toml(words, ascii_only=not sys.stdout.encoding.lower().startswith("utf")), nl=False)


@click.command()
def schema() -> None:
    """Print the JSON Schema (Draft 4) of scene files, for editors."""
    click.echo(_schema_text())


@click.command("help")
@click.argument("topic", required=False)
@click.argument("name", required=False)
def help_(topic: str | None, name: str | None) -> None:
    """Explain the keys of a scene, such as: help view curve.

    Without TOPIC: all topics. A TOPIC such as view or layer has a NAME for each of its kinds.
    """
    from weightreel.render.command.help import overview, page_text
    from weightreel.render.command.reference import find

    width = shutil.get_terminal_size((100, 24)).columns
    try:
        click.echo(page_text(find(topic, name), width) if topic else overview(width))
    except LookupError as error:
        raise click.UsageError(_command(topic) or str(error)) from None


def _command(topic: str | None) -> str:
    """What is said where somebody asks for a verb as for a topic; "" where there is none of that name."""
    parent = click.get_current_context().parent
    known = parent.command.commands if parent and isinstance(parent.command, click.Group) else {}
    return f"{topic} is a command; its options: weightreel {topic} --help" if topic in known else ""
