//! Who may ask, and what each request is matched against: keys, consumers, chains and rules.
//!
//! Everything that the pure decision reads, except the models and backends themselves ([`super::providers`]).
//! Tables are sorted by stable name, rules stay in the order they were written.

use super::{Rows, table};

table! {
    /// The routing section.
    struct Routing {
        /// Teams, by name.
        teams: Vec<Team>,
        /// Tag texts, sorted; an index into this list is a tag's identity.
        tags: Vec<u32>,
        /// Declared request attributes, by name.
        attributes: Vec<Attribute>,
        /// Texts of attribute values; an attribute's run is sorted.
        attribute_values: Vec<u32>,
        /// Consumers, by name.
        consumers: Vec<Consumer>,
        /// Indices into `tags`; a consumer's run is sorted.
        consumer_tags: Vec<u32>,
        /// API keys, by name.
        keys: Vec<Key>,
        /// Texts of the models that a key may use; a key's run is sorted.
        key_models: Vec<u32>,
        /// Rows of `money.limits`, each limit that a key or its consumer names; a key's run is sorted.
        key_limits: Vec<u32>,
        /// Key digests, sorted by their bytes.
        digests: Vec<KeyDigest>,
        /// How many leading bits of a digest index `radix`, 0 to 16.
        radix_bits: u8,
        /// For each value of those bits the first row of `digests` that is not below it, and one past the end.
        radix: Vec<u32>,
        /// Chains, by name.
        chains: Vec<Chain>,
        /// Names that a chain accepts in a request's `model`; a chain's run is sorted by text.
        accepted: Vec<Accepted>,
        /// Rules; a chain's run is in the order of the source.
        rules: Vec<Rule>,
        /// Branch programs; a rule's run is its `match`.
        tests: Vec<Test>,
        /// Split arms; a rule's run is in the order of the arms' names.
        arms: Vec<Arm>,
        /// Fallback targets; a rule's run is in the order of the source.
        fallbacks: Vec<Target>,
        /// Weekly time windows.
        windows: Vec<Window>,
        /// Time zones that windows use.
        zones: Vec<Zone>,
        /// Offset changes; a zone's run is in ascending time.
        transitions: Vec<Transition>,
    }
}

table! {
    /// A folder under `teams/`.
    struct Team {
        /// Its name's text.
        name: u32,
    }
}

table! {
    /// A request attribute that the workspace declares.
    struct Attribute {
        /// Its name's text.
        name: u32,
        /// Where its value is found: 0 an HTTP header, 1 a member of the body's `metadata`.
        origin: u8,
        /// Text of the header (lower case) or member.
        field: u32,
        /// Its values in `attribute_values`. Value 0 at run time is "none", value n is row n-1 of this run.
        values: Rows,
    }
}

table! {
    /// A person or service that calls the gateway.
    struct Consumer {
        /// Its stable name's text.
        name: u32,
        /// Its team, or `NONE` for the platform's own.
        team: u32,
        /// Its tags in `consumer_tags`.
        tags: Rows,
    }
}

table! {
    /// An API key, without the key.
    struct Key {
        /// Its stable name's text.
        name: u32,
        /// Whose it is.
        consumer: u32,
        /// The chain that its requests take.
        chain: u32,
        /// Models that it may ask for and be served by, in `key_models`; an empty run allows every model.
        models: Rows,
        /// Limits that its requests fall under, in `key_limits`.
        limits: Rows,
        /// Last second (Unix time) at which it is accepted; `i64::MAX` when it does not expire.
        expires_s: i64,
    }
}

table! {
    /// One accepted form of a key.
    struct KeyDigest {
        /// SHA-256 of the key's text.
        digest: [u8; 32],
        /// Which key it is.
        key: u32,
        /// Last second (Unix time) at which this form is accepted, the key's own end included; `i64::MAX` when it does
        /// not expire.
        until_s: i64,
    }
}

table! {
    /// Ordered rules.
    struct Chain {
        /// Its stable name's text.
        name: u32,
        /// Its rules in `rules`.
        rules: Rows,
        /// The names it accepts in `accepted`.
        accepted: Rows,
    }
}

table! {
    /// A name that a request's `model` may have.
    struct Accepted {
        /// Its text.
        name: u32,
        /// The model of that name, or `NONE` for an alias.
        model: u32,
    }
}

table! {
    /// One rule of a chain.
    struct Rule {
        /// Its name's text; unique in its chain.
        name: u32,
        /// Its branch program in `tests`; an empty run matches every request.
        tests: Rows,
        /// Its split in `arms`; an empty run means that the first fallback is the primary.
        arms: Rows,
        /// Its fallbacks in `fallbacks`.
        fallbacks: Rows,
        /// What a split's draw sticks to: 0 the request id, 1 the consumer, 2 the key, 3 an attribute.
        sticky: u8,
        /// The attribute when `sticky` is 3, else `NONE`.
        sticky_attribute: u32,
        /// Extra tries on the same backend.
        retry_attempts: u8,
        /// Outcome classes that are worth one, as bits of [`crate::outcome::Outcome`].
        retry_on: u32,
        /// Features that may be left out for a backend of this rule that refuses them, as
        /// [`crate::feature::Feature`] masks.
        dropped: u64,
    }
}

table! {
    /// One instruction of a branch program: a predicate and where to go on. Jumps only go forward, so every program
    /// ends; targets are relative to the rule's first instruction, or [`ACCEPT`], or [`REJECT`].
    struct Test {
        /// One of the `TEST_` codes.
        code: u8,
        /// First operand, as the code says.
        a: u32,
        /// Second operand, as the code says.
        b: u32,
        /// Where to go when the predicate holds.
        on_true: u16,
        /// Where to go when it does not.
        on_false: u16,
    }
}

/// Branch target: the rule matches.
pub const ACCEPT: u16 = u16::MAX;
/// Branch target: the rule does not match.
pub const REJECT: u16 = u16::MAX - 1;

/// The asked model is exactly text `a`.
pub const TEST_MODEL_IS: u8 = 1;
/// The asked model begins with text `a`, ends with text `b`, and is at least as long as both.
pub const TEST_MODEL_GLOB: u8 = 2;
/// Attribute `a` has value `b` (0 is none, n is row n-1 of its values).
pub const TEST_ATTRIBUTE: u8 = 3;
/// The request asks for all capabilities in the bits of `a`.
pub const TEST_CAPABILITY: u8 = 4;
/// The estimated input tokens lie in `a..=b`.
pub const TEST_INPUT_TOKENS: u8 = 5;
/// The consumer's team is `a`.
pub const TEST_TEAM: u8 = 6;
/// The consumer is `a`.
pub const TEST_CONSUMER: u8 = 7;
/// The consumer carries tag `a`.
pub const TEST_TAG: u8 = 8;
/// The client speaks protocol `a`, a [`crate::protocol::Protocol`] code.
pub const TEST_PROTOCOL: u8 = 9;
/// The time lies in window `a`.
pub const TEST_TIME: u8 = 10;

table! {
    /// One arm of a split.
    struct Arm {
        /// Where its share goes.
        target: Target,
        /// One past its last bucket; the first arm begins at 0, the last ends at `SPLIT_BUCKETS`.
        until: u32,
    }
}

table! {
    /// A backend or another chain.
    struct Target {
        /// 0 a backend, 1 a chain.
        kind: u8,
        /// Which.
        index: u32,
    }
}

/// [`Target::kind`]: a backend.
pub const TARGET_BACKEND: u8 = 0;
/// [`Target::kind`]: a chain.
pub const TARGET_CHAIN: u8 = 1;

table! {
    /// A weekly window in a zone's local time.
    struct Window {
        /// The zone.
        zone: u32,
        /// Days on which it begins; bit 0 is Monday.
        days: u8,
        /// First minute of the local day that is inside, 0 to 1439.
        from_minute: u16,
        /// First minute that is outside again, 1 to 1440; at or below `from_minute` it is a minute of the next day.
        to_minute: u16,
    }
}

table! {
    /// A time zone's offsets.
    struct Zone {
        /// Its IANA name's text.
        name: u32,
        /// Seconds east of UTC before the first transition.
        initial_offset_s: i32,
        /// Its transitions in `transitions`.
        transitions: Rows,
    }
}

table! {
    /// A change of a zone's offset.
    struct Transition {
        /// Unix second from which it holds.
        at_s: i64,
        /// Seconds east of UTC.
        offset_s: i32,
    }
}

/// All shapes of this section, for [`super::shape_hash`].
pub(super) const SHAPES: &[&str] = &[
    Routing::SHAPE,
    Team::SHAPE,
    Attribute::SHAPE,
    Consumer::SHAPE,
    Key::SHAPE,
    KeyDigest::SHAPE,
    Chain::SHAPE,
    Accepted::SHAPE,
    Rule::SHAPE,
    Test::SHAPE,
    Arm::SHAPE,
    Target::SHAPE,
    Window::SHAPE,
    Zone::SHAPE,
    Transition::SHAPE,
];
