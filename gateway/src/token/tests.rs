//! Tokens from a scripted issuer: when it is asked, over pipes and with the time paused; in `told`, what it is told.

mod told;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pointsman_schema::archive::providers::CREDENTIAL_FILE;
use tokio::task::LocalSet;
use tokio::time::sleep;

use super::keeper::{Desk, Keeper};
use super::terms::{Issuer, Proof};
use super::*;
use crate::request_id::Dice;
use crate::secrets::{Kept, Sources};
use crate::upstream::connect::{Connect, Connected, Connecting, Version};
use crate::upstream::target::{Endpoint, Reach, Security};

/// What an issuer was told.
struct Asked {
    path: String,
    media: String,
    form: BTreeMap<String, String>,
}

/// What it answers: a status and a body, or nothing ever.
type Reply = Option<(u16, String)>;

#[derive(Default)]
struct Script {
    replies: RefCell<VecDeque<Reply>>,
    asked: RefCell<Vec<Asked>>,
    connections: Cell<usize>,
}

impl Script {
    fn says(&self, status: u16, body: impl Into<String>) {
        self.replies.borrow_mut().push_back(Some((status, body.into())));
    }

    fn gives(&self, token: &str, seconds: u64) {
        self.says(
            200,
            format!(r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"{token}"}}"#),
        );
    }

    fn times(&self) -> usize {
        self.asked.borrow().len()
    }

    async fn answer(self: Rc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let pairs = std::str::from_utf8(&body).unwrap().split('&').map(|pair| pair.split_once('=').unwrap());
        let form = pairs.map(|(name, value)| (name.to_owned(), plain(value))).collect();
        let media = head.headers["content-type"].to_str().unwrap().to_owned();
        self.asked.borrow_mut().push(Asked { path: head.uri.path().to_owned(), media, form });
        let reply = self.replies.borrow_mut().pop_front().unwrap_or(Some((500, String::new())));
        let Some((status, body)) = reply else { std::future::pending().await };
        Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap()
    }

    async fn serve(self: Rc<Self>, io: impl crate::upstream::connect::Io + 'static) {
        self.connections.set(self.connections.get() + 1);
        let service = service_fn(move |request| {
            let script = Rc::clone(&self);
            async move { Ok::<_, std::convert::Infallible>(script.answer(request).await) }
        });
        drop(http1::Builder::new().serve_connection(TokioIo::new(io), service).await);
    }
}

/// Pipes in memory.
struct Pipes(Rc<Script>);

impl Connect for Pipes {
    fn connect<'a>(&'a self, _: &'a Endpoint, _: Instant) -> Connecting<'a> {
        let (near, far) = tokio::io::duplex(1 << 16);
        tokio::task::spawn_local(Rc::clone(&self.0).serve(far));
        Box::pin(async { Ok(Connected { io: Box::new(near), version: Version::Http1 }) })
    }
}

fn plain(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

fn terms(issuer: Issuer, proof: Proof, port: u16) -> Terms {
    Terms {
        credential: "cloud".to_owned(),
        issuer,
        endpoint: Arc::new(Endpoint {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            reach: Reach::Anywhere,
        }),
        path: "/tenant".to_owned(),
        written: format!("http://127.0.0.1:{port}/tenant"),
        identity: Some("app-1".to_owned()),
        scope: None,
        proof,
        kept: Kept { source: CREDENTIAL_FILE, reference: "proof".to_owned(), team: None },
    }
}

/// A folder of secrets with one proof in it, and the desk that reads it.
fn desk(proof: &str, connect: Rc<dyn Connect>) -> (tempfile::TempDir, Desk) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("proof"), proof).unwrap();
    let secrets = Sources { folder: Some(folder.path().to_owned()), environment: |_| None };
    (folder, Desk { connect, secrets, dice: Dice::seeded(7) })
}

/// Plays with the time of the runtime, which must be paused.
async fn play<F: Future>(proof: &str, scene: impl FnOnce(Rc<Script>, Rc<Keeper>) -> F) {
    let script = Rc::new(Script::default());
    let (_folder, desk) = desk(proof, Rc::new(Pipes(Rc::clone(&script))));
    let keeper = Rc::new(Keeper::default());
    let tended = Rc::clone(&keeper);
    let played = async {
        tokio::task::spawn_local(async move { tended.run(Rc::new(desk)).await });
        scene(script, keeper).await;
    };
    LocalSet::new().run_until(played).await;
}

fn entra() -> Terms {
    terms(Issuer::Entra, Proof::Key, 80)
}

fn token(source: &Source) -> Option<String> {
    source.token().map(|token| token.expose().to_owned())
}

async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_once_and_again_before_it_ends() {
    play("secret", async |script, keeper| {
        script.gives("one", 3_600);
        script.gives("two", 3_600);
        let source = keeper.source(entra());
        assert_eq!(source.problem().as_deref(), Some("no token has come yet"));
        seconds(3_000).await;
        assert_eq!((script.times(), token(&source).as_deref()), (1, Some("one")));
        assert!(Arc::ptr_eq(&source, &keeper.source(entra())), "the next snapshot goes on with it");
        seconds(350).await;
        assert_eq!((script.times(), token(&source).as_deref()), (2, Some("two")));
        let left = source.standing().left.unwrap();
        assert!(left > Duration::from_mins(55), "{left:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_old_token_does_until_its_end_and_not_longer() {
    play("secret", async |script, keeper| {
        script.gives("one", 100);
        let source = keeper.source(entra());
        seconds(99).await;
        assert_eq!(token(&source).as_deref(), Some("one"));
        let standing = source.standing();
        assert_eq!(standing.trouble.unwrap().text, "the source of tokens refuses with status 500");
        assert!(script.times() > 3, "it was asked again and again: {}", script.times());
        seconds(1).await;
        assert_eq!((token(&source), source.is_there()), (None, false));
        assert_eq!(source.problem().as_deref(), Some("the source of tokens refuses with status 500"));
        script.gives("two", 100);
        seconds(60).await;
        assert_eq!(token(&source).as_deref(), Some("two"));
        assert_eq!(source.problem(), None);
        assert!(source.standing().trouble.is_none());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_asked_for_anew_once() {
    play("secret", async |script, keeper| {
        for token in ["one", "two", "three"] {
            script.gives(token, 3_600);
        }
        let source = keeper.source(entra());
        seconds(10).await;
        let one = source.token().unwrap();
        source.refused(&one);
        seconds(1).await;
        assert_eq!(script.times(), 1, "one so young is not asked for anew");
        seconds(30).await;
        source.refused(&one);
        source.refused(&one);
        seconds(1).await;
        assert_eq!((script.times(), token(&source).as_deref()), (2, Some("two")));
        seconds(100).await;
        source.refused(&one);
        seconds(1).await;
        assert_eq!(script.times(), 2, "an old one is nobody's any more");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_for_nobody() {
    play("secret", async |script, keeper| {
        script.gives("one", 100);
        let source = keeper.source(entra());
        seconds(1).await;
        drop(source);
        seconds(1_000).await;
        assert_eq!((script.times(), script.connections.get()), (1, 1));
    })
    .await;
}

/// The one answer of an issuer and what it is called.
async fn check_problem(proof: &str, reply: Reply, expected: &str) {
    play(proof, async |script, keeper| {
        script.replies.borrow_mut().push_back(reply);
        let source = keeper.source(entra());
        while !source.progress().has_asked {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(source.problem().as_deref(), Some(expected));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_has_its_reason() {
    let no_answer = "the source of tokens gives an answer that is none";
    let said = |status, body: &str| Some((status, body.to_owned()));
    check_problem("secret", None, "the source of tokens did not answer in time").await;
    check_problem(
        "secret",
        said(401, r#"{"error":"invalid_client","error_description":"AADSTS7000215: secret of app-1"}"#),
        "the source of tokens refuses with status 401: invalid_client",
    )
    .await;
    check_problem(
        "secret",
        said(400, r#"{"error":"a secret, told"}"#),
        "the source of tokens refuses with status 400",
    )
    .await;
    check_problem("secret", said(302, ""), "the source of tokens refuses with status 302").await;
    check_problem("secret", said(200, "<html>"), no_answer).await;
    check_problem("secret", said(200, r#"{"access_token":"t"}"#), no_answer).await;
    check_problem("secret", said(200, r#"{"access_token":"t","expires_in":0}"#), no_answer).await;
    check_problem("secret", said(200, r#"{"access_token":"t t","expires_in":9}"#), no_answer).await;
    check_problem(
        "secret",
        said(200, r#"{"access_token":"t","expires_in":9,"token_type":"mac"}"#),
        no_answer,
    )
    .await;
    check_problem("secret", Some((200, " ".repeat(100_000))), no_answer).await;
    let two_lines = "what tokens are asked for with cannot be read: it has characters that cannot stand in a header (`file:proof`)";
    check_problem("two\nlines", said(200, ""), two_lines).await;
}
