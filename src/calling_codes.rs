//! The calling codes of the world and the lengths of their mobile numbers: what tells a number that can exist from one that
//! cannot. Facts alone: no ranges, no operators, so that a new range of an old country is never refused.
//!
//! Source: the codes that ITU-T E.164 assigns, and libphonenumber's metadata for them (the PyPI package phonenumbers 9.0.43):
//! of each code the possible lengths of its regions' mobile numbers (fixed or mobile, where a country does not tell them
//! apart), national and international prefix, and whether a mobile or fixed number may begin with 0. Codes without mobile
//! numbers (800, 808, 878, 883, 888, 979) are left out. `tests/calling_codes` compares each row with that package.
//!
//! libphonenumber itself (the crate `phonenumber`) is no dependency: it brings regular expressions, a parser and some 200 KB of
//! metadata, and it guesses where this library must refuse.

/// What is known of a calling code: bits 4 to 13 are the lengths of its mobile numbers, without the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Country(u16);

/// Within the country a 0 is dialled before the number. It is no part of it: no number begins with 0.
const T: u16 = 1;
/// Numbers may begin with 0, which abroad is dialled too.
const Z: u16 = 1 << 1;
/// 00, and nothing else, is dialled before an international number.
const A: u16 = 1 << 2;
const N4: u16 = 1 << 4;
const N5: u16 = 1 << 5;
const N6: u16 = 1 << 6;
const N7: u16 = 1 << 7;
const N8: u16 = 1 << 8;
const N9: u16 = 1 << 9;
const N10: u16 = 1 << 10;
const N11: u16 = 1 << 11;
const N12: u16 = 1 << 12;
const N13: u16 = 1 << 13;

impl Country {
    pub(crate) fn has_trunk_zero(self) -> bool {
        self.0 & T != 0
    }

    pub(crate) fn has_leading_zeros(self) -> bool {
        self.0 & Z != 0
    }

    pub(crate) fn dials_00_alone(self) -> bool {
        self.0 & A != 0
    }

    /// Whether `national`, written without trunk zero, may be a mobile number.
    pub(crate) fn has(self, national: &str) -> bool {
        (4..=13).contains(&national.len())
            && self.0 & (1 << national.len()) != 0
            && (self.has_leading_zeros() || !national.starts_with('0'))
    }
}

/// The calling code that `digits` begin with, and its country. No code is the beginning of another (ITU-T E.164).
pub(crate) fn split(digits: &str) -> Option<(&str, Country)> {
    (1..=3).find_map(|length| {
        let code = digits.get(..length)?;
        Some((code, find(code)?))
    })
}

/// The country with this calling code.
pub(crate) fn find(code: &str) -> Option<Country> {
    // A leading 0 or a sign would get lost in the number.
    let number: u16 = code.parse().ok().filter(|_| code.starts_with(|c: char| matches!(c, '1'..='9')))?;
    let at = CALLING_CODES.binary_search_by_key(&number, |row| row.0).ok()?;
    Some(Country(CALLING_CODES[at].1))
}

#[rustfmt::skip]
const CALLING_CODES: [(u16, u16); 209] = [
    (1, N10),
    (7, N10),
    (20, T | A | N10), (27, T | A | N5 | N6 | N7 | N8 | N9),
    (30, A | N10), (31, T | A | N9 | N11), (32, T | A | N9), (33, T | A | N9), (34, A | N9), (36, A | N9),
    (39, Z | A | N9 | N10),
    (40, T | A | N9), (41, T | A | N9), (43, T | A | N7 | N8 | N9 | N10 | N11 | N12 | N13), (44, T | A | N10),
    (45, A | N8), (46, T | A | N9), (47, A | N8), (48, A | N9), (49, T | A | N10 | N11),
    (51, T | N9), (52, N10), (53, T | N8), (54, T | A | N10 | N11), (55, T | N10 | N11), (56, N9), (57, T | N10),
    (58, T | A | N10),
    (60, T | A | N9 | N10), (61, T | N9), (62, T | N9 | N10 | N11 | N12), (63, T | A | N10),
    (64, T | N8 | N9 | N10), (65, N8), (66, T | N9),
    (81, T | N10), (82, T | N9 | N10), (84, T | A | N9), (86, T | N11),
    (90, T | A | N10), (91, T | A | N10), (92, T | A | N10), (93, T | A | N9), (94, T | A | N9),
    (95, T | A | N7 | N8 | N9 | N10), (98, T | A | N10),
    (211, T | A | N9), (212, T | A | N9), (213, T | A | N9), (216, A | N8), (218, T | A | N9), (220, A | N7 | N9),
    (221, A | N9), (222, A | N8), (223, A | N8), (224, A | N9), (225, Z | A | N10), (226, Z | A | N8),
    (227, A | N8), (228, A | N8), (229, Z | A | N10), (230, N8), (231, T | A | N7 | N9), (232, T | A | N8),
    (233, T | A | N9), (234, T | N10), (235, N8), (236, A | N8), (237, A | N9), (238, N7), (239, A | N7),
    (240, A | N9), (241, Z | A | N7 | N8), (242, Z | A | N9), (243, T | A | N7 | N9), (244, A | N9), (245, A | N9),
    (246, A | N7), (247, A | N5), (248, N7), (249, T | A | N9), (250, T | A | N9), (251, T | A | N9),
    (252, T | A | N7 | N8 | N9), (253, A | N8), (254, T | N9), (255, T | N9), (256, T | N9), (257, A | N8),
    (258, A | N9), (260, T | A | N9), (261, T | A | N9), (262, T | A | N9), (263, T | A | N9), (264, T | A | N9),
    (265, T | A | N9), (266, A | N8), (267, A | N8), (268, A | N8), (269, A | N7), (290, A | N5),
    (291, T | A | N7), (297, A | N7), (298, A | N6), (299, A | N6),
    (350, A | N8), (351, A | N9), (352, A | N9), (353, T | A | N9), (354, N7 | N9), (355, T | A | N9),
    (356, A | N8), (357, A | N8), (358, T | N6 | N7 | N8 | N9 | N10), (359, T | A | N8 | N9), (370, T | A | N8),
    (371, A | N8), (372, A | N7 | N8), (373, T | A | N8), (374, T | A | N8), (375, N9), (376, A | N6 | N9),
    (377, T | A | N8 | N9), (378, Z | A | N8), (380, T | A | N9), (381, T | A | N8 | N9 | N10), (382, T | A | N8),
    (383, T | A | N8), (385, T | A | N8 | N9), (386, T | N8), (387, T | A | N8 | N9), (389, T | A | N8),
    (420, A | N9), (421, T | A | N9), (423, T | A | N7 | N9),
    (500, A | N5), (501, A | N7), (502, A | N8), (503, A | N8), (504, A | N8), (505, A | N8), (506, A | N8),
    (507, A | N7 | N8), (508, T | A | N6 | N9), (509, A | N8), (590, T | A | N9), (591, T | N8), (592, N7),
    (593, T | A | N9), (594, T | A | N9), (595, T | A | N9), (596, T | A | N9), (597, A | N7), (598, T | N8),
    (599, A | N7 | N8),
    (670, A | N8), (672, A | N6), (673, A | N7), (674, A | N7), (675, N8), (676, A | N7), (677, N5 | N7),
    (678, A | N7), (679, N7), (680, N7), (681, A | N6), (682, A | N5), (683, A | N4 | N7), (685, N7 | N10),
    (686, T | A | N8), (687, A | N6), (688, A | N6 | N7), (689, A | N8), (690, A | N4 | N5 | N6 | N7),
    (691, A | N7), (692, N7),
    (850, T | N10), (852, N8), (853, A | N8), (855, T | N8 | N9), (856, T | A | N9 | N10), (870, N9 | N12),
    (880, T | A | N10), (881, Z | N9 | N10), (882, N7 | N8 | N9 | N10 | N12), (886, T | N9),
    (960, N7), (961, T | A | N7 | N8), (962, T | A | N9), (963, T | A | N9), (964, T | A | N10), (965, A | N8),
    (966, T | A | N9), (967, T | A | N9), (968, A | N8), (970, T | A | N9), (971, T | A | N9), (972, T | N9),
    (973, A | N8), (974, A | N8), (975, A | N8), (976, T | N8), (977, T | A | N10), (992, Z | N9), (993, N8),
    (994, T | A | N9), (995, T | A | N9), (996, T | A | N9), (998, A | N9),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_none_begins_another() {
        assert!(CALLING_CODES.is_sorted_by_key(|row| row.0));
        let codes = CALLING_CODES.map(|row| row.0.to_string());
        for (at, code) in codes.iter().enumerate() {
            assert!(
                codes.iter().skip(at + 1).all(|other| other != code && !other.starts_with(code.as_str())),
                "{code}"
            );
        }
    }

    #[test]
    fn every_row_says_something_that_can_be() {
        for (code, bits) in CALLING_CODES {
            let country = Country(bits);
            assert!(bits >> 4 != 0 && bits >> 14 == 0 && bits & 1 << 3 == 0, "{code}");
            assert!(!(country.has_trunk_zero() && country.has_leading_zeros()), "{code}");
            // ITU-T E.164: 15 digits at the most.
            let longest = 15 - bits.ilog2() as usize;
            assert!(code.to_string().len() <= longest, "{code}");
            assert_eq!(split(&format!("{code}00000")), Some((code.to_string().as_str(), country)));
        }
    }

    #[test]
    fn what_is_no_code_is_not_found() {
        for code in ["", "0", "066", "+66", "800", "999", "6", "666", "66 ", "๖๖", "66812"] {
            assert_eq!(find(code), None, "{code}");
        }
        assert_eq!(split("800123456789"), None);
        assert_eq!(split("๖๖812345678"), None);
    }

    #[test]
    fn a_length_is_that_of_the_country() {
        let thailand = find("66").unwrap();
        assert!(thailand.has("812345678") && !thailand.has("81234567") && !thailand.has("8123456789"));
        assert!(thailand.has_trunk_zero() && !thailand.has("012345678") && !thailand.dials_00_alone());
        assert!(find("225").unwrap().has("0707123456") && !find("65").unwrap().has("01234567"));
        assert!(!find("44").unwrap().has(&"7".repeat(1 << 16)));
    }
}
