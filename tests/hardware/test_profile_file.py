"""The loader refuses what cannot be, and says where, what it saw and what it expected."""

import pytest

from hardware.errors import ConfigError, ProfileError
from hardware.layout import FrameLayout
from hardware.profile_file import load_profile, models, parse_profile

GOOD = """
title = "Maker Thing"
ja = "もの"
en = "thing"
kind = "frame"
silent_after = 60
sources = ["the manual"]

[serial]
baud = 9600

[frame]
start = "aac0"
length = 10
checksum = { kind = "sum8", over = [2, 8], at = 8 }
end = "ab"

[[field]]
quantity = "pm25"
at = 2
type = "u16le"
scale = 0.1
unit = "ug/m3"
missing = "never"
range = [0, 999]
"""


def refusal(old: str, new: str, text: str = GOOD) -> str:
    """The error of a profile in which one thing was changed."""
    assert old in text
    with pytest.raises(ProfileError) as caught:
        parse_profile("thing", text.replace(old, new))
    return str(caught.value)


def test_the_profile_that_the_other_tests_damage_is_good() -> None:
    assert parse_profile("thing", GOOD).fields[0].high == 999


def test_an_unknown_model_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="no model 'ld2140'; did you mean 'hlk-ld2410'"):
        load_profile("ld2140")


def test_all_models_are_listed_by_name() -> None:
    assert "ruuvitag" in models()
    assert models() == sorted(models())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('missing = "never"\n', "", "thing.toml: field 1 (pm25): missing: missing"),
        ('missing = "never"', "missing = []", "give a list of raw values"),
        ('unit = "ug/m3"', 'unit = "mg/m3"', "'mg/m3' is not the unit of pm25"),
        ('unit = "ug/m3"\n', "", "field 1 (pm25): unit: missing; expected text"),
        ('quantity = "pm25"', 'quantity = "pm2"', "no quantity 'pm2'; did you mean 'pm25'?"),
        ("range = [0, 999]\n", "", "range: missing; expected a list"),
        ("range = [0, 999]", "range = [999, 0]", "holds nothing; write [lowest, highest]"),
        ("scale = 0.1", "scale = 0", "scale: 0 would make every value the same"),
        ("scale = 0.1", "scale = 0.1\nstep = -1", "step: -1 is not above 0"),
        ("range = [0, 999]", "range = [0]", "is not [lowest, highest] in ug/m3"),
        ("scale = 0.1", "skale = 0.1", "skale: no such key; did you mean 'scale'?"),
        ("silent_after", "silent_afer", "thing.toml: silent_after: missing"),
        ("at = 2", "at = 9", "9 lies beyond the longest frame (10 bytes)"),
        ("at = 2", "at = -1", "2 bytes from -1 reach beyond the end"),
        ('type = "u16le"', 'type = "u16"', "does not say the byte order; add le or be"),
        ('type = "u16le"', 'type = "u12le"', "is not a type like u8, s16le"),
        ('type = "u16le"', 'type = "f16le"', "floats are f32 or f64"),
        ("at = 2", "at = 2\nbits = [16, 0]", "is not [highest bit, lowest bit] of 16"),
        ("at = 2", 'at = "2"', "'2' is not a whole number"),
        ('start = "aac0"', 'start = ""', "without start bytes a frame cannot be found"),
        ('start = "aac0"', 'start = "xy"', "'xy' is not hexadecimal"),
        ("length = 10\n", "", "give the frame's total length"),
        ("length = 10", "length = [10, 12]", "several lengths need the field that tells them"),
        ("length = 10", "length = 5000", "5000 is not a length of 1 to 4096 bytes"),
        ('"sum8"', '"sum9"', "'sum9' does not exist; did you mean 'sum8'?"),
        ("over = [2, 8]", "over = [2]", "is not [first byte, byte after the last]"),
        ('kind = "frame"', 'kind = "frames"', "'frames' does not exist; did you mean 'frame'?"),
        ("[serial]\nbaud = 9600\n", "", "a device on a serial line has [serial]"),
        ('sources = ["the manual"]', "sources = []", "name at least one document"),
        ("silent_after = 60", 'silent_after = "soon"', "'soon' is not a number"),
        ('en = "thing"', 'en = "thing"\nactions = ["open"]', "'open' does not exist"),
        ('en = "thing"', 'en = "thing"\nsettings = { a = [1] }', "neither a number nor a text"),
        ("[frame]", "[frame]\nfixed = { 7 = 8 }", "is not a place and hexadecimal bytes"),
        ('title = "Maker Thing"', "title = ", "not TOML"),
    ],
)
def test_a_wrong_profile_is_refused_with_place_and_reason(old: str, new: str, says: str) -> None:
    text = refusal(old, new)
    assert text.startswith("thing.toml")
    assert says in text


def test_a_frame_needs_a_checksum_or_an_end() -> None:
    bare = GOOD.replace('checksum = { kind = "sum8", over = [2, 8], at = 8 }\n', "")
    assert parse_profile("thing", bare)
    assert "needs at least its end bytes" in refusal('end = "ab"\n', "", bare)


SECOND = """
[[field]]
quantity = "pm10"
at = 3
type = "u16le"
scale = 0.1
unit = "ug/m3"
missing = "never"
range = [0, 999]
"""


def test_two_fields_may_share_bytes_only_if_they_say_so() -> None:
    assert "overlaps 'pm25'; if that is meant" in refusal("[serial]", "[serial]", GOOD + SECOND)
    meant = SECOND.replace("at = 3", 'at = 3\nrereads = "pm25"')
    assert len(parse_profile("thing", GOOD + meant).fields) == 2


def test_two_fields_may_share_a_byte_if_they_take_different_bits_of_it() -> None:
    low = GOOD.replace("at = 2\n", "at = 2\nbits = [4, 0]\n")
    high = SECOND.replace("at = 3\n", "at = 2\nbits = [15, 5]\n")
    assert len(parse_profile("thing", low + high).fields) == 2


def test_two_fields_of_one_quantity_need_channels() -> None:
    twin = SECOND.replace('"pm10"', '"pm25"').replace("at = 3", "at = 4")
    assert "give each its own channel" in refusal("[serial]", "[serial]", GOOD + twin)


def test_a_field_that_takes_no_part_in_the_frame_is_refused_in_its_condition_too() -> None:
    conditional = 'valid_if = { at = 11, type = "u8", is = [1] }\nunit = "ug/m3"'
    assert "11 lies beyond" in refusal('unit = "ug/m3"', conditional)


def test_lengths_may_be_a_range() -> None:
    text = GOOD.replace("length = 10", "length = { least = 10, most = 12 }").replace(
        "[frame]", '[frame]\nlength_field = { at = 6, type = "u8", plus = 8 }'
    )
    layout = parse_profile("thing", text).layout
    assert isinstance(layout, FrameLayout)
    assert layout.lengths == {10, 11, 12}
    assert layout.longest == 12


LINE = """
title = "Maker Line"
ja = "線"
en = "line"
kind = "line"
silent_after = 60
sources = ["the manual"]
[serial]
baud = 9600
[line]
ends = "\\r"
longest = 20
pattern = 'R(?P<range>\\d{4})'
[[field]]
quantity = "distance"
key = "range"
unit = "mm"
missing = [5000]
range = [300, 4999]
"""
PAIRS = LINE.replace(
    "pattern = 'R(?P<range>\\d{4})'",
    "pattern = '(?P<pairs>.*)'\npair = '(?P<key>[A-Z])=(?P<number>\\d+)(?P<suffix>[A-Z])'",
)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('ends = "\\r"', 'ends = ";"', "is not a line end"),
        ('key = "range"', 'key = "rnage"', "no group 'rnage'; did you mean 'range'?"),
        ("(?P<range>", "(?P<range>(", "not a regular expression"),
        ("(?P<range>", "(?P<pairs>", "go together"),
    ],
)
def test_a_wrong_line_is_refused(old: str, new: str, says: str) -> None:
    assert says in refusal(old, new, LINE)


def test_a_line_that_writes_units_needs_them_in_each_field() -> None:
    assert "the line writes a unit behind the number" in refusal("[line]", "[line]", PAIRS)
    text = PAIRS.replace('unit = "mm"', 'unit = "mm"\nsuffixes = { M = [1, 0] }')
    assert parse_profile("thing", text)
    wrong = PAIRS.replace('unit = "mm"', 'unit = "mm"\nsuffixes = { M = [1] }')
    assert "is not [scale, offset]" in refusal("[line]", "[line]", wrong)


MODBUS = """
title = "Maker Meter"
ja = "計器"
en = "meter"
kind = "modbus"
silent_after = 60
sources = ["the manual"]
[serial]
baud = 9600
parity = "even"
[poll]
every = 10
within = 1
[modbus]
unit = 3
function = 4
first = 10
count = 4
[[field]]
quantity = "voltage"
register = 12
type = "u32be"
scale = 0.001
unit = "V"
missing = [4294967295]
range = [0, 400]
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("every = 10", "every = 0", "poll: every: 0 is not above 0"),
        ("within = 1\n", "", "poll: within: missing; expected a number"),
        ("register = 12", "register = 13", "13 is not among the registers that are read"),
        ("function = 4", "function = 6", "6 does not read registers; use 3 or 4"),
        ("count = 4", "count = 126", "one request reads 1 to 125 registers"),
        ("[poll]\nevery = 10\nwithin = 1\n", "", "Modbus devices speak when asked"),
        ('parity = "even"', 'parity = "mark"', "'mark' does not exist"),
        ('type = "u32be"', 'type = "u8"', "registers have 16 bits"),
        ('type = "u32be"', 'type = "u16le"', "a register comes high byte first"),
    ],
)
def test_a_wrong_register_map_is_refused(old: str, new: str, says: str) -> None:
    assert says in refusal(old, new, MODBUS)


PINS = """
title = "Contact"
ja = "接点"
en = "contact"
kind = "level"
silent_after = "never"
sources = ["the manual"]
[pins.contact]
debounce = 0.05
[[field]]
quantity = "door"
pin = "contact"
missing = "never"
states = { 0 = "closed", 1 = "open" }
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('pin = "contact"', 'pin = "contakt"', "no pin 'contakt'; did you mean 'contact'?"),
        ('"open" }', '"opened" }', "door has no such state; did you mean 'open'?"),
        ('states = { 0 = "closed", 1 = "open" }', "", "say which raw value is which"),
        ("debounce = 0.05", 'pull = "left"', "'left' does not exist"),
    ],
)
def test_a_wrong_pin_is_refused(old: str, new: str, says: str) -> None:
    assert says in refusal(old, new, PINS)


ADVERT = """
title = "Tag"
ja = "タグ"
en = "tag"
kind = "advert"
silent_after = 60
sources = ["the manual"]
[advert]
company = 0x0499
length = 3
[[field]]
quantity = "battery"
at = 2
type = "u8"
unit = "%EL"
missing = [255]
range = [0, 100]
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("company = 0x0499\n", "", "give either company"),
        ("company = 0x0499", 'company = 0x0499\nservice = "fcd2"', "give either company"),
        ("length = 3\n", "", "an advertisement cut short must be refused"),
        ("at = 2", "at = 3", "3 lies beyond the longest frame (3 bytes)"),
    ],
)
def test_a_wrong_advertisement_is_refused(old: str, new: str, says: str) -> None:
    assert says in refusal(old, new, ADVERT)
