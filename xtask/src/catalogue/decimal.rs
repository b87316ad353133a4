//! Decimal text into nano-dollars per million tokens, exactly: no float is ever made of it.

/// The amount of a decimal text, times a power of ten; nothing when it is not a whole number of them.
///
/// **Shape**: JSON's and Python's: `2.5`, `1.25e-06`.
pub(crate) fn scaled(text: &str, power: i32) -> Option<u64> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let fraction = fraction.trim_end_matches('0');
    let shift = exponent.checked_add(power)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let number: u128 = format!("{whole}{fraction}").parse().ok()?;
    let factor = 10_u128.checked_pow(shift.unsigned_abs())?;
    let amount = match shift {
        0.. => number.checked_mul(factor)?,
        _ if number.is_multiple_of(factor) => number.checked_div(factor)?,
        _ => return None,
    };
    u64::try_from(amount).ok()
}

/// Dollars per million tokens.
pub(crate) const PER_MILLION: i32 = 9;
/// Dollars per token.
pub(crate) const PER_TOKEN: i32 = 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, power: i32, expected: Option<u64>) {
        assert_eq!(scaled(text, power), expected, "{text}");
    }

    #[test]
    fn amounts_are_exact() {
        check("2.5", PER_MILLION, Some(2_500_000_000));
        check("0", PER_MILLION, Some(0));
        check("0.0", PER_TOKEN, Some(0));
        check("2.5e-06", PER_TOKEN, Some(2_500_000_000));
        check("1.38e-07", PER_TOKEN, Some(138_000_000));
        check("0.000003", PER_TOKEN, Some(3_000_000_000));
        check("10", PER_MILLION, Some(10_000_000_000));
        check("1e-16", PER_TOKEN, None);
        check("-1", PER_TOKEN, None);
        check("1e99", PER_TOKEN, None);
        check("one", PER_TOKEN, None);
    }
}
