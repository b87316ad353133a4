//! What attackers have done to other gateways, tried on every route that there is.
//!
//! The routes are the gateway's own list, so that a new one is tried, too. Names are those of the attacks in the project's
//! list of them (S4 …): a client that picks the upstream, addresses that are broken out of, redirects, secrets in what is
//! written, requests in requests, events in events, floods, forged headers, and errors that tell too much. Read next: [`route`]
//! for how each route is asked.

#[path = "attacks/errors.rs"]
mod errors;
#[path = "attacks/floods.rs"]
mod floods;
#[path = "attacks/route.rs"]
mod route;
#[path = "attacks/secrets.rs"]
mod secrets;
#[path = "attacks/smuggling.rs"]
mod smuggling;
#[path = "attacks/streams.rs"]
mod streams;
#[path = "attacks/upstreams.rs"]
mod upstreams;
