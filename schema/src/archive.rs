//! The flat tables that a snapshot holds and a gateway maps.
//!
//! Every table is a vector of small fixed-size rows; rows refer to each other by index and to text by [`names`] index;
//! lists are ranges of another table. No hash maps, no shared pointers, no optional fields: a missing reference is
//! [`NONE`]. These types know nothing of source files or serde. A new kind of data is a new optional section, never a
//! new field here: any change of a row changes [`shape_hash`] and raises the container version.
//!
//! Read next: [`crate::snapshot`] for how sections become a file and how a file becomes readable.

pub mod golden;
pub mod money;
pub mod names;
pub mod places;
pub mod providers;
pub mod routing;
pub mod unserved;

use crate::digest::Digest;

/// In place of an index: there is none.
pub const NONE: u32 = u32::MAX;

/// Declares a row or table of the archive and its [`shape_hash`] text.
macro_rules! table {
    ($(#[$meta:meta])* struct $Name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, rkyv::Archive, rkyv::Serialize)]
        pub struct $Name { $($(#[$field_meta])* pub $field: $ty,)* }
        impl $Name {
            /// Names and types of the fields, for the schema hash.
            pub const SHAPE: &'static str =
                concat!(stringify!($Name), "{", $(stringify!($field), ":", stringify!($ty), ";",)* "}");
        }
    };
}
pub(crate) use table;

table! {
    /// A contiguous run of rows in another table.
    struct Rows {
        /// Index of the first row.
        start: u32,
        /// Number of rows.
        len: u32,
    }
}

impl Rows {
    /// A run from its first index and the index after its last.
    pub fn between(start: usize, end: usize) -> Self {
        let narrow = |index: usize| u32::try_from(index).unwrap_or(NONE);
        Self { start: narrow(start), len: narrow(end.saturating_sub(start)) }
    }
}

/// SHA-256 over the names and types of every row, in a fixed order.
///
/// A reader serves only a snapshot with its own hash, so that bytes are never read as another layout.
pub fn shape_hash() -> Digest {
    let mut hasher = crate::digest::Hasher::new();
    let own = [Rows::SHAPE, names::Names::SHAPE];
    for shapes in [
        own.as_slice(),
        routing::SHAPES,
        providers::SHAPES,
        money::SHAPES,
        unserved::SHAPES,
        places::SHAPES,
        golden::SHAPES,
    ] {
        for shape in shapes {
            hasher.update(shape.as_bytes());
        }
    }
    hasher.finish()
}
