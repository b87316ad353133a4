//! Closed sets of words: one definition gives the enum, its text, its archive code and its JSON Schema.

/// Declares an enum whose variants are words of the policy language.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $Name:ident {
            $($(#[doc = $doc:literal])+ $Variant:ident = $code:literal $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $Name { $($(#[doc = $doc])+ $Variant = $code,)+ }

        impl $Name {
            /// Every variant, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$Variant,)+];
            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word of the language.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$Variant => $word,)+ }
            }

            /// What it means, as one text.
            pub fn meaning(self) -> String {
                match self { $(Self::$Variant => crate::read::record::text_of(&[$($doc,)+]),)+ }
            }

            /// The code that the archive holds.
            pub const fn code(self) -> u8 {
                match self { $(Self::$Variant => $code,)+ }
            }

            /// This variant as one bit of a set.
            pub const fn bit(self) -> u32 {
                1 << self.code()
            }

            /// This variant as one bit of a larger set.
            pub const fn mask(self) -> u64 {
                1 << self.code()
            }

            /// The variant of an archive code.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$Variant),)+ _ => None }
            }

            /// The variant of a word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$Variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.word())
            }
        }

        impl crate::read::Read for $Name {
            fn read(node: &crate::tree::Node, reader: &mut crate::read::Reader<'_>) -> Option<Self> {
                reader.word(node, Self::WORDS, Self::from_word)
            }

            fn describe(_: &mut crate::json_schema::Definitions) -> serde_json::Value {
                serde_json::json!({ "enum": Self::WORDS })
            }
        }
    };
}
pub(crate) use words;
