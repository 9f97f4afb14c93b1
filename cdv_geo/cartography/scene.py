"""What a map shows, before anything is drawn: the one object that both renderers read.

A scene holds finished French text and finished styles, so that the web page and the printed
sheet cannot tell different stories.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from cdv_geo.french.shared_texts import letters_said

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from cdv_geo.cartography.style import Style
    from cdv_geo.visible_letters import Letters

LabelRole = Literal["quartier", "commune", "number", "count"]
SubjectKind = Literal["quartier", "action", "equipment"]


@dataclass(frozen=True)
class SymbolClass:
    """One line of the legend and the style of the features that belong to it."""

    label: str
    style: Style


@dataclass(frozen=True)
class ClassedImage:
    """A raster whose cells are drawn in the colours of the classes of its layer.

    Parameters
    ----------
    class_index
        Rows from north to south; the position in `classes`, or -1 where nothing is drawn.
    bounds
        `(left, bottom, right, top)` in units of `crs`.
    crs
        Of the grid itself, which may be another than that of the scene.
    """

    class_index: NDArray[np.int16]
    bounds: tuple[float, float, float, float]
    crs: str


@dataclass(frozen=True)
class Layer:
    """Features of one theme, drawn together and switched on and off together.

    Parameters
    ----------
    name
        French name, in the legend and in the layer control.
    features
        Geometries in the scene's metric CRS, with the columns `class_index` (position in
        `classes`), `label` (text on the map, may be empty) and the columns named in `details`.
        Two more columns may be there: `key`, of the subject that a feature shows (see `Subject`;
        empty for none), and `size`, the diameter of each symbol, which then counts in place of
        the size in its style.
    classes
        The legend lines, in the order shown.
    details
        Columns a reader sees in the popup and in the table; a column's name is its French header.
    label_role
        How labels of this layer are set: quartiers stand out, communes stay in the background,
        numbers refer to a list beside the map, counts tell how many places one symbol stands for.
    theme
        French heading under which layers of one kind stand together in the layer control.
    image
        Cells that lie under the features; none where the layer has features only.
    """

    name: str
    features: gpd.GeoDataFrame
    classes: tuple[SymbolClass, ...]
    details: tuple[str, ...] = ()
    label_role: LabelRole = "quartier"
    theme: str = ""
    image: ClassedImage | None = None


@dataclass(frozen=True)
class TextList:
    """Names under a heading: what has no place on the map, or what its numbers stand for."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """Something that a reader can look for and choose: a quartier, an action, an équipement.

    Parameters
    ----------
    key
        Unlike that of any other subject; features that show it bear it in their column `key`.
    kind
        What it is.
    name
        French name.
    facts
        `(heading, text)` pairs, besides the details of the features that show it.
    not_drawn
        Why it is nowhere on the map, in French; empty where a feature shows it.
    """

    key: str
    kind: SubjectKind
    name: str
    facts: tuple[tuple[str, str], ...] = ()
    not_drawn: str = ""


@dataclass(frozen=True)
class SubjectLink:
    """One reason why a thing reaches a quartier, or may reach it.

    Parameters
    ----------
    quartier, thing
        Keys of two subjects.
    basis
        French heading under which such links are listed, such as « Nomme le quartier ».
    note
        What is to be added in French, such as a distance; may be empty.
    certain
        False where the link is undetermined.
    counted
        How many such links the quartier has, in French.
    """

    quartier: str
    thing: str
    basis: str
    note: str = ""
    certain: bool = True
    counted: str = ""


@dataclass(frozen=True)
class Inset:
    """A small map of the whole, which shows where the large one lies.

    Parameters
    ----------
    title
        French text above it.
    communes, quartiers
        Outlines in the CRS of the scene.
    """

    title: str
    communes: gpd.GeoSeries
    quartiers: gpd.GeoSeries


@dataclass(frozen=True)
class Scene:
    """A whole map: layers from bottom to top, and all the text around them.

    Parameters
    ----------
    title, subtitle
        French text.
    layers
        From bottom to top.
    extent
        `(xmin, ymin, xmax, ymax)` in metres, in the CRS of the layers.
    page
        Paper of the printed sheet, such as ``"A4 landscape"``.
    notes
        What the reader must know to read the map right: method, generation, reserves.
    lists
        What numbers on the map stand for.
    not_drawn
        Named things without a place.
    sources
        Producer, date and licence of what is drawn, one sentence each.
    subjects, links
        What can be chosen on the web page, and what reaches what.
    inset
        None where the map shows the whole.
    simplify_m
        Metres by which outlines may move on the web page, so that it stays light.
    """

    title: str
    subtitle: str
    layers: tuple[Layer, ...]
    extent: tuple[float, float, float, float]
    page: str = "A4 landscape"
    notes: tuple[str, ...] = ()
    lists: tuple[TextList, ...] = ()
    not_drawn: tuple[TextList, ...] = ()
    sources: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    links: tuple[SubjectLink, ...] = ()
    inset: Inset | None = None
    simplify_m: float = 1.0


def legible_scene(scene: Scene, letters: Letters) -> Scene:
    """Give a map with all its text as it can be shown, and a note of what was replaced.

    Parameters
    ----------
    scene
        As its tables have it. Keys stay as they are: nobody reads them.
    letters
        Of the output.
    """
    inset = scene.inset and replace(scene.inset, title=letters(scene.inset.title))
    shown = replace(
        scene,
        title=letters(scene.title),
        subtitle=letters(scene.subtitle),
        layers=tuple(legible_layer(layer, letters) for layer in scene.layers),
        notes=_each(scene.notes, letters),
        lists=_each_list(scene.lists, letters),
        not_drawn=_each_list(scene.not_drawn, letters),
        sources=_each(scene.sources, letters),
        subjects=tuple(_legible_subject(subject, letters) for subject in scene.subjects),
        links=tuple(_legible_link(link, letters) for link in scene.links),
        inset=inset,
    )
    said = letters_said(letters.replaced)
    return replace(shown, notes=(*shown.notes, said)) if said else shown


def legible_layer(layer: Layer, letters: Letters) -> Layer:
    """Give a layer with its labels, its legend and its details as they can be shown."""
    features = layer.features
    for name in {"label", *layer.details}.intersection(features):
        texts = features[name].tolist()
        shown = [letters(text) if isinstance(text, str) else text for text in texts]
        if any(one is not other for one, other in zip(texts, shown, strict=True)):
            features = features.assign(**{name: np.array([*shown, None], dtype=object)[:-1]})
    return replace(
        layer,
        name=letters(layer.name),
        theme=letters(layer.theme),
        features=features,
        classes=tuple(replace(line, label=letters(line.label)) for line in layer.classes),
    )


def _each(texts: tuple[str, ...], letters: Letters) -> tuple[str, ...]:
    return tuple(map(letters, texts))


def _each_list(lists: tuple[TextList, ...], letters: Letters) -> tuple[TextList, ...]:
    return tuple(TextList(letters(part.heading), _each(part.items, letters)) for part in lists)


def _legible_subject(subject: Subject, letters: Letters) -> Subject:
    return replace(
        subject,
        name=letters(subject.name),
        facts=tuple((letters(heading), letters(text)) for heading, text in subject.facts),
        not_drawn=letters(subject.not_drawn),
    )


def _legible_link(link: SubjectLink, letters: Letters) -> SubjectLink:
    return replace(
        link,
        basis=letters(link.basis),
        note=letters(link.note),
        counted=letters(link.counted),
    )
