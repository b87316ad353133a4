//! Conditions made of bytes: written as policy text, and asked about one request of a small world.
//!
//! Deliberately a second statement of what `match` means, without anything of the compiler: a mistake of the compiler must
//! not be repeated here. The world has a few points of each axis, one of each kind that the conditions can tell apart.

use std::collections::BTreeSet;

/// What is left of an input; after its end come zeros.
pub struct Bytes<'b>(pub &'b [u8]);

impl Bytes<'_> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }

    /// Some of these, at least one.
    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let chosen = self.byte();
        let kept = of.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
        let kept: Vec<T> = kept.map(|(_, value)| *value).collect();
        if kept.is_empty() { vec![of[0]] } else { kept }
    }
}

/// A text, and where parts of conditions begin in it.
pub struct Written(pub String, pub BTreeSet<usize>);

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Self(text.to_owned(), BTreeSet::new())
    }
}

impl Written {
    /// Adds text.
    pub fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn place(&mut self) -> usize {
        self.1.insert(self.0.len());
        self.0.len()
    }
}

/// A part, by where it begins.
type Part<T> = (usize, T);

/// What a rule asks.
pub enum Condition {
    All(Vec<Part<Condition>>),
    Any(Vec<Part<Condition>>),
    Not(Box<Condition>),
    Ask(Axis, Vec<Part<&'static str>>),
    Tokens(Option<u32>, Option<u32>),
    Time { days: Vec<usize>, from: u32, to: u32 },
}

/// What a list of words asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Model,
    Tier,
    Capability,
    Team,
    Consumer,
    Tag,
    Protocol,
}

const AXES: [(Axis, &str, &[&str]); 7] = [
    (
        Axis::Model,
        "model",
        &["gpt-4o", "gpt-*", "\"*-mini\"", "\"*\"", "claude-*", "llama", "g*i", "gpt-4o*o"],
    ),
    (Axis::Tier, "tier", &["gold", "free", "none"]),
    (Axis::Capability, "capability", &["tools"]),
    (Axis::Team, "team", &["a", "b"]),
    (Axis::Consumer, "consumer", &["app"]),
    (Axis::Tag, "tag", &["gold", "batch", "spare"]),
    (Axis::Protocol, "protocol", &PROTOCOLS),
];
const PROTOCOLS: [&str; 3] = ["openai", "anthropic", "gemini"];
const BOUNDS: [Option<u32>; 6] = [None, Some(0), Some(9), Some(10), Some(20), Some(100_000_000)];
/// One number of each part into which they cut the line.
const TOKENS: [u32; 9] = [0, 1, 9, 10, 11, 20, 21, 100_000_000, u32::MAX];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const CLOCK: [u32; 4] = [0, 480, 1080, 1440];
const MINUTES: [u32; 6] = [0, 479, 480, 1079, 1080, 1439];
const DAY: u32 = 1440;

impl Condition {
    /// Reads a condition of at most this depth and writes it down as a mapping.
    pub fn read(bytes: &mut Bytes<'_>, depth: u8, text: &mut Written) -> Self {
        let kinds = if depth == 0 { 9 } else { 14 };
        match bytes.byte() % kinds {
            at @ 0..=6 => Self::ask(AXES[usize::from(at)], bytes, text),
            7 => Self::tokens(bytes, text),
            8 => Self::time(bytes, text),
            9 | 10 => Self::All(parts("all", bytes, depth - 1, text)),
            11 | 12 => Self::Any(parts("any", bytes, depth - 1, text)),
            _ => {
                text.push("{ not: ");
                let inner = Self::read(bytes, depth - 1, text);
                text.push(" }");
                Self::Not(Box::new(inner))
            }
        }
    }

    fn ask(
        (axis, name, words): (Axis, &str, &[&'static str]),
        bytes: &mut Bytes<'_>,
        text: &mut Written,
    ) -> Self {
        let (open, close) = if axis == Axis::Tier { ("{ attribute: { ", "] } }") } else { ("{ ", "] }") };
        text.push(&format!("{open}{name}: ["));
        let words = bytes.some(words).into_iter().map(|word| {
            let at = text.place();
            text.push(&format!("{word}, "));
            (at, word.trim_matches('"'))
        });
        let words = words.collect();
        text.push(close);
        Self::Ask(axis, words)
    }

    fn tokens(bytes: &mut Bytes<'_>, text: &mut Written) -> Self {
        let (min, max) = match (bytes.pick(&BOUNDS), bytes.pick(&BOUNDS)) {
            (Some(min), Some(max)) => (Some(min.min(max)), Some(max.max(min))),
            (None, None) => (None, Some(10)),
            ends => ends,
        };
        let end = |name: &str, end: Option<u32>| end.map_or(String::new(), |end| format!("{name}: {end}, "));
        text.push(&format!("{{ input-tokens: {{ {}{}}} }}", end("min", min), end("max", max)));
        Self::Tokens(min, max)
    }

    fn time(bytes: &mut Bytes<'_>, text: &mut Written) -> Self {
        let days = bytes.some(&[0, 1, 2, 3, 4, 5, 6]);
        let (from, to) = (bytes.pick(&CLOCK), bytes.pick(&CLOCK));
        let named: Vec<&str> = days.iter().map(|day| DAYS[*day]).collect();
        let clock = |minute: u32| format!("\"{:02}:{:02}\"", minute / 60, minute % 60);
        text.push(&format!(
            "{{ time: {{ days: [{}], from: {}, to: {}, zone: Europe/Berlin }} }}",
            named.join(", "),
            clock(from),
            clock(to)
        ));
        Self::Time { days, from, to }
    }

    /// Whether a request is like it, with the parts that begin at some places left out.
    pub fn holds(&self, request: &Request, without: &BTreeSet<usize>) -> bool {
        match self {
            Self::All(parts) => kept(parts, without).all(|part| part.holds(request, without)),
            Self::Any(parts) => kept(parts, without).any(|part| part.holds(request, without)),
            Self::Not(part) => !part.holds(request, without),
            Self::Ask(axis, words) => kept(words, without).any(|word| request.is(*axis, word)),
            Self::Tokens(min, max) => {
                min.is_none_or(|min| min <= request.tokens) && max.is_none_or(|max| request.tokens <= max)
            }
            Self::Time { days, from, to } => {
                let length = if to > from { to - from } else { to + DAY - from };
                // A window of the last day of the week may reach into the first.
                days.iter().any(|day| {
                    let start = u32::try_from(*day).expect("there are seven") * DAY + from;
                    [request.minute, request.minute + 7 * DAY]
                        .iter()
                        .any(|minute| (start..start + length).contains(minute))
                })
            }
        }
    }

    fn asks(&self, asked: &mut Asked) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|(_, part)| part.asks(asked)),
            Self::Not(part) => part.asks(asked),
            Self::Ask(axis, _) => asked.axes.push(*axis),
            Self::Tokens(..) => asked.tokens = true,
            Self::Time { .. } => asked.time = true,
        }
    }
}

fn kept<'p, T>(parts: &'p [Part<T>], without: &BTreeSet<usize>) -> impl Iterator<Item = &'p T> {
    parts.iter().filter(|(at, _)| !without.contains(at)).map(|(_, part)| part)
}

fn parts(name: &str, bytes: &mut Bytes<'_>, depth: u8, text: &mut Written) -> Vec<Part<Condition>> {
    text.push(&format!("{{ {name}: ["));
    let parts = (0..=bytes.byte() % 3).map(|_| {
        let at = text.place();
        let part = Condition::read(bytes, depth, text);
        text.push(", ");
        (at, part)
    });
    let parts = parts.collect();
    text.push("] }");
    parts
}

/// What some conditions ask about.
#[derive(Default)]
struct Asked {
    axes: Vec<Axis>,
    tokens: bool,
    time: bool,
}

/// Team, name and tags of a caller with a key.
type Caller = (&'static str, &'static str, &'static [&'static str]);

const CALLERS: [Caller; 3] = [("", "app", &["gold"]), ("a", "web", &["gold", "batch"]), ("b", "job", &[])];

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    model: &'static str,
    tier: &'static str,
    tools: bool,
    protocol: &'static str,
    caller: Caller,
    tokens: u32,
    minute: u32,
}

impl Request {
    /// Every request of the world that these conditions can tell apart.
    pub fn all(rules: &[Option<Condition>], is_limited: bool) -> Vec<Self> {
        let mut asked = Asked::default();
        rules.iter().flatten().for_each(|rule| rule.asks(&mut asked));
        let week = (0..7).flat_map(|day| MINUTES.map(|minute| day * DAY + minute));
        let minutes: Vec<u32> = week.take(if asked.time { usize::MAX } else { 1 }).collect();
        let models = if is_limited { &["gpt-4o-mini"][..] } else { &["gpt-4o", "gpt-4o-mini", "llama"] };
        let asks = |axes: &[Axis]| asked.axes.iter().any(|axis| axes.contains(axis));
        let models = few(models, asks(&[Axis::Model]));
        let tiers = few(&["none", "gold", "free"], asks(&[Axis::Tier]));
        let tools = few(&[false, true], asks(&[Axis::Capability]));
        let protocols = few(&PROTOCOLS, asks(&[Axis::Protocol]));
        let kinds: Vec<(bool, &'static str)> = tools
            .iter()
            .flat_map(|tools| protocols.iter().map(move |protocol| (*tools, *protocol)))
            .collect();
        let callers = few(&CALLERS, asks(&[Axis::Team, Axis::Consumer, Axis::Tag]));
        let tokens = few(&TOKENS, asked.tokens);
        let mut all = Vec::new();
        for (model, tier) in models.iter().flat_map(|model| tiers.iter().map(move |tier| (*model, *tier))) {
            for ((tools, protocol), caller) in
                kinds.iter().flat_map(|kind| callers.iter().map(move |caller| (*kind, *caller)))
            {
                for tokens in tokens.iter().copied() {
                    all.extend(minutes.iter().map(|minute| Self {
                        model,
                        tier,
                        tools,
                        protocol,
                        caller,
                        tokens,
                        minute: *minute,
                    }));
                }
            }
        }
        all
    }

    fn is(&self, axis: Axis, word: &str) -> bool {
        let (team, name, tags) = self.caller;
        match axis {
            Axis::Model => is_like(word, self.model),
            Axis::Tier => self.tier == word,
            Axis::Capability => self.tools,
            Axis::Team => team == word,
            Axis::Consumer => name == word,
            Axis::Tag => tags.contains(&word),
            Axis::Protocol => self.protocol == word,
        }
    }
}

/// All points of an axis that is asked about, or one that stands for it.
fn few<T>(points: &[T], is_asked: bool) -> &[T] {
    if is_asked { points } else { &points[..1] }
}

/// Whether a pattern with at most one `*` is like a name.
fn is_like(pattern: &str, name: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else { return pattern == name };
    name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
}
