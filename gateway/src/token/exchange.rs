//! One request to an issuer and its answer: bounded in size, and by its caller in time.
//!
//! The same connections as to providers, so the same checks of certificates and addresses; none is kept.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode, Version as HttpVersion};
use zeroize::Zeroizing;

use super::grant::{self, Question};
use super::terms::Terms;
use super::{Granted, TokenProblem};
use crate::limits::{TOKEN_ANSWER_BYTES_MAX, TOKEN_CONNECT_MAX};
use crate::upstream::connect::{Connect, Version};
use crate::upstream::exchange::Answer;
use crate::upstream::payload::Payload;
use crate::upstream::pool::Pool;
use crate::upstream::target::{Route, authority, origin};

/// Asks at this time of day, and reads what was granted.
pub(super) async fn ask(
    connect: &Rc<dyn Connect>,
    terms: &Terms,
    (question, now): (Question, Duration),
) -> Result<Granted, TokenProblem> {
    let path = if question.path.is_empty() { "/" } else { &question.path };
    let route = Route::new(&origin(&terms.endpoint), path).map_err(|_| TokenProblem::NotAnAnswer)?;
    let host = HeaderValue::try_from(authority(&terms.endpoint)).map_err(|_| TokenProblem::NotAnAnswer)?;
    let body = Payload::whole(Bytes::copy_from_slice(question.body.as_bytes()));
    let make = |version| {
        let mut request = Request::new(body.clone());
        *request.method_mut() = Method::POST;
        match version {
            Version::Http1 => {
                *request.uri_mut() = route.path.clone();
                request.headers_mut().insert(HOST, host.clone());
            }
            Version::Http2 => {
                *request.version_mut() = HttpVersion::HTTP_2;
                *request.uri_mut() = route.uri.clone();
            }
        }
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(terms.issuer.media()));
        request
    };
    // A pool of its own: the next token is far away, and the connection would be closed by then.
    let pool = Pool::new(Rc::clone(connect));
    let (head, mut answer) = pool.send(&terms.endpoint, TOKEN_CONNECT_MAX, make).await?;
    let body = whole(&mut answer).await?;
    if head.status == StatusCode::OK {
        return grant::granted(terms.issuer, &body, now);
    }
    Err(TokenProblem::Refused { status: head.status.as_u16(), word: grant::word(terms.issuer, &body) })
}

/// The whole body, if it is not too large for any answer.
async fn whole(answer: &mut Answer) -> Result<Zeroizing<Vec<u8>>, TokenProblem> {
    let mut body = Zeroizing::new(Vec::with_capacity(TOKEN_ANSWER_BYTES_MAX));
    while let Some(chunk) = answer.chunk().await {
        let chunk = chunk.map_err(TokenProblem::from)?;
        if body.len() + chunk.len() > TOKEN_ANSWER_BYTES_MAX {
            return Err(TokenProblem::NotAnAnswer);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
