//! OpenAI's Responses API, as clients speak it, for answers that another protocol's provider makes.
//!
//! Nothing is kept between requests: the client sends the whole conversation each time, as with `store: false`. The API
//! itself stores where nothing is said; here only a request that says `store: true`, or names something stored, needs a
//! provider that does, and every answer says `store: false`. Thoughts go out as `reasoning` items with a summary, what
//! proves them in `encrypted_content` ([`crate::conversation::proof`] says whose), and come back the same way. A proof that
//! belongs to a call stands in an item before the call, since calls have no member for it.
//!
//! **Source**: OpenAI's API reference and the types of its Python SDK 3.54.
//!
//! Read next: [`request`] with `input` and `part` for the way in, [`item`] and `whole` for what both writers write.

pub mod answer;
pub mod echo;
mod input;
mod item;
mod logprobs;
mod part;
pub mod request;
pub mod stream;
mod tools;
mod usage;
mod whole;
