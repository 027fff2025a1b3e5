"""The shapes of JSON answers, for the document of the API."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


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
    notes: list[str] = Field(description="In Indonesian.")
    notes_en: list[str]


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


class RobustZone(BaseModel):
    """How often a place is among the poorest, and its ranks, rank 1 the poorest; null where it is not shown."""

    code: str
    name: str
    status: str
    share_in_top: float | None = Field(ge=0, le=1)
    rank_best: int | None
    rank_median: float | None
    rank_worst: int | None


class RobustnessAnswer(BaseModel):
    """How the ranked list of a level holds under other weights and cutoffs; who is in the top most often first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "run": "7f3c0a91d2",
                    "audience": "public",
                    "level": "kelurahan",
                    "by": "m0",
                    "top": 10,
                    "draws": 1000,
                    "zones": [
                        {
                            "code": "32.71.01.1001",
                            "name": "Mulyaharja",
                            "status": "shown",
                            "share_in_top": 0.964,
                            "rank_best": 1,
                            "rank_median": 3.0,
                            "rank_worst": 14,
                        }
                    ],
                }
            ]
        }
    )

    run: str
    audience: str
    level: str
    by: str
    top: int
    draws: int
    zones: list[RobustZone]


class Mind(BaseModel):
    """Something that a reader of a comparison should mind, in both languages."""

    id: str
    en: str


class Comparison(BaseModel):
    """The places of a level in two runs, column by column, all in the order of their codes.

    For each measure m: `m_old`, `m_new`, `m_difference`, `m_se` (standard error of the difference), `m_p`, and
    `m_moved` (whether it is more than chance). `status` is `compared`, `hidden` or `empty` in one run or both,
    `only_old` or `only_new`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "run": "7f3c0a91d2",
                    "old": "11b8e40c7a",
                    "audience": "public",
                    "level": "kelurahan",
                    "measures": ["m0"],
                    "findings": [{"id": "Register: 2025 → 2026. …", "en": "Registers: 2025 → 2026. …"}],
                    "columns": {
                        "code": ["32.71.01.1001"],
                        "name": ["Mulyaharja"],
                        "status": ["compared"],
                        "m0_old": [0.142],
                        "m0_new": [0.117],
                        "m0_difference": [-0.025],
                        "m0_se": [0.006],
                        "m0_p": [0.00003],
                        "m0_moved": [True],
                    },
                }
            ]
        }
    )

    run: str
    old: str
    audience: str
    level: str
    measures: list[str]
    findings: list[Mind]
    columns: dict[str, list[Any]]
