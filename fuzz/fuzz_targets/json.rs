//! Any bytes as the body of a request, in every dialect.
//!
//! The invariant: it ends without a panic; what is accepted is JSON, and the place of the model is the
//! model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_gateway::json;
use pointsman_gateway::operation::Operation;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    for operation in Operation::ALL {
        let in_path = operation.names_model_in_path().then_some("m");
        let Ok(asked) = json::read(bytes, operation, in_path) else { continue };
        serde_json::from_slice::<&RawValue>(bytes).expect("what is accepted is JSON");
        if in_path.is_none() {
            let model = bytes.get(asked.model_at.clone()).expect("the model lies in the body");
            let model: String = serde_json::from_slice(model).expect("the model is a string");
            assert_eq!(model, asked.model);
        }
        // Refused or not, it ends.
        asked.each_metadata(|_, _| {}).unwrap_or_default();
    }
});
