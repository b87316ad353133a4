//! KDL numbers as plain decimal text.
//!
//! Deliberately converts nothing to a machine number: the field that reads it knows the range. The invariant: the text
//! has no underscores, no plus sign and, when it fits 128 bits, no other base than ten.

/// The number that a word writes; nothing when it is not one.
pub(super) fn parse(word: &str) -> Option<String> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let sign = if negative { "-" } else { "" };
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            let digits = integer(digits, radix)?;
            // Longer than any limit of the language: the field refuses the text as it stands.
            let decimal = u128::from_str_radix(&digits, radix)
                .map_or_else(|_| word.to_owned(), |n| format!("{sign}{n}"));
            return Some(decimal);
        }
    }
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let mut text = sign.to_owned();
    match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            text.push_str(&integer(whole, 10)?);
            text.push('.');
            text.push_str(&integer(fraction, 10)?);
        }
        None => text.push_str(&integer(mantissa, 10)?),
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        text.push('e');
        text.push_str(if exponent.starts_with('-') { "-" } else { "" });
        text.push_str(&integer(digits, 10)?);
    }
    Some(text)
}

fn integer(text: &str, radix: u32) -> Option<String> {
    let valid =
        text.starts_with(|c: char| c.is_digit(radix)) && text.chars().all(|c| c == '_' || c.is_digit(radix));
    valid.then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(super::parse(word).as_deref(), expected, "{word}");
    }

    #[test]
    fn numbers_become_plain_decimal() {
        check("1_000_000", Some("1000000"));
        check("+7", Some("7"));
        check("-0x1F", Some("-31"));
        check("0b1010_", Some("10"));
        check("0o17", Some("15"));
        check("1.5e+10", Some("1.5e10"));
        check("1.5E-1_0", Some("1.5e-10"));
        check("30d", None);
        check("1.", None);
        check("1._0", None);
        check("0x_1", None);
        check("1e2e3", None);
        check("0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", Some("0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"));
    }
}
