//! Any bytes as the body of a chat request.
//!
//! The invariant: it ends without a panic; what is accepted is JSON, and the place of the model is the
//! model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_gateway::json;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let Ok(chat) = json::read(bytes) else { return };
    serde_json::from_slice::<&RawValue>(bytes).expect("what is accepted is JSON");
    let model = bytes.get(chat.model_at.clone()).expect("the model lies in the body");
    let model: String = serde_json::from_slice(model).expect("the model is a string");
    assert_eq!(model, chat.model);
    // Refused or not, it ends.
    chat.each_metadata(|_, _| {}).unwrap_or_default();
});
