//! The id of a call whose provider gives it none, which its client needs to say whose result a result is.

/// By the answer and by how many calls came before in it, so that ids of several turns differ.
pub(super) fn made(answer: Option<&str>, number: u32) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let usual = |answer: &&str| {
        !answer.is_empty() && answer.len() <= ANSWER_ID_BYTES_MAX && answer.bytes().all(plain)
    };
    match answer.filter(usual) {
        Some(answer) => format!("call_{answer}_{number}"),
        None => format!("call_{number}"),
    }
}

/// The longest name of an answer that becomes part of an id: with the rest of it, clients take no more. **Unit**: bytes.
const ANSWER_ID_BYTES_MAX: usize = 28;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: &str) {
        assert_eq!(made(Some(answer), 2), expected);
    }

    #[test]
    fn the_answer_is_part_of_it_where_ids_may_hold_it() {
        check("aB-1_2", "call_aB-1_2_2");
        check("", "call_2");
        check("a b", "call_2");
        check(&"a".repeat(29), "call_2");
        assert_eq!(made(None, 0), "call_0");
    }
}
