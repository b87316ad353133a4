//! The operators' endpoints before a snapshot, with one, and on the way out.

use http_body_util::BodyExt as _;

use super::*;
use crate::drain::Phase;
use crate::follow::Follower;
use crate::follow::folder::Folder;
use crate::follow::load::Loader;
use crate::follow::published::{Published, snapshot};
use crate::follow::report::Keeping;
use crate::secrets::Sources;

struct Rig {
    folder: Published,
    admin: Admin,
}

impl Rig {
    fn new() -> Self {
        let admin = Admin {
            shared: Arc::new(Shared::for_tests()),
            report: Arc::new(Report::new(Keeping::MemoryAlone)),
            certificate: None,
        };
        Self { folder: Published::new(), admin }
    }

    /// Looks once at what is published.
    fn follow(&self) {
        let follower = Follower {
            shared: Arc::clone(&self.admin.shared),
            report: Arc::clone(&self.admin.report),
            loader: Loader {
                trust: None,
                admission: pointsman_schema::snapshot::Admission::PreferSealed,
                secrets: Sources { folder: None, environment: |_| None },
                backends: Arc::clone(&self.admin.shared.backends),
                limits: Arc::clone(&self.admin.shared.limits),
                tokens: Arc::default(),
            },
            source: Folder::new(self.folder.path().to_owned()),
            state: None,
            lock: None,
        };
        let (stop, stopped) = std::sync::mpsc::channel();
        drop(stop);
        follower.run(&stopped);
    }
}

fn check(prepare: impl FnOnce(&Rig), path: &str, expected: (u16, &[&str])) {
    let rig = Rig::new();
    prepare(&rig);
    let answer = rig.admin.answer(&Method::GET, path);
    let status = answer.status().as_u16();
    let runtime = crate::threads::local_runtime().unwrap();
    let body = runtime.block_on(answer.into_body().collect()).unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(status, expected.0, "{path}: {body}");
    for part in expected.1 {
        assert!(body.contains(part), "{path} does not say {part}: {body}");
    }
}

fn served(rig: &Rig) {
    rig.folder.publish(3, &snapshot("first"));
    rig.follow();
}

#[test]
fn live_is_not_ready() {
    check(|_| (), "/livez", (200, &["live"]));
    check(|_| (), "/readyz", (503, &["no snapshot has been loaded"]));
    check(Rig::follow, "/status", (200, &["nothing is published in", "\"ready\": false"]));
    check(served, "/readyz", (200, &["ready"]));
    let leaving = |rig: &Rig| {
        served(rig);
        rig.admin.shared.drain.advance(Phase::Leaving);
    };
    check(leaving, "/readyz", (503, &["draining"]));
    check(leaving, "/livez", (200, &[]));
    check(leaving, "/status", (200, &["\"phase\": \"leaving\""]));
}

#[test]
fn status_says_what_is_in_force_and_what_is_amiss() {
    check(
        served,
        "/status",
        (200, &["\"generation\": 3", "sealed-memory-file", "memory-alone", "\"refused\": null"]),
    );
    let secret = "credential `secret`: it is a file, and the gateway has no `--secrets` folder";
    check(served, "/status", (200, &["\"available\": false", "\"breaker\": \"closed\"", secret]));
}

#[test]
fn the_rest() {
    check(served, "/metrics", (200, &["pointsman_snapshot_generation 3", "# EOF"]));
    check(|_| (), "/version", (200, &[env!("CARGO_PKG_VERSION"), "\"container\": 8"]));
    check(|_| (), "/", (404, &["/status"]));
    let refusal = Rig::new().admin.answer(&Method::POST, "/livez");
    assert_eq!(refusal.status(), StatusCode::METHOD_NOT_ALLOWED);
}
