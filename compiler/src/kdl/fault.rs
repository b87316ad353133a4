//! What can be wrong with the syntax of a KDL file, in words of the person who wrote it.
//!
//! Deliberately one kind for each piece of advice. The invariant: a fault knows its label and its help, so that no other
//! file decides what to say.
//!
//! Read next: [`crate::rules::kdl_syntax`], which prints it.

/// A syntax error in KDL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KdlFault {
    /// A character that cannot stand here; nothing at the end of the file.
    Unexpected(Option<char>),
    /// A character that KDL refuses everywhere.
    Forbidden(char),
    /// A word that starts like a number and is none.
    Number(String),
    /// `true`, `false`, `null`, `inf`, `-inf` or `nan` without `#`.
    BareKeyword(String),
    /// A `#word` that KDL does not know.
    Keyword(String),
    /// A number or keyword where a name must stand.
    NameNotText,
    /// Two values without a space between them.
    MissingSpace,
    /// Nothing after `=`.
    MissingValue,
    /// Something between a closed block and the end of its line.
    AfterBlock,
    /// A second block of children.
    SecondBlock,
    /// A string that is not closed on its line, or not at all.
    UnclosedString,
    /// Text on the line of opening `"""`.
    MultilineStart,
    /// A line of a multi-line string that is indented less than its end.
    MultilineIndent,
    /// Text on the line of closing `"""`.
    MultilineEnd,
    /// A backslash with something that is not an escape, as written.
    Escape(String),
    /// A `/*` without its end.
    UnclosedComment,
    /// A backslash outside of a string that does not end its line.
    Continuation,
    /// A `/-` with nothing to comment out.
    NothingToComment,
    /// A `{` without its end.
    UnclosedBlock,
    /// A `}` that closes nothing.
    UnmatchedBlockEnd,
    /// A node whose lines below are indented deeper, with no `{` after it.
    MissingBlockStart,
    /// An `=` between a node and its argument.
    EqualsAfterNode,
    /// A comma between two values.
    Comma,
    /// A raw string in the form of KDL 1: `r"..."`.
    OldRawString,
    /// A comment in the form of YAML: `# text`.
    HashComment,
    /// Text in the form of YAML: `name: value`.
    Yaml,
}

impl KdlFault {
    /// What to see at the place, in a label.
    pub fn label(&self) -> String {
        let text = match self {
            Self::Unexpected(None) => "expected a value, found the end of the file",
            Self::Unexpected(Some(found)) if *found == '\n' || *found == '\r' => {
                "expected a value, found the end of the line"
            }
            Self::Unexpected(Some(found)) => return format!("unexpected `{}`", found.escape_debug()),
            Self::Forbidden(found) => {
                return format!("the character U+{:04X} is never allowed", u32::from(*found));
            }
            Self::Number(word) => {
                return format!(
                    "expected a number or a quoted text, found `{}`",
                    crate::shown::visible(word)
                );
            }
            Self::BareKeyword(word) => return format!("expected `#{word}`, found `{word}`"),
            Self::Keyword(word) => {
                return format!(
                    "expected `#true`, `#false` or `#null`, found `{}`",
                    crate::shown::visible(word)
                );
            }
            Self::NameNotText => "expected a name, found another value",
            Self::MissingSpace => "expected a space before this",
            Self::MissingValue => "expected a value after `=`",
            Self::AfterBlock => "expected the end of the line after the block",
            Self::SecondBlock => "expected the end of the line, found a second block",
            Self::UnclosedString => "this text is never closed",
            Self::MultilineStart => "expected the end of the line after these quotes",
            Self::MultilineIndent => "a line of this text is indented less than its closing quotes",
            Self::MultilineEnd => "the closing quotes of this text do not stand on their own line",
            Self::Escape(written) => return format!("`{}` is not an escape", crate::shown::visible(written)),
            Self::UnclosedComment => "this comment is never closed",
            Self::Continuation => "expected the end of the line after this backslash",
            Self::NothingToComment => "nothing follows that could be commented out",
            Self::UnclosedBlock => "this block is never closed: expected `}`",
            Self::UnmatchedBlockEnd => "no block is open here",
            Self::MissingBlockStart => "expected `{` here: the lines below are indented deeper",
            Self::EqualsAfterNode => "expected a value, found `=` right after the name of the node",
            Self::Comma => "expected a space between two values, found a comma",
            Self::OldRawString => "expected a raw string `#\"...\"#`, found the form of KDL 1",
            Self::HashComment => "expected `//` before a comment, found `#`",
            Self::Yaml => "expected a node of KDL, found a key of YAML",
        };
        text.to_owned()
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        let text = match self {
            Self::Unexpected(Some('[' | ']')) => {
                "write no brackets: a list is the values of one node, `fallback \"a\" \"b\"`"
            }
            Self::Unexpected(_) => "quote a text that holds any of `( ) { } [ ] / \\ \" # ; =`",
            Self::Forbidden(_) => "remove the character, or write it as `\\u{...}` in quotes",
            Self::Number(word) if is_abbreviated(word) => {
                "write a whole number in digits, such as 128_000; a text that begins with a digit needs quotes"
            }
            Self::Number(word) => {
                return format!(
                    "a bare word may not start with a digit: write `\"{}\"`",
                    crate::shown::visible(word)
                );
            }
            Self::BareKeyword(word) => {
                return format!("write `#{word}` for the value, or `\"{word}\"` for the text");
            }
            Self::Keyword(_) => "write one of these words, or quote a text that starts with `#`",
            Self::NameNotText => "start with a word, or quote the name",
            Self::MissingSpace => "separate values with a space",
            Self::MissingValue => "write `name=value` on one line",
            Self::AfterBlock | Self::SecondBlock => {
                "start the next node on its own line, or put `;` before it"
            }
            Self::UnclosedString => {
                "close the text with the quotes that it starts with; a text of several lines starts with `\"\"\"`"
            }
            Self::MultilineStart => "start the text on the next line",
            Self::MultilineIndent => "indent every line at least as deep as the closing quotes",
            Self::MultilineEnd => "put the closing quotes on a line of their own",
            Self::Escape(_) => "write `\\\\` for a backslash, or use a raw string `#\"...\"#`",
            Self::UnclosedComment => "end the comment with `*/`, once for each `/*` in it",
            Self::Continuation => "put the backslash at the end of the line, or quote the text that holds it",
            Self::NothingToComment => "put a node, a value or a block after `/-`, or remove it",
            Self::UnclosedBlock => "add the closing `}`",
            Self::UnmatchedBlockEnd => "remove this `}`, or add the `{` that it should close",
            Self::MissingBlockStart => "end the line of the node with `{`",
            Self::EqualsAfterNode => {
                "write `name \"value\"`: `=` stands only in a property, after the name of another node"
            }
            Self::Comma => "remove the comma",
            Self::OldRawString => "write `#\"...\"#`, or plain quotes where the text holds no backslash",
            Self::HashComment => "begin the comment with `//`",
            Self::Yaml => "name the file `.yaml`, or write `name \"value\"` and `name { ... }`",
        };
        text.to_owned()
    }

    /// The text to write instead, where there is only one.
    pub fn replacement(&self) -> Option<String> {
        match self {
            Self::Number(word) if is_abbreviated(word) => None,
            Self::Number(word) if word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) => {
                Some(format!("\"{word}\""))
            }
            Self::BareKeyword(word) if matches!(word.as_str(), "true" | "false" | "null") => {
                Some(format!("#{word}"))
            }
            _ => None,
        }
    }
}

/// Whether a word is a number with a letter for thousands or millions: `128k`.
fn is_abbreviated(word: &str) -> bool {
    let digits = word.strip_suffix(['k', 'K', 'M', 'G']).unwrap_or("");
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
}
