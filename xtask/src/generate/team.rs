//! One team's files of a generated policy: its own provider, its chains, its consumers and their keys.
//!
//! Everything follows from the team's number. Keys are well-formed and their texts can be made again from their
//! numbers, see [`key_text`]; the files hold digests alone.

use pointsman_schema::api_key::{self, BASE62, RANDOM_CHARS};
use pointsman_schema::digest::Digest;

use super::Size;
use super::platform::BACKENDS;
use super::spelling::{Fields, Item, Spelling, Value, fields, file, list, map, text};

/// One team of several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Team {
    /// From 0.
    pub(super) number: usize,
    /// How many teams there are.
    pub(super) teams: usize,
    /// What all teams have together.
    pub(super) size: Size,
}

/// **Unit**: keys of one consumer.
const KEYS_PER_CONSUMER: usize = 4;

impl Team {
    /// Path and text of each file.
    pub(super) fn files(self) -> Vec<(String, String)> {
        let (spelling, ending) =
            if self.number.is_multiple_of(2) { (Spelling::Yaml, "yaml") } else { (Spelling::Kdl, "kdl") };
        let keys: Vec<Item> = self.keys().collect();
        let (first, second) = keys.split_at(keys.len() / 2);
        let files: [(&str, Vec<Item>); 5] = [
            ("upstream", self.upstream().into()),
            ("chains", self.chains().collect()),
            ("consumers", self.consumers().collect()),
            ("keys", first.to_vec()),
            ("keys-more", second.to_vec()),
        ];
        let path = |name: &str| format!("teams/{}/{name}.{ending}", self.name());
        files.into_iter().map(|(name, items)| (path(name), file(spelling, &items))).collect()
    }

    fn name(self) -> String {
        format!("team-{:03}", self.number)
    }

    /// The numbers, of all teams together, that are this team's.
    fn share(self, of: usize) -> impl Iterator<Item = usize> {
        (self.number..of).step_by(self.teams)
    }

    /// The team's own account: provider, credential and backend.
    fn upstream(self) -> [Item; 3] {
        let item = |kind, fields| Item { kind, name: "own".to_owned(), fields };
        let url = format!("https://llm.{}.example.com/v1", self.name());
        [
            item(
                ("providers", "provider"),
                fields([("protocol", text("openai-compatible")), ("base-url", text(url))]),
            ),
            item(
                ("credentials", "credential"),
                fields([("provider", text("own")), ("secret", text("file:own"))]),
            ),
            item(
                ("backends", "backend"),
                fields([("model", text("gpt-4o")), ("provider", text("own")), ("credential", text("own"))]),
            ),
        ]
    }

    fn chains(self) -> impl Iterator<Item = Item> {
        let names = self.share(self.size.chains).enumerate();
        names.map(move |(at, number)| Item {
            kind: ("chains", "chain"),
            name: chain_name(at),
            fields: fields([
                ("aliases", list([format!("model-{number}")])),
                ("rules", Value::Items("rule", vec![self.special_rule(at), self.default_rule(at)])),
            ]),
        })
    }

    /// The rule before the default, of one of five kinds.
    fn special_rule(self, at: usize) -> (String, Fields) {
        let taken = match at % 5 {
            0 => map([("attribute", map([("task", text("code-completion"))]))]),
            1 => map([("model", text("model-*")), ("capability", text("streaming"))]),
            2 => map([
                ("tag", text("batch")),
                (
                    "time",
                    map([
                        ("days", list(["mon", "tue", "wed", "thu", "fri"])),
                        ("from", text("20:00")),
                        ("to", text("06:00")),
                        ("zone", text("Europe/Berlin")),
                    ]),
                ),
            ]),
            3 => map([("input-tokens", map([("min", Value::Number(8_000))])), ("capability", text("tools"))]),
            _ => map([
                ("not", map([("attribute", map([("tier", list(["gold", "silver"]))]))])),
                ("consumer", text(consumer_name(at / KEYS_PER_CONSUMER))),
            ]),
        };
        let targets = BACKENDS.iter().cycle().skip(self.number.saturating_add(at)).take(2);
        let mut targets: Vec<&str> = targets.copied().collect();
        // Some keys are served by nothing else.
        if !targets.iter().any(|target| target.ends_with("gpt-4o")) {
            targets.push("openai-gpt-4o");
        }
        ("special".to_owned(), fields([("match", taken), ("fallback", list(targets))]))
    }

    fn default_rule(self, at: usize) -> (String, Fields) {
        let weight = u32::try_from(50 + (self.number + at) % 40).unwrap_or(50);
        let first = chain_name(0);
        let rule = match at % 5 {
            3 => fields([("fallback", list(["openai-gpt-4o".to_owned(), format!("chain/{first}")]))]),
            1 => fields([("fallback", list(["own", "azure-gpt-4o", "openai-gpt-4o"]))]),
            _ => fields([
                (
                    "split",
                    map([("openai-gpt-4o", Value::Number(weight)), ("own", Value::Number(100 - weight))]),
                ),
                ("sticky", text("consumer")),
                ("fallback", list(["azure-gpt-4o", "vllm-llama"])),
                ("retry", map([("on", list(["connect", "timeout"])), ("attempts", Value::Number(1))])),
            ]),
        };
        ("default".to_owned(), rule)
    }

    fn consumers(self) -> impl Iterator<Item = Item> {
        let count = self.share(self.size.keys).count().div_ceil(KEYS_PER_CONSUMER).max(1);
        (0..count).map(|at| Item {
            kind: ("consumers", "consumer"),
            name: consumer_name(at),
            fields: fields([("tags", list([if at % 3 == 0 { "batch" } else { "interactive" }]))]),
        })
    }

    fn keys(self) -> impl Iterator<Item = Item> {
        let chains = self.share(self.size.chains).count().max(1);
        self.share(self.size.keys).enumerate().map(move |(at, number)| {
            let mut key = fields([
                ("consumer", text(consumer_name(at / KEYS_PER_CONSUMER))),
                ("chain", text(chain_name(at % chains))),
                ("digests", list([Digest::of(key_text(number).as_bytes()).to_string()])),
            ]);
            if at % 10 == 7 {
                key.extend(fields([("models", list(["gpt-4o"])), ("expires", text("2099-12-31"))]));
            }
            Item { kind: ("keys", "key"), name: format!("key-{number:06}"), fields: key }
        })
    }
}

fn chain_name(at: usize) -> String {
    format!("chain-{at:03}")
}

fn consumer_name(at: usize) -> String {
    format!("app-{at:04}")
}

/// The text of the key with a number: its random part is made from the digest of the number.
fn key_text(number: usize) -> String {
    let digest = Digest::of(format!("generated key {number}").as_bytes());
    let mut random = [b'0'; RANDOM_CHARS];
    for (slot, byte) in random.iter_mut().zip(digest.0) {
        *slot = BASE62.get(usize::from(byte % 62)).copied().unwrap_or(b'0');
    }
    api_key::assemble(&random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_well_formed_and_differ() {
        let check = |number: usize| assert!(api_key::is_well_formed(key_text(number).as_bytes()), "{number}");
        [0, 1, 99_999].into_iter().for_each(check);
        assert_ne!(key_text(0), key_text(1));
    }
}
