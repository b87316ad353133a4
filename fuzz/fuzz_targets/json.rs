//! Any bytes as the body of a request, in every dialect.
//!
//! The invariant: it ends without a panic; what is accepted is JSON, and the place of the model is the
//! model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use bytes::Bytes;
use pointsman_gateway::json::{self, ModelAt};
use pointsman_gateway::operation::Operation;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    for operation in Operation::ALL {
        // Azure's clients name it in the path of any operation.
        for in_path in [None, Some("m")] {
            if operation.names_model_in_path() && in_path.is_none() {
                continue;
            }
            let Ok(asked) = json::read(bytes, operation, in_path) else { continue };
            serde_json::from_slice::<&RawValue>(bytes).expect("what is accepted is JSON");
            if let ModelAt::Body(at) = &asked.model_at {
                let model = bytes.get(at.clone()).expect("the model lies in the body");
                let model: String = serde_json::from_slice(model).expect("the model is a string");
                assert_eq!(model, asked.model);
            }
            if let Some((at, name)) = asked.model_at.edit(false, || Bytes::from_static(b"\"other\"")) {
                let edited = [&bytes[..at.start], &name, &bytes[at.end..]].concat();
                let again = json::read(&edited, operation, None).expect("it is still a request");
                assert_eq!(again.model, "other");
            }
        }
    }
    if let Ok(asked) = json::read(bytes, Operation::Chat, None) {
        // Refused or not, it ends.
        asked.each_metadata(|_, _| {}).unwrap_or_default();
    }
});
