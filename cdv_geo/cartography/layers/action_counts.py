"""How many actions reach each perimeter, by basis, written on its outline.

The documents give hardly any position of an action, and a symbol at the middle of a quartier would
say that it happens there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.cartography.layers.layer_kind import PERIMETERS, LayerKind
from cdv_geo.cartography.layers.outline_features import outline_layer, outline_texts
from cdv_geo.french import map_texts, typography
from cdv_geo.french.table_labels import THING_NAMES, heading_of

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe
    from cdv_geo.cartography.scene import Layer
    from cdv_geo.study import Study


def actions_by_basis(study: Study, code: str) -> list[str]:
    """Write how many actions reach a perimeter by basis, and how many name each of its parts."""
    by_basis = {basis: study.count(code, f"action_{basis}") for basis in map_texts.COUNTED_BASES}
    parts = study.parts_of(code)
    named = {name: study.count_of_part(at, "action_declared") for name, at in parts.items()}
    return map_texts.counts_by_basis(by_basis, named)


def _counts(view: View, layer: LayerRecipe) -> list[Layer]:
    frame, study = view.study.drawn, view.study
    said = ["\n".join(actions_by_basis(study, code)) for code in frame["code"]]
    columns = {
        heading_of("code"): frame["code"].tolist(),
        THING_NAMES["action"]: said,
        heading_of("action_inside_count"): [
            map_texts.place_of_actions(study.count(code, "action_inside")) for code in frame["code"]
        ],
        **outline_texts(frame),
    }
    labels = [
        f"{typography.typeset(nom)}\n{text}" for nom, text in zip(frame["nom"], said, strict=True)
    ]
    return [
        outline_layer(KIND.french_name, frame, labels, columns, outline_only=layer.outline_only)
    ]


KIND: Final = LayerKind(
    name="actions",
    french_name="Quartiers et actions",
    theme=PERIMETERS,
    build=_counts,
    tables=lambda *_: ("perimeters", "actions"),
    keys=("outline_only",),
    notes=(
        (
            f"{typography.quoted('Nommément')}\u00a0: l’action nomme le quartier. "
            f"{typography.quoted('Plus largement')}\u00a0: elle nomme sa commune, la veille "
            "active ou tout le contrat. Une action peut toucher plusieurs quartiers."
        ),
        map_texts.UNPLACED_ACTION,
    ),
    outlines="generation",
    things="action",
)
