"""The command: nine verbs around `weightreel.render.making.plan`. Heavy imports wait until a verb needs them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from weightreel.render.making.plan import Plan
    from weightreel.render.making.progress import Track

INTERRUPTED = 130


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return its exit status.

    0 done; 1 failed while working; 2 the scene or the call is wrong; 130 interrupted.
    """
    from weightreel.trainer.errors import WeightreelError

    previous = signal.signal(signal.SIGTERM, _terminated)
    try:
        weightreel.main(list(arguments), prog_name="weightreel", standalone_mode=False)
        return 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted; nothing half-written was left")
        return INTERRUPTED
    except WeightreelError as error:
        return _explain(error)
    except BrokenPipeError:  # as in: weightreel list colormaps | head
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return 0
    except OSError as error:
        _say(f"{error.filename or 'file'}: {error.strerror or error}")
        return 1
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminated(*_: Any) -> None:
    raise KeyboardInterrupt


def _explain(error: Exception) -> int:
    from weightreel.render.errors import DataError, RecordingError, SceneError

    _say(str(error))
    return 2 if isinstance(error, SceneError | DataError | RecordingError) else 1


def _say(message: str) -> None:
    click.echo(message, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="weightreel", prog_name="weightreel")
def weightreel() -> None:
    """Turn the training of a neural network into a film.

    SCENE is a scene file, or the name of a scene that ships with weightreel (weightreel list scenes).
    """


def _scene_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--seed", type=click.IntRange(0), help="Replace the scene's seed."),
        click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set a key, e.g. run.epochs=1."),
        click.argument("scene"),
    ):
        command = option(command)
    return command


def _slice(words: str) -> slice:
    first, colon, last = words.partition(":")
    try:
        if not colon:
            raise ValueError
        return slice(*(int(part) if part.strip() else None for part in (first, last)))
    except ValueError:
        raise click.BadParameter(f"'{words}' is not a range of frames; write it as A:B, such as 0:100") from None


@weightreel.command()
@_scene_options
@click.option("-o", "outputs", multiple=True, metavar="PATH", help="Write this in place of the scene's outputs.")
@click.option("--frames", type=_slice, metavar="A:B", default=":", help="Only frames A to B - 1.")
@click.option("--draft", is_flag=True, help="Half the size, at most 15 frames a second.")
@click.option("--recording", type=click.Path(), help="Draw from a kept recording; train nothing.")
@click.option("--no-recipe", is_flag=True, help="Leave the scene out of the clips' metadata.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as one line of JSON at the end.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def render(
    scene: str,
    settings: tuple[str, ...],
    seed: int | None,
    outputs: tuple[str, ...],
    frames: slice,
    draft: bool,
    recording: str | None,
    no_recipe: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train what SCENE says and write its film."""
    from weightreel.render.making.draft import draft as draft_of
    from weightreel.render.making.film import render as make
    from weightreel.render.scene.file import load

    made = load(scene, outputs=outputs, settings=settings, seed=seed)
    made = draft_of(made) if draft else made
    report = make(made, recording=recording, frames=frames, recipe=not no_recipe, track=_track(quiet))
    if not quiet:
        _summary(report)
    if as_json:
        click.echo(json.dumps(report))


@weightreel.command()
@_scene_options
@click.option("--recording", type=click.Path(), required=True, metavar="PATH", help="Where to keep it.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as one line of JSON at the end.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def train(scene: str, settings: tuple[str, ...], seed: int | None, recording: str, as_json: bool, quiet: bool) -> None:
    """Train what SCENE says and keep the recording; draw nothing."""
    from weightreel.render.making.film import record_to
    from weightreel.render.scene.file import load

    report = record_to(load(scene, settings=settings, seed=seed), recording, track=_track(quiet))
    if not quiet:
        _summary(report)
        _say(f"recorded  {recording}")
    if as_json:
        click.echo(json.dumps(report))


@weightreel.command()
@_scene_options
@click.option("--at", type=click.FloatRange(0, 1), help="Fraction of the film; default 1, its end.")
@click.option("--frame", type=click.IntRange(0), help="Number of the frame, from 0.")
@click.option("-o", "output", required=True, metavar="PATH.png", type=click.Path(), help="The picture to write.")
@click.option("--recording", type=click.Path(), help="Draw from a kept recording; train nothing.")
@click.option("--no-recipe", is_flag=True, help="Leave the scene out of the picture's metadata.")
def still(
    scene: str,
    settings: tuple[str, ...],
    seed: int | None,
    at: float | None,
    frame: int | None,
    output: str,
    recording: str | None,
    no_recipe: bool,
) -> None:
    """Write one frame of SCENE as a PNG file."""
    if at is not None and frame is not None:
        raise click.UsageError("--at and --frame both choose the frame; give one of them")
    if Path(output).suffix.lower() != ".png":
        raise click.UsageError(f"-o {output}: a still is a .png file")
    if not Path(output).parent.is_dir():
        raise click.UsageError(f"-o {output}: there is no folder {Path(output).parent}")
    from weightreel.render.making.still import still as write
    from weightreel.render.scene.file import load

    made = load(scene, settings=settings, seed=seed)
    moment = 1.0 if at is None else at
    number = write(made, output, at=moment, index=frame, recording=recording, recipe=not no_recipe)
    _say(f"{output}  frame {number}")


@weightreel.command()
@_scene_options
@click.option("--gradients", is_flag=True, help="Compare back-propagation with numerical gradients, layer by layer.")
def check(scene: str, settings: tuple[str, ...], seed: int | None, gradients: bool) -> None:
    """Validate SCENE, with its data, and say what it would make; train nothing."""
    from weightreel.render.check import crispness, outputs
    from weightreel.render.errors import SceneError
    from weightreel.render.making.plan import prepare
    from weightreel.render.making.sources import sources_of
    from weightreel.render.scene.file import load

    made = load(scene, settings=settings, seed=seed)
    plan = prepare(made, sources_of(made))
    problems = list(outputs.findings(made))
    if problems:
        raise SceneError(made.source, problems)
    _settled(plan)
    for finding in (*crispness.findings(made, plan.sources.about), *plan.notes):
        click.echo(f"{finding.level}: {finding.key}   {finding.message}")
    if gradients and not _check_gradients(plan):
        raise click.exceptions.Exit(1)
    click.echo(f"{made.source}: ok")


def _settled(plan: Plan) -> None:
    """Print what a plan would train and write."""
    for name, about in plan.sources.about.items():
        layers = "-".join("×".join(map(str, s)) for s in [about.input_shape, *(la.output_shape for la in about.layers)])
        click.echo(f"{name}: {layers}, {about.length} steps, {len(plan.recorded_steps(name))} recorded")
    for take in plan.takes:
        (width, height), count = take.size, len(take.indices)
        seconds = count / take.rate
        click.echo(f"{take.output.path}: {width}x{height}, {count} frames, {take.rate:g} fps, {seconds:.2f} s")
        for note in take.output.padding(take.size):
            click.echo(f"  {note.message}")


def _check_gradients(plan: Plan) -> bool:
    """Print a table of relative errors; false where one is too large."""
    from weightreel.trainer.gradient_check import LIMIT, check_gradients

    good = True
    for name, run in plan.scene.trainings.items():
        click.echo(f"{name}: relative error of the gradients, float64, at most {LIMIT:g}")
        for row in check_gradients(run, plan.sources.data[name], plan.scene.seed):
            good &= row.error <= LIMIT
            verdict = "ok" if row.error <= LIMIT else "WRONG"
            entries = f"{row.entries} entries"
            click.echo(
                f"  layer {row.layer}  {row.type:<10} {row.parameter:<8} {entries:<11} {row.error:.1e}  {verdict}"
            )
    return good


KINDS = ("scenes", "views", "encoders", "datasets", "layers", "optimizers", "colormaps")


@weightreel.command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
def list_(kind: str | None) -> None:
    """List what there is: all kinds, or one of them."""
    from weightreel.render.command.listing import lines

    for name in (kind,) if kind else KINDS:
        if not kind:
            click.echo(f"{name}:")
        for line in lines(name, brief=not kind):
            click.echo(f"  {line}" if not kind else line)


@weightreel.command()
@click.argument("path", type=click.Path())
@click.option("--from", "source", default=None, metavar="SCENE", help="Start from this scene.")
def new(path: str, source: str | None) -> None:
    """Write a commented scene to PATH, and its schema for editors beside it."""
    target = Path(path)
    if target.exists():
        raise click.UsageError(f"{path}: exists already; choose another name or remove it")
    if not target.parent.is_dir():
        raise click.UsageError(f"{path}: there is no folder {target.parent}; make it: mkdir -p {target.parent}")
    from weightreel.render.scene.file import find_scene

    template = find_scene(source) if source else Path(__file__).parents[1] / "scene" / "template.toml"
    words = template.read_text(encoding="utf-8").replace("@NAME@", target.stem)
    with target.open("x", encoding="utf-8") as file:
        file.write(_naming_its_schema(words))
    _say(f"{path}  written; make its film with: weightreel render {path}")
    _write_schema(target.with_name(SCHEMA_FILE))


SCHEMA_FILE = "weightreel.schema.json"


def _naming_its_schema(words: str) -> str:
    """A scene whose first line names the schema beside it, as editors of TOML read it."""
    rest = words.partition("\n")[2] if words.startswith("#:schema") else words
    return f"#:schema ./{SCHEMA_FILE}\n{rest}"


def _write_schema(path: Path) -> None:
    if path.exists():
        _say(f"{path}  kept as it is; weightreel schema prints today's")
        return
    path.write_text(_schema_text() + "\n", encoding="utf-8")
    _say(f"{path}  written; editors of TOML complete and check the scene with it")


def _schema_text() -> str:
    from weightreel.render.scene.schema import scene_schema

    return json.dumps(scene_schema(), indent=2)


@weightreel.command()
@click.argument("clip", type=click.Path())
def recipe(clip: str) -> None:
    """Print the scene file that makes CLIP again, from the clip's own metadata."""
    from weightreel.render.making.recipe import read_recipe

    click.echo(read_recipe(Path(clip)), nl=False)


@weightreel.command()
def schema() -> None:
    """Print the JSON Schema (Draft 4) of scene files, for editors."""
    click.echo(_schema_text())


@weightreel.command("help")
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
        raise click.UsageError(str(error)) from None


def _summary(report: dict[str, Any]) -> None:
    for name, ran in report["runs"].items():
        shown = "  ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in ran["metrics"].items())
        _say(f"{name}: {ran['steps']} steps in {ran['seconds']:.1f} s  {shown}")
    for clip in report["outputs"]:
        size = f"{clip['bytes'] / 1e6:.1f} MB" if clip["bytes"] >= 1e5 else f"{clip['bytes'] / 1e3:.1f} kB"
        _say(
            f"{clip['path']}  {clip['width']}x{clip['height']}  {clip['frames']} frames  "
            f"{clip['fps']:g} fps  {clip['codec']}  {size}"
        )
        for note in clip.get("notes", ()):
            _say(f"  {note}")
        if clip["codec"] == "mp4v":
            _say('  mp4v does not play in browsers, notebooks or slides; codec = "h264" does')
    for note in report.get("notes", ()):
        _say(note)
    seconds = report["seconds"]
    _say(f"{seconds['total']:.1f} s: training {seconds['train']:.1f}, rendering {seconds['render']:.1f}")


def _track(quiet: bool) -> Track:
    """Progress bars on a terminal, a line a task otherwise, nothing when quiet."""

    @contextmanager
    def track(label: str, total: int) -> Iterator[Callable[[], None]]:
        if quiet:
            yield lambda: None
        elif sys.stderr.isatty():
            from tqdm import tqdm

            with tqdm(total=total, desc=label, unit="frame", leave=False, file=sys.stderr) as bar:
                yield bar.update
        else:
            _say(f"{label}: {total} frames")
            yield lambda: None

    return track
