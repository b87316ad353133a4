//! An answer that is no completion: its body is read as far as an error's may go, and classified.

use std::time::{Duration, UNIX_EPOCH};

use bytes::BytesMut;
use http::StatusCode;
use http::header::DATE;
use pointsman_schema::outcome::Outcome;
use pointsman_schema::protocol::ProviderProtocol;

use super::{Fault, Reading, later};
use crate::error::{Kind, Told};
use crate::limits::{ERROR_BODY_BYTES_MAX, ERROR_BODY_READ_MAX, SIGNATURE_GOOD_FOR};
use crate::provider::refusal::{self, Said};
use crate::provider::retry_after;

impl Reading<'_> {
    /// What the answer's status and body mean. `now` is the time of day.
    pub(super) async fn refused(mut self, now: Duration) -> Fault {
        let body = self.start_of_body().await;
        let (status, said) = refusal::of(self.target.protocol, (self.head.status, &self.head.headers), &body);
        let wish = retry_after::read(status, &self.head.headers, &body, UNIX_EPOCH + now);
        let outcome = said.outcome(status, self.target.key_owner);
        if let (StatusCode::UNAUTHORIZED, Some(lent)) = (status, &self.secret)
            && let Some(credential) = self.call.serving.credential(self.target)
        {
            credential.refused(lent);
        }
        if matches!(outcome, Outcome::DeadCredential | Outcome::RejectedCredential) {
            self.doubt_clock(now);
        }
        let fault = self.fault(said, status, outcome).because(format!("status {}", status.as_u16()));
        later(fault, wish)
    }

    /// Signatures are good for a time: where the clocks differ by more, that is why one was refused.
    fn doubt_clock(&self, now: Duration) {
        let date = self.head.headers.get(DATE).and_then(|date| date.to_str().ok());
        let theirs = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let theirs = theirs.and_then(|theirs| theirs.duration_since(UNIX_EPOCH).ok());
        let Some(theirs) = theirs.filter(|_| self.target.protocol == ProviderProtocol::Bedrock) else {
            return;
        };
        let behind = theirs.as_secs().checked_signed_diff(now.as_secs()).unwrap_or_default();
        let is_off = behind.unsigned_abs() > SIGNATURE_GOOD_FOR.as_secs();
        if is_off && self.target.state.clock_is_off(behind) {
            tracing::error!(backend = %self.target.state.name, behind_s = behind, "the clock is so far off that signatures are refused");
        }
    }

    /// What an error inside an answer means that began as a success.
    pub(super) fn failed_within(&self, said: Said) -> Fault {
        let outcome = said.outcome_in_stream(self.target.key_owner);
        self.fault(said, StatusCode::BAD_REQUEST, outcome).because("an error within the answer".to_owned())
    }

    fn fault(&self, said: Said, status: StatusCode, outcome: Outcome) -> Fault {
        let mut failure = crate::error::Failure::from(Kind::Upstream(outcome));
        failure.told = said.told(status, outcome, self.secret.as_deref());
        if self.target.credential.is_none() && outcome == Outcome::DeadCredential {
            let message = "The provider asks for a credential, and the policy has none for this backend.";
            failure.told = Some(Box::new(Told { message: Some(message.to_owned()), ..Told::default() }));
        }
        Fault::new(outcome, failure)
    }

    /// As much of the body as an error may have. What is too long or too slow is cut: half an error is enough to
    /// classify by its status.
    pub(super) async fn start_of_body(&mut self) -> BytesMut {
        let mut body = BytesMut::new();
        let answer = &mut self.answer;
        let reading = async {
            while let Some(Ok(chunk)) = answer.chunk().await {
                let room = ERROR_BODY_BYTES_MAX.saturating_sub(body.len());
                body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                if room <= chunk.len() {
                    break;
                }
            }
        };
        // Its end does not matter: the status has said the most.
        drop(tokio::time::timeout(ERROR_BODY_READ_MAX, reading).await);
        body
    }
}
