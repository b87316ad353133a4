//! The snapshot file: how tables become bytes, how bytes become tables again, and what must be checked in between.
//!
//! ```text
//! bytes --admit--> Sealed --check--> Checked --verify(golden vectors)--> Verified --> served
//! ```
//!
//! Each arrow is the only way to make the next type, so bytes that skipped a step cannot be served. A snapshot is
//! immutable: nothing here changes one in place.
//!
//! Read next: [`header`] for the layout, [`load`] for the arrows, [`announced`] for what an announcement adds to them,
//! [`view`] for reading what was verified.

pub mod announced;
pub mod announcement;
pub mod header;
pub mod load;
#[expect(
    unsafe_code,
    reason = "the one place that maps files and trusts checked bytes; each use carries its proof"
)]
mod mapping;
pub mod pack;
mod semantic;
pub mod signing;
pub mod view;

pub use announced::AnnouncedError;
pub use announcement::{Announcement, Envelope};
pub use load::{Admission, Checked, Residence, Sealed, SnapshotError, Verified};
pub use pack::{Packed, Tables};
pub use view::View;
