//! Any bytes through the KDL front end; the invariant stands at [`front_end`].
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_fuzz::front_end;
use pointsman_schema::tree::Syntax;

fuzz_target!(|bytes: &[u8]| front_end(Syntax::Kdl, bytes));
