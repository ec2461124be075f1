"""src/calling_codes.rs against its source: libphonenumber's metadata, in the version that the file names."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

SOURCE = (Path(__file__).parents[2] / "src" / "calling_codes.rs").read_text("utf-8")
ROWS = {int(code): set(flags.split(" | ")) for code, flags in re.findall(r"\((\d+), ([TZAN0-9 |]+)\)", SOURCE)}


def regions(code: int) -> list[Any]:
    names = COUNTRY_CODE_TO_REGION_CODE[code]
    if names == ("001",):
        return [PhoneMetadata.metadata_for_nongeo_region(code)]
    return [PhoneMetadata.metadata_for_region(name) for name in names]


def lengths(region: Any, kind: Any) -> set[int]:
    """Those that numbers of a kind can have; -1 stands for none."""
    if kind is None or not kind.national_number_pattern:
        return set()
    return {length for length in kind.possible_length or region.general_desc.possible_length if length > 0}


def mobile_lengths(region: Any) -> set[int]:
    return lengths(region, region.mobile)


def matches_with_zero(kind: Any, lengths: set[int]) -> bool:
    """Tried out with every four digits that a number of this kind could begin with."""
    pattern, rest = re.compile(kind.national_number_pattern), random.Random(0)  # noqa: S311
    return any(
        pattern.fullmatch((f"0{begin:03}" + "".join(rest.choices("0123456789", k=length)))[:length])
        for length in lengths
        for begin in range(1000)
    )


def may_begin_with_zero(region: Any) -> bool:
    kinds = [kind for kind in (region.mobile, region.fixed_line) if kind and kind.national_number_pattern]
    return any(matches_with_zero(kind, lengths(region, kind)) for kind in kinds)


def test_the_version_is_the_one_that_the_table_names() -> None:
    assert f"phonenumbers {phonenumbers.__version__})" in SOURCE


def test_every_code_with_mobile_numbers_is_there_with_their_lengths() -> None:
    expected = {code: set().union(*map(mobile_lengths, regions(code))) for code in COUNTRY_CODE_TO_REGION_CODE}
    table = {code: {int(flag[1:]) for flag in flags if flag[0] == "N"} for code, flags in ROWS.items()}
    assert table == {code: some for code, some in expected.items() if some}


def test_what_is_dialled_before_a_number() -> None:
    for code, flags in ROWS.items():
        assert ("T" in flags) == ({region.national_prefix for region in regions(code)} == {"0"}), code
        assert ("A" in flags) == ({region.international_prefix for region in regions(code)} == {"00"}), code


def test_numbers_that_begin_with_zero() -> None:
    found = {code for code, flags in ROWS.items() if "T" not in flags and any(map(may_begin_with_zero, regions(code)))}
    assert found == {code for code, flags in ROWS.items() if "Z" in flags}
    # Where a trunk zero is dialled, no mobile number begins with 0: it could not be told from the trunk zero.
    with_trunk_zero = [code for code, flags in ROWS.items() if "T" in flags]
    assert not [
        code
        for code in with_trunk_zero
        if any(matches_with_zero(region.mobile, mobile_lengths(region)) for region in regions(code))
    ]
