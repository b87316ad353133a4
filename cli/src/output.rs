//! Writing to the two streams: data to standard output, everything else to standard error.
//!
//! A closed pipe (`pointsman inspect | head`) ends the output quietly instead of with a panic.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value as Json;

/// Writes data.
pub(crate) fn data(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => {}
        // The reader closed the pipe: it has what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            LOST.store(true, Ordering::Relaxed);
            self::error(&format!("standard output cannot be written: {error}"));
        }
    }
}

/// Whether some data could not be written.
pub(crate) fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

static LOST: AtomicBool = AtomicBool::new(false);

/// Writes a JSON document.
pub(crate) fn json(document: &Json) {
    data(&format!("{document:#}\n"));
}

/// Writes a remark for people.
pub(crate) fn remark(text: &dyn Display) {
    drop(std::io::stderr().lock().write_all(format!("{text}\n").as_bytes()));
}

/// Writes an error for people. Control characters that a file or a name brought along are shown, not obeyed.
pub(crate) fn error(text: &dyn Display) {
    say("error", text);
}

/// Writes a warning for people, in the same way.
pub(crate) fn warning(text: &dyn Display) {
    say("warning", text);
}

fn say(what: &str, text: &dyn Display) {
    let shown: String = text.to_string().chars().flat_map(shown).collect();
    remark(&format!("{what}: {shown}"));
}

fn shown(character: char) -> Vec<char> {
    let hidden = character.is_control() && character != '\n';
    let reorders =
        matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    if hidden || reorders { character.escape_unicode().collect() } else { vec![character] }
}

/// Whether people read standard output with colours: a terminal, and `NO_COLOR` is not set.
pub(crate) fn wants_colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether people read standard error with colours.
pub(crate) fn log_wants_colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
