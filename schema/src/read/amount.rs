//! Amounts: counts past 32 bits, and money as decimal text.
//!
//! Deliberately without floating point: a decimal text becomes an integer exactly, or is an error.

use serde_json::{Value as Json, json};

use super::scalar::{is_digits, whole};
use super::{ProblemKind, Read, Reader};
use crate::json_schema::Definitions;
use crate::tree::{Node, ScalarKind};

/// How many of something.
///
/// **Shape**: a whole number from 1 to 10^15; `_` may group digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl Count {
    const MAX: u64 = 1_000_000_000_000_000;
}

impl Read for Count {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let expected = "a whole number";
        let scalar = reader.scalar(node, expected)?;
        let is_number = matches!(scalar.kind, ScalarKind::Plain | ScalarKind::Number);
        let Some(number) = whole(&scalar.text).filter(|_| is_number) else {
            reader.wrong_type(node, expected);
            return None;
        };
        let count = u64::try_from(number).ok().filter(|count| (1..=Self::MAX).contains(count));
        if count.is_none() {
            let bounds = format!("1 to {}", Self::MAX);
            let kind = ProblemKind::OutOfRange { what: "number", value: number.to_string(), bounds };
            reader.report(node.span, kind);
        }
        count.map(Self)
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "integer", "minimum": 1, "maximum": Self::MAX })
    }
}

/// An amount of money.
///
/// **Shape**: US dollars in decimal, more than 0 and at most one billion, with at most nine decimals: `250`, `0.05`.
/// **Unit**: nano-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars(pub u64);

impl Dollars {
    const MAX: u64 = 1_000_000_000 * NANOS_PER_DOLLAR;
}

impl Read for Dollars {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let expected = "an amount in dollars";
        let text = &reader.scalar(node, expected)?.text;
        let nanos = match nanos(text) {
            Ok(nanos) => nanos,
            Err(why) => {
                let kind = ProblemKind::Malformed { expected, text: text.clone(), why };
                reader.report(node.span, kind);
                return None;
            }
        };
        if nanos == 0 || nanos > Self::MAX {
            let bounds = "more than 0, at most 1000000000 dollars".to_owned();
            let kind = ProblemKind::OutOfRange { what: "amount", value: text.clone(), bounds };
            reader.report(node.span, kind);
            return None;
        }
        Some(Self(nanos))
    }

    fn describe(_: &mut Definitions) -> Json {
        let text = json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,9})?$" });
        json!({ "anyOf": [{ "type": "number", "exclusiveMinimum": 0 }, text] })
    }
}

/// Nano-dollars in one dollar.
pub const NANOS_PER_DOLLAR: u64 = 1_000_000_000;

/// A decimal text in dollars as nano-dollars, exactly; the error says how to write one.
pub fn nanos(text: &str) -> Result<u64, String> {
    let hint = || "write dollars in decimal, such as 250 or 0.05, without a sign or unit".to_owned();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(hint());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 9 {
        return Err("at most nine decimals are kept".to_owned());
    }
    let padded = format!("{fraction:0<9}");
    let too_large = || "it is too large".to_owned();
    let whole = whole.parse::<u64>().map_err(|_| too_large())?;
    let fraction = padded.parse::<u64>().map_err(|_| hint())?;
    whole.checked_mul(NANOS_PER_DOLLAR).and_then(|nanos| nanos.checked_add(fraction)).ok_or_else(too_large)
}

/// Nano-dollars as decimal text in dollars, without zeros at the end.
pub fn dollars(nanos: u128) -> String {
    let (whole, fraction) = (nanos / u128::from(NANOS_PER_DOLLAR), nanos % u128::from(NANOS_PER_DOLLAR));
    let text = format!("{whole}.{fraction:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_is_exact() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(nanos(text).ok(), expected, "{text}");
        check("250", Some(250_000_000_000));
        check("0.05", Some(50_000_000));
        check("0.000000001", Some(1));
        check("1.0000000000", Some(1_000_000_000));
        check("0.0000000001", None);
        check("18446744073.709551615", Some(u64::MAX));
        check("18446744073.709551616", None);
        for wrong in ["", ".5", "5.", "-1", "1e3", "$5", "1_000", "1,5"] {
            check(wrong, None);
        }
    }

    #[test]
    fn dollars_are_read_back() {
        for nanos_of in [1, 50_000_000, NANOS_PER_DOLLAR, 123_456_789_012] {
            assert_eq!(nanos(&dollars(u128::from(nanos_of))), Ok(nanos_of));
        }
    }
}
