"""The shapes of JSON answers, for the document of the API."""

from typing import Any

from pydantic import BaseModel, Field


class BoundaryAccount(BaseModel):
    """The boundary set that a run stands on."""

    name: str
    id: str
    place: str
    codes: str
    source: str
    valid_from: str | None


class RunAccount(BaseModel):
    """What a run is: its inputs, its parameters, and what became of the households."""

    run: str = Field(examples=["7f3c0a91d2"])
    read: int
    located: int
    by_code: int
    refused: int
    reasons: dict[str, int]
    register_name: str = Field(alias="register")
    boundaries: BoundaryAccount
    specification: str
    cutoff: str = Field(examples=["1/3"])
    weights: dict[str, str]
    resolution: int
    notes: list[str]


class RunDescription(RunAccount):
    """A run as one audience may see it."""

    audience: str = Field(examples=["public"])
    levels: list[str] = Field(examples=[["kota", "kecamatan", "kelurahan", "h3-8", "pocket"]])


class Columns(BaseModel):
    """The zones of a level, column by column, all in one order; figures of hidden zones are null."""

    run: str
    audience: str
    level: str
    zones: int
    columns: dict[str, list[Any]]


class FeatureCollection(BaseModel):
    """Zones as GeoJSON (RFC 7946)."""

    type: str = "FeatureCollection"
    run: str
    audience: str
    features: list[dict[str, Any]]


class RankedZone(BaseModel):
    """A shown zone in the order of a measure, rank 1 the poorest."""

    rank: int
    priority_class: str
    code: str
    name: str
    value: float
    rank_low: int | None = Field(None, description="Best rank that the data allow (95 %), by M0 only.")
    rank_high: int | None = None
    priority: str | None = Field(
        None, description="`certain`, `possible` or `not` in a list of the `top` poorest, by M0 only."
    )


class Ranking(BaseModel):
    """The ranked list of a level."""

    run: str
    audience: str
    level: str
    by: str
    top: int
    zones: list[RankedZone]


class Deviation(BaseModel):
    """How far what-if answers of a level are from exact ones: the run's own question put to its merged profiles."""

    m0_largest: float = Field(description="Largest absolute difference of M0 over the shown places.")
    m0_mean: float
    h_largest: float
    top: int = Field(description="How many of the ten poorest places are among the ten of the exact order.")


class WhatIfAnswer(BaseModel):
    """Figures, classes and ranks of a level under other choices, in the order of its zones."""

    run: str
    audience: str
    level: str
    deviation: Deviation | None = Field(
        description="Null where the question is the run's own: then it is exact."
    )
    columns: dict[str, list[Any]]
    classes: dict[str, list[Any]]
    ranks: dict[str, int]
