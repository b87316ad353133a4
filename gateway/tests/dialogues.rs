//! The gateway in dialogues: the client says, the upstream says, the client sees.
//!
//! In process, over pipes in memory, with the runtime's time paused: no ports, no waiting. The upstream is a script of
//! raw bytes, so that it can break off anywhere. Read next: [`stage`] for what plays, [`whole`], [`streamed`] and
//! [`refused`] for the pieces.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

#[path = "dialogues/attacks.rs"]
mod attacks;
#[path = "dialogues/azure.rs"]
mod azure;
#[path = "dialogues/excluded.rs"]
mod excluded;
#[path = "dialogues/forms.rs"]
mod forms;
#[path = "dialogues/framed.rs"]
mod framed;
#[path = "dialogues/http2.rs"]
mod http2;
#[path = "dialogues/limited.rs"]
mod limited;
#[path = "dialogues/metered.rs"]
mod metered;
#[path = "dialogues/pauses.rs"]
mod pauses;
#[path = "dialogues/policy.rs"]
mod policy;
#[path = "dialogues/presets.rs"]
mod presets;
#[path = "dialogues/refused.rs"]
mod refused;
#[path = "dialogues/stage.rs"]
mod stage;
#[path = "dialogues/streamed.rs"]
mod streamed;
#[path = "dialogues/time.rs"]
mod time;
#[path = "dialogues/translated.rs"]
mod translated;
#[path = "dialogues/upstream.rs"]
mod upstream;
#[path = "dialogues/vertex.rs"]
mod vertex;
#[path = "dialogues/whole.rs"]
mod whole;
