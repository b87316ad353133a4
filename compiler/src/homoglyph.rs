//! Letters of other alphabets that look like those of ASCII.
//!
//! Deliberately only words of two alphabets: a word in one is what it is, whatever it looks like.
//!
//! Read next: [`crate::rules::confusable_name`].

/// The first letter that looks like one of ASCII and stands in a word with one.
pub fn impostor(text: &str) -> Option<(char, char)> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let mixed = words.filter(|word| !word.is_ascii() && word.contains(|c: char| c.is_ascii_alphabetic()));
    mixed.flat_map(str::chars).find_map(|c| Some((c, looks_like(c)?)))
}

/// **Source**: Unicode TR39, confusables.txt, those of Cyrillic, Greek and full-width letters with one ASCII letter.
fn looks_like(letter: char) -> Option<char> {
    if let Some(offset) = u32::from(letter).checked_sub(0xff21).filter(|offset| *offset <= 0x39) {
        return char::from_u32(u32::from('A').saturating_add(offset)).filter(char::is_ascii_alphabetic);
    }
    let at = FOREIGN.chars().position(|foreign| foreign == letter)?;
    LATIN.chars().nth(at)
}

const FOREIGN: &str = "аеорсухіѕјһԁԛԝАВЕКМНОРСТУХІЅЈοανρυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";
const LATIN: &str = "aeopcyxisjhdqwABEKMHOPCTYXISJoavpuikABEZHIKMNOPTYX";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_two_alphabets_are_told() {
        assert_eq!(FOREIGN.chars().count(), LATIN.chars().count());
        let check = |text: &str, expected: Option<char>| {
            assert_eq!(impostor(text).map(|(_, like)| like), expected, "{text}");
        };
        check("\u{430}dmins", Some('a'));
        check("platf\u{3bf}rm", Some('o'));
        check("\u{ff41}dmin", Some('a'));
        check("администраторы", None);
        check("Команда Search", None);
        check("Büro Köln", None);
        check("admins", None);
    }
}
