//! The stage before routing: the limits that a request falls under let it pass, or it is answered here.

use std::rc::Rc;

use http::Response;
use pointsman_routing::Facts;
use pointsman_schema::dialect::Dialect;

use super::{Arrival, ResponseBody, Worker};
use crate::limiting::Admission;
use crate::metrics::Event;
use crate::slot::Pinned;

/// Lets a request pass. Nothing where its key has no limits.
///
/// **Errors**: the answer to a request that a limit does not let pass.
pub(super) fn admit(
    worker: &Worker,
    serving: &Pinned,
    arrived: &Arrival,
    facts: &Facts<'_>,
) -> Result<Option<Rc<Admission>>, Box<Response<ResponseBody>>> {
    let view = serving.snapshot.view();
    match serving.limiting.admit(&view, facts.key, (foreseen(facts), arrived.at)) {
        Ok(admission) => Ok(admission.map(Rc::new)),
        Err(limited) => {
            worker.shared.metrics.count(Event::RequestLimited);
            let protocol = facts.dialect.protocol();
            let response = limited.failure(&view).response(protocol, arrived.id);
            let mut response = response.map(ResponseBody::whole);
            limited.left.write(response.headers_mut(), protocol, arrived.unix_s());
            Err(Box::new(response))
        }
    }
}

/// As many tokens as the request may need, as far as it says so: what it holds, and what it asks for at most.
fn foreseen(facts: &Facts<'_>) -> u64 {
    match facts.dialect {
        Dialect::CountTokens | Dialect::GeminiCountTokens => 0,
        _ => u64::from(facts.input_tokens).saturating_add(facts.output_tokens.into()),
    }
}
