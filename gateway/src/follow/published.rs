//! A published folder for tests: a policy of one key, one chain and one backend, told apart by the key's name.
//!
//! Written by hand in the form that the compiler lowers to, because a gateway never links the compiler.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;
use pointsman_routing::{Facts, golden};
use pointsman_schema::archive::golden::{Golden, Vector};
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::places::{Place, Places};
use pointsman_schema::archive::providers::{self, CREDENTIAL_FILE, Providers};
use pointsman_schema::archive::routing::{self, Routing, TARGET_BACKEND};
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::digest::Digest;
use pointsman_schema::feature;
use pointsman_schema::limits::ATTRIBUTES_MAX;
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::snapshot::announcement::{Blob, DigestText};
use pointsman_schema::snapshot::pack::Draft;
use pointsman_schema::snapshot::view::KeyIx;
use pointsman_schema::snapshot::{Announcement, Envelope, Packed, Sealed, Tables};

use crate::limiting::registry::Registry;
use crate::serving::Serving;
use crate::serving::translating::Translating;

/// A folder that is removed when it is dropped.
pub(crate) struct Published(tempfile::TempDir);

impl Published {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The file `current`.
    pub(crate) fn current(&self) -> PathBuf {
        self.path().join("current")
    }

    /// The file of a snapshot.
    pub(crate) fn blob(&self, packed: &Packed) -> PathBuf {
        self.path().join(format!("{}.pms", packed.digest))
    }

    /// Publishes a snapshot under a generation.
    pub(crate) fn publish(&self, generation: u64, packed: &Packed) {
        std::fs::write(self.blob(packed), &packed.bytes).unwrap();
        self.announce(&announcement(generation, packed));
    }

    /// Replaces `current`, as a publisher does.
    pub(crate) fn announce(&self, announcement: &Announcement) {
        let text = Envelope::unsigned(announcement).unwrap().to_text().unwrap();
        std::fs::write(self.path().join(".new"), text).unwrap();
        std::fs::rename(self.path().join(".new"), self.current()).unwrap();
    }
}

/// What announces a snapshot.
pub(crate) fn announcement(generation: u64, packed: &Packed) -> Announcement {
    Announcement {
        generation,
        snapshot: Blob {
            sha256: DigestText(packed.digest),
            size: u64::try_from(packed.bytes.len()).unwrap(),
        },
        decisions: DigestText(packed.decisions),
        parent: None,
        source: None,
        audit_head: None,
        time: "2026-01-01T00:00:00Z".to_owned(),
    }
}

/// A snapshot whose one key has this name, with a golden vector.
pub(crate) fn snapshot(key: &str) -> Packed {
    packed(&tables(key))
}

/// The same with something changed in its tables.
pub(crate) fn changed_snapshot(key: &str, change: impl FnOnce(&mut Tables)) -> Packed {
    let mut tables = tables(key);
    change(&mut tables);
    packed(&tables)
}

fn packed(tables: &Tables) -> Packed {
    let draft = Draft::new(tables).unwrap();
    let golden = Golden { vectors: vec![Vector { decision: decision(&draft).0, ..vector() }] };
    draft.finish(&golden, "test").unwrap()
}

/// The same with a vector that no gateway decides so.
pub(crate) fn wrong_snapshot(key: &str) -> Packed {
    let golden = Golden { vectors: vec![Vector { decision: [7; 32], ..vector() }] };
    Draft::new(&tables(key)).unwrap().finish(&golden, "test").unwrap()
}

fn decision(draft: &Draft) -> Digest {
    let vector = vector();
    let facts = Facts {
        key: KeyIx(0),
        model: &vector.model,
        attributes: [0; ATTRIBUTES_MAX],
        capabilities: 0,
        input_tokens: vector.input_tokens,
        output_tokens: vector.output_tokens,
        dialect: Dialect::Chat,
        features: 0,
        time_s: vector.time_s,
        request_id: vector.request_id,
    };
    golden::digest(&draft.view().unwrap(), &facts)
}

fn vector() -> Vector {
    Vector { model: "gpt".to_owned(), input_tokens: 1, ..Vector::default() }
}

fn tables(key: &str) -> Tables {
    let words =
        BTreeSet::from(["", "127.0.0.1", "backend", "chain", "gpt", "provider", "rule", "secret", key]);
    let text = |word: &str| u32::try_from(words.iter().position(|one| *one == word).unwrap()).unwrap();
    let mut names = Names::default();
    for word in &words {
        names.text.push_str(word);
        names.ends.push(u32::try_from(names.text.len()).unwrap());
    }
    let one = Rows { start: 0, len: 1 };
    let none = Rows::default();
    let routing = Routing {
        consumers: vec![routing::Consumer { name: text(key), team: NONE, tags: none.clone() }],
        keys: vec![routing::Key {
            name: text(key),
            consumer: 0,
            chain: 0,
            models: none.clone(),
            limits: none.clone(),
            expires_s: i64::MAX,
        }],
        digests: vec![routing::KeyDigest { digest: Digest::of(key.as_bytes()).0, key: 0, until_s: i64::MAX }],
        radix: vec![0, 1],
        chains: vec![routing::Chain { name: text("chain"), rules: one.clone(), accepted: one.clone() }],
        accepted: vec![routing::Accepted { name: text("gpt"), model: 0 }],
        rules: vec![routing::Rule {
            name: text("rule"),
            fallbacks: one,
            sticky_attribute: NONE,
            ..routing::Rule::default()
        }],
        fallbacks: vec![routing::Target { kind: TARGET_BACKEND, index: 0 }],
        ..Routing::default()
    };
    Tables { names, places: places(), providers: upstream(text), routing, ..Tables::default() }
}

fn upstream(text: impl Fn(&str) -> u32) -> Providers {
    Providers {
        providers: vec![providers::Provider {
            name: text("provider"),
            protocol: 0,
            tls: 0,
            host: text("127.0.0.1"),
            port: 9,
            path: text(""),
            connect_ms: 2_000,
            first_token_ms: 0,
            between_chunks_ms: 60_000,
            total_ms: 600_000,
            api_version: NONE,
            region: NONE,
        }],
        credentials: vec![providers::Credential {
            name: text("secret"),
            provider: 0,
            source: CREDENTIAL_FILE,
            reference: text("secret"),
            team: NONE,
        }],
        models: vec![providers::Model {
            name: text("gpt"),
            context_window_tokens: 0,
            output_limit_tokens: 0,
            capabilities: 0,
            token_millibytes: 4_000,
        }],
        backends: vec![providers::Backend {
            name: text("backend"),
            model: 0,
            provider: 0,
            credential: 0,
            upstream_model: text("gpt"),
            dialects: feature::dialects(ProviderProtocol::OpenAi, "gpt", None),
            refused: feature::refused(ProviderProtocol::OpenAi, "gpt", None),
        }],
        tokens: Vec::new(),
    }
}

fn places() -> Places {
    let place = vec![Place { file: 0, line: 1 }];
    Places {
        files: vec!["pointsman.yaml".to_owned()],
        keys: place.clone(),
        consumers: place.clone(),
        chains: place.clone(),
        rules: place.clone(),
        limits: Vec::new(),
        providers: place.clone(),
        credentials: place.clone(),
        models: place.clone(),
        backends: place,
    }
}

/// A small snapshot, ready to be put in force under a generation.
pub(crate) fn served(generation: u64) -> Serving {
    let packed = snapshot("key");
    let snapshot = Sealed::from_packed(&packed).check().unwrap().verify(golden::decide_digest).unwrap();
    let limiting = Arc::<Registry>::default().limiting(&snapshot.view());
    Serving {
        signers: Vec::new(),
        snapshot,
        generation,
        loaded: SystemTime::now(),
        credentials: Vec::new(),
        backends: Vec::new(),
        limiting,
        translating: Translating::default(),
        snapshot_header: HeaderValue::from_static("test"),
    }
}
