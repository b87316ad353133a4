//! What a model can do and a request can ask for.

use crate::words::words;

words! {
    /// A capability. A request asks for one by using it; a model without it is passed over for that request.
    pub enum Capability {
        /// Function calling: a non-empty `tools`.
        Tools = 0 "tools",
        /// Images in messages.
        Vision = 1 "vision",
        /// Audio in messages, or asked for in the answer.
        Audio = 2 "audio",
        /// An answer bound to a JSON schema or to JSON: `response_format`.
        StructuredOutput = 3 "structured-output",
        /// Hidden reasoning before the answer. Asked for by `reasoning_effort`; a model that has it is given 180 s to
        /// its first token where its provider does not say otherwise.
        Reasoning = 4 "reasoning",
        /// An answer in pieces: `stream: true`.
        Streaming = 5 "streaming",
    }
}
