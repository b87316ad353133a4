//! What can be wrong with the syntax of a YAML document, in words of the person who wrote it.
//!
//! Deliberately fewer kinds than the parser knows: each one here has its own advice. The invariant: every error of the
//! parser has a kind here.
//!
//! Read next: [`crate::rules::yaml_syntax`], which prints it.

use granit_parser::ErrorKind;

use super::indentation::Indented;

/// A syntax error in YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YamlFault {
    /// A `[` or `{` without its end.
    UnclosedBracket(char),
    /// A closing bracket that closes nothing, or another kind of bracket.
    WrongBracket,
    /// A `'` or `"` without its end.
    UnclosedQuote,
    /// Text right after a closing quote.
    TextAfterQuote,
    /// A tab where YAML counts spaces.
    Tab,
    /// A line that starts in a column where nothing can start.
    Indentation,
    /// The same, where the lines above show in which it could.
    Indented(Indented),
    /// A `$` before a brace, which other programs replace.
    Interpolation,
    /// A key without a colon after it.
    MissingColon,
    /// A colon where no key can stand: two on one line, or a value that goes on on the next line.
    SecondColon,
    /// A colon without a space after it.
    ColonWithoutSpace,
    /// A list item or key where the surrounding list or map does not go on.
    MixedBlock,
    /// A missing comma between two items in brackets.
    MissingComma,
    /// A `-` inside of brackets, or on the line of a key.
    MisplacedItem,
    /// A character that cannot start a value.
    Character(char),
    /// A backslash in double quotes with something that is not an escape.
    Escape,
    /// An alias before its anchor, or without one.
    UnknownAlias,
    /// A `#` without a space before it, or inside of a text of several lines.
    Comment,
    /// A line that starts with `%`.
    Directive,
    /// A `|` or `>` whose header or lines are wrong.
    BlockScalar,
    /// A tag that is not written as one.
    Tag,
    /// The text ends in the middle.
    Unfinished,
    /// Anything else.
    Other,
}

impl YamlFault {
    /// The fault of a parser's error and how many characters to mark; nothing for nesting past the parser's limit.
    pub(super) fn of(kind: &ErrorKind) -> (Option<Self>, usize) {
        use ErrorKind as E;
        let fault = match kind {
            E::RecursionLimitExceeded => return (None, 1),
            E::UnclosedFlowCollection { open } => Self::UnclosedBracket(*open),
            E::UnexpectedEofFlowSequence => Self::UnclosedBracket('['),
            E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => Self::UnclosedBracket('{'),
            E::MisplacedFlowCollectionEnd | E::MismatchedFlowCollectionEnd { .. } => Self::WrongBracket,
            E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => Self::UnclosedQuote,
            E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
                Self::TextAfterQuote
            }
            E::TabNotAllowed
            | E::TabInBlockIndentation
            | E::TabInIndentation
            | E::TabInPlainScalar
            | E::TabAtBlockScalarStart => Self::Tab,
            E::InvalidIndentation | E::InvalidQuotedScalarIndent | E::InvalidFlowScalarIndent => {
                Self::Indentation
            }
            E::SimpleKeyExpected | E::InvalidSimpleKey => Self::MissingColon,
            E::MappingValueNotAllowed | E::MappingKeyNotAllowed | E::InvalidColonPlacement => {
                Self::SecondColon
            }
            E::InvalidMappingValueWhitespace | E::FlowMappingValueAdjacentCollection => {
                Self::ColonWithoutSpace
            }
            E::ExpectedBlockMappingKey | E::ExpectedBlockSequenceEntry => Self::MixedBlock,
            E::ExpectedFlowMappingSeparator | E::ExpectedFlowSequenceSeparator => Self::MissingComma,
            E::BlockEntryInFlowCollection
            | E::BlockSequenceEntryNotAllowed
            | E::InvalidBlockEntryWhitespace
            | E::PlainScalarStartsWithDashFlowIndicator => Self::MisplacedItem,
            E::UnexpectedCharacter { character } => Self::Character(*character),
            E::BomInsideDocument => Self::Character(crate::source_map::BOM),
            E::UnknownAnchor | E::MissingAnchorOrAliasName => Self::UnknownAlias,
            E::CommentInterceptedScalar | E::CommentNotSeparated => Self::Comment,
            other => Self::of_rare(other),
        };
        (Some(fault), 1)
    }

    fn of_rare(kind: &ErrorKind) -> Self {
        use ErrorKind as E;
        match kind {
            E::UnknownQuotedScalarEscape
            | E::InvalidQuotedScalarHexEscape
            | E::InvalidLowSurrogateHexEscape
            | E::InvalidLowSurrogate
            | E::MissingLowSurrogate
            | E::UnpairedLowSurrogate
            | E::InvalidUnicodeEscape => Self::Escape,
            E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader | E::InvalidBlockScalarIndent => {
                Self::BlockScalar
            }
            E::DuplicateVersionDirective
            | E::UnsupportedYamlMajorVersion
            | E::DuplicateTagDirective
            | E::MissingDocumentEndBeforeDirective
            | E::InvalidDirectiveTerminator
            | E::DirectiveDisallowed
            | E::MissingYamlVersionSeparator
            | E::MissingDirectiveName
            | E::InvalidDirectiveName
            | E::DirectiveByteLimitExceeded { .. }
            | E::TooManyReservedDirectiveParams { .. }
            | E::YamlVersionTooLong
            | E::MissingYamlVersion
            | E::InvalidTagDirectiveTerminator
            | E::ExpectedTagDirectiveBang => Self::Directive,
            E::UndeclaredTagHandle
            | E::ExpectedTagBang
            | E::InvalidGlobalTagCharacter
            | E::InvalidTagTerminator
            | E::MissingTagUri
            | E::UnclosedVerbatimTag
            | E::InvalidTagEscape
            | E::InvalidTagUtf8LeadingByte
            | E::InvalidTagUtf8TrailingByte
            | E::InvalidTagUtf8 => Self::Tag,
            E::UnexpectedEof | E::UnexpectedEofBlockSequence | E::UnexpectedEofBlockMapping => {
                Self::Unfinished
            }
            _ => Self::Other,
        }
    }

    /// Whether the parser may have stumbled only because a bracket on an earlier line was never closed.
    pub(super) fn blames_open_bracket(&self) -> bool {
        matches!(
            self,
            Self::UnclosedBracket(_)
                | Self::MissingComma
                | Self::SecondColon
                | Self::MissingColon
                | Self::MisplacedItem
                | Self::Indentation
                | Self::Unfinished
        )
    }

    /// Whether the parser may have stumbled only because a line begins in the wrong column.
    pub(super) fn blames_indentation(&self) -> bool {
        matches!(
            self,
            Self::Indentation
                | Self::MixedBlock
                | Self::SecondColon
                | Self::MissingColon
                | Self::MisplacedItem
                | Self::Unfinished
                | Self::Other
        )
    }

    /// What to see at the place, in a label.
    pub fn label(&self) -> String {
        let text = match self {
            Self::UnclosedBracket('[') => "this list is never closed: expected `]`",
            Self::UnclosedBracket(_) => "this map is never closed: expected `}`",
            Self::WrongBracket => "this bracket does not close the one that is open",
            Self::UnclosedQuote => "this quote is never closed",
            Self::TextAfterQuote => "expected the end of the value after the closing quote",
            Self::Tab => "expected spaces, found a tab",
            Self::Indentation => "nothing that is open starts in this column",
            Self::Indented(indented) => return indented.label(),
            Self::Interpolation => "expected a value, found a placeholder; nothing is filled in for it",
            Self::MissingColon => "expected `:` after this key",
            Self::SecondColon => "found `:` where no key can stand",
            Self::ColonWithoutSpace => "expected a space after this `:`",
            Self::MixedBlock => "expected the list or map above to go on here",
            Self::MissingComma => "expected `,` or the closing bracket here",
            Self::MisplacedItem => "a list item cannot start here",
            Self::Character(found) => return format!("a value cannot start with `{}`", found.escape_debug()),
            Self::Escape => "these quotes hold a backslash that starts no escape",
            Self::UnknownAlias => "no anchor of this name stands before this alias",
            Self::Comment => "a comment cannot start here",
            Self::Directive => "this directive cannot be read",
            Self::BlockScalar => "this block of text cannot be read",
            Self::Tag => "this tag cannot be read",
            Self::Unfinished => "the text ends before the value does",
            Self::Other => "expected something else here",
        };
        text.to_owned()
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::UnclosedBracket(_) | Self::WrongBracket => "close each bracket with its own kind",
            Self::UnclosedQuote => "end the text with the quote that it starts with",
            Self::TextAfterQuote => "put the whole value into the quotes",
            Self::Tab => "indent with spaces",
            Self::Indentation | Self::Indented(_) | Self::MixedBlock => {
                "start the line in the same column as its siblings"
            }
            Self::Interpolation => {
                "write the value itself; a secret is named by `env:NAME` or `file:PATH`, and the gateway reads it"
            }
            Self::MissingColon => "write `key: value`, or remove the line",
            Self::SecondColon => {
                "put a value that holds `: ` into quotes, and start each key on its own line"
            }
            Self::ColonWithoutSpace => "write `key: value` with the space",
            Self::MissingComma => "separate items in brackets with commas",
            Self::MisplacedItem => "start each `- item` on its own line, and use `[a, b]` inside of brackets",
            Self::Character(_) => "put the value into quotes",
            Self::Escape => "write `\\\\` for a backslash, or use single quotes",
            Self::UnknownAlias => {
                "define the value with `&name` earlier in this document, or quote a text that starts with `*`"
            }
            Self::Comment => "put a space before `#`, and no comment between the lines of one value",
            Self::Directive => "remove the line: policies need no directive",
            Self::BlockScalar => "start the text on the next line, indented deeper than its key",
            Self::Tag => "remove the tag: the field decides the type",
            Self::Unfinished => "complete the value",
            Self::Other => "quote the value if it holds special characters, and check the indentation",
        }
    }
}
