"""`cdv-geo locate`: in which perimeters a point lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cdv_geo.cli.shared_options import (
    FiniteRange,
    generation_option,
    strict_option,
    territory_option,
)
from cdv_geo.cli.stdout_answers import echo_json

if TYPE_CHECKING:
    import pandas as pd

    from cdv_geo.cli.session import Session
    from cdv_geo.territory import Territory


@click.command(name="locate", context_settings={"ignore_unknown_options": True})
@click.argument("longitude", metavar="LON", type=FiniteRange(-180, 180))
@click.argument("latitude", metavar="LAT", type=FiniteRange(-90, 90))
@generation_option()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Of what goes to stdout.",
)
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    longitude: float,
    latitude: float,
    generation: int | None,
    form: str,
) -> None:
    """Say in which perimeters a point lies: inside, outside or undetermined.

    LON and LAT are degrees in WGS84, longitude first. Undetermined means that the point is nearer
    to an outline than the outline's own error, or that a perimeter of the commune has no outline;
    “likely” is then the more probable answer, where there is one.

    \b
    Examples:
      cdv-geo locate 5.92081 45.590738
      cdv-geo locate 5.92081 45.590738 --generation 2015 --format json
    """
    import geopandas as gpd

    territory = session.load(perimeters_only=True)
    point = gpd.GeoDataFrame(geometry=gpd.points_from_xy([longitude], [latitude]), crs="EPSG:4326")
    answers = territory.locate(point, generation=generation).loc[0]
    if answers["commune"].isna().all():
        _hint_at_swapped_axes(session, territory, longitude, latitude)
    session.explain_generations(territory, generation)
    result = {
        "longitude": longitude,
        "latitude": latitude,
        "generation": territory.generation(generation),
        "commune": _commune(territory, answers["commune"].iloc[0]),
        **{kind: _answer(territory, answers.loc[kind]) for kind in answers.index},
    }
    if form == "json":
        echo_json(result)
    else:
        _echo(result, list(answers.index))


def _hint_at_swapped_axes(
    session: Session, territory: Territory, longitude: float, latitude: float
) -> None:
    import shapely

    degrees = territory.communes.geometry.to_crs("EPSG:4326")
    if degrees.intersects(shapely.Point(latitude, longitude)).any():
        session.notice(
            f"Note: {latitude:g} {longitude:g} would be in the contract; longitude comes first."
        )


def _commune(territory: Territory, code: object) -> dict[str, str] | None:
    if not isinstance(code, str):
        return None
    names = territory.communes.set_index("code_insee")["nom"]
    return {"code_insee": code, "nom": str(names[code])}


def _answer(territory: Territory, answer: pd.Series) -> dict[str, Any]:
    from cdv_geo.gazetteer import split_list

    names = territory.perimeters.set_index("code")["nom"].to_dict()
    nearest = None
    if isinstance(answer["nearest"], str):
        nearest = {"code": answer["nearest"], "distance_m": round(float(answer["distance_m"]), 1)}
    return {
        "status": answer["status"],
        "perimeters": [{"code": c, "nom": names[c]} for c in split_list(answer["codes"])],
        "likely": _or_none(answer["likely"]),
        "nearest": nearest,
        "reason": _or_none(answer["reason"]),
    }


def _or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _echo(result: dict[str, Any], kinds: list[str]) -> None:
    commune = result["commune"]
    where = f"{commune['nom']} ({commune['code_insee']})" if commune else "outside the contract"
    click.echo(f"commune: {where}")
    for kind in kinds:
        answer = result[kind]
        likely = f", likely {answer['likely']}" if answer["likely"] else ""
        click.echo(f"{kind}: {answer['status']}{likely}")
        for perimeter in answer["perimeters"]:
            click.echo(f"  {perimeter['code']} {perimeter['nom']}")
        if answer["nearest"]:
            nearest = answer["nearest"]
            click.echo(f"  nearest outline: {nearest['code']} at {nearest['distance_m']:.0f} m")
        if answer["reason"]:
            click.echo(f"  reason: {answer['reason']}")
