//! The arguments of every command: the one place where they are named and described.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use pointsman_compiler::rule::Severity;

/// The AI gateway whose routing policy is compiled and proved.
#[derive(Debug, Parser)]
#[command(name = "pointsman", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a policy repository and report everything that is wrong with it.
    Check(Check),
    /// Check a policy repository and publish it as a snapshot that gateways follow.
    Compile(Compile),
    /// Explain a finding: what it means, why it matters, how to fix it.
    Explain(Explain),
    /// Show what a published snapshot holds.
    Inspect(Inspect),
    /// Show how a request would be routed, and why.
    Route(Route),
    /// Make keys that sign publications, and sign what is published.
    Signer(Signer),
    /// Make API keys, and rotate, revoke, verify or list those of a policy.
    Key(Key),
    /// Serve traffic by a published snapshot.
    Gateway(Box<Gateway>),
    /// Run everything on this machine: an example policy, an upstream, a gateway.
    Demo(Demo),
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsFormat {
    /// For people.
    Human,
    /// One line a finding.
    Compact,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// A `JUnit` report.
    Junit,
    /// A comment on a pull request.
    Markdown,
}

/// How other data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}

/// From which severity on findings make the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailLevel {
    /// Errors only.
    Error,
    /// Warnings, too.
    Warning,
}

impl FailLevel {
    /// The least bad findings that count.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Findings {
    /// How findings are printed.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: FindingsFormat,
    /// From which severity on findings make the command fail (exit code 1).
    #[arg(long, value_enum, default_value = "error", value_name = "LEVEL")]
    pub(crate) fail_level: FailLevel,
    /// The day that expiry dates are held against, such as 2027-01-31; without it, they are not looked at. It never
    /// changes the snapshot.
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<jiff::civil::Date>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub(crate) struct Check {
    /// The policy repository: the folder with pointsman.yaml or pointsman.kdl.
    pub(crate) policy: PathBuf,
    #[command(flatten)]
    pub(crate) findings: Findings,
    /// Check a revision of the Git repository instead of the folder's files, without checking it out.
    #[arg(long, value_name = "REV")]
    pub(crate) rev: Option<String>,
    /// Report only what this revision does not have.
    #[arg(long, value_name = "REV")]
    pub(crate) against: Option<String>,
    /// Apply the fixes that change no decision.
    #[arg(long, conflicts_with_all = ["rev", "against", "watch"])]
    pub(crate) fix: bool,
    /// With --fix: apply those that change decisions, too. Those that send data or money elsewhere are never applied.
    #[arg(long, requires = "fix")]
    pub(crate) unsafe_fixes: bool,
    /// Check again whenever a file changes, until interrupted.
    #[arg(long, conflicts_with = "rev")]
    pub(crate) watch: bool,
    /// Say how long each pass took.
    #[arg(long)]
    pub(crate) timings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// The policy repository: the folder with pointsman.yaml or pointsman.kdl.
    pub(crate) policy: PathBuf,
    /// The folder to publish into; made when it is not there.
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
    /// Sign the announcement with this private key (`pointsman signer new`); may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) findings: Findings,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The finding, such as unknown-backend.
    #[arg(required_unless_present = "list")]
    pub(crate) slug: Option<String>,
    /// List all findings.
    #[arg(long, conflicts_with = "slug")]
    pub(crate) list: bool,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A folder that `compile` published into, or a snapshot file.
    pub(crate) snapshots: PathBuf,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Route {
    /// A folder that `compile` published into, or a snapshot file.
    #[arg(long, value_name = "PATH")]
    pub(crate) snapshots: PathBuf,
    /// The name of the key that asks, such as support/web.
    #[arg(long, value_name = "NAME")]
    pub(crate) key: String,
    /// The model that the request asks for.
    #[arg(long)]
    pub(crate) model: String,
    /// A request attribute; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) attribute: Vec<String>,
    /// A capability that the request asks for, such as tools; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) capability: Vec<String>,
    /// How the client asks, such as anthropic-messages.
    #[arg(long, value_name = "NAME", default_value = "openai-chat")]
    pub(crate) dialect: String,
    /// Something that the request holds and that not every provider's protocol can carry, such as seed; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) feature: Vec<String>,
    /// Estimated input tokens.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) input_tokens: u32,
    /// Output tokens that the request asks for.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) output_tokens: u32,
    /// When the request comes, such as 2027-01-31T12:00:00Z; now when it is not given.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<jiff::Timestamp>,
    /// The request's id, 32 hexadecimal digits: what a split without `sticky` is drawn by.
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Signer {
    #[command(subcommand)]
    pub(crate) command: SignerCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SignerCommand {
    /// Make a private key, and print the line that goes into a gateway's --trust file.
    New {
        /// Whose key it is, as gateways will name it.
        name: String,
        /// The file to write the private key into; it must not exist.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Sign what is current in a published folder, besides those who signed it already.
    Sign {
        /// The folder that `compile` published into.
        #[arg(long, value_name = "FOLDER")]
        snapshots: PathBuf,
        /// The private key.
        #[arg(long, value_name = "FILE")]
        sign_key: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a new key. It is shown once; its digest goes into the policy, by hand or with --policy.
    New(NewKey),
    /// Give a key another form, shown once; the old form is accepted for some days more.
    Rotate {
        /// The key's name in the policy.
        name: String,
        #[command(flatten)]
        edited: EditedPolicy,
        /// Days that the old form is accepted for; 0 takes it away at once.
        #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(0..=365))]
        grace: u16,
    },
    /// Take one form of a key, or the whole key, out of the policy.
    Revoke {
        /// The key's name in the policy.
        name: String,
        #[command(flatten)]
        edited: EditedPolicy,
        /// Only the form whose digest begins so.
        #[arg(long, value_name = "DIGITS")]
        digest: Option<String>,
    },
    /// Read a key from standard input and say whether it is one, and with --policy whose.
    Verify {
        /// Look the key up in this policy repository.
        #[arg(long, value_name = "FOLDER")]
        policy: Option<PathBuf>,
        /// How it is printed.
        #[arg(long, value_enum, default_value = "human")]
        format: Format,
    },
    /// List the keys of a policy: whose they are, their forms, when they end.
    List {
        #[command(flatten)]
        edited: EditedPolicy,
    },
}

/// A policy repository that is read or edited, and how the outcome is printed.
#[derive(Debug, Args)]
pub(crate) struct EditedPolicy {
    /// The policy repository: the folder with pointsman.yaml or pointsman.kdl.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) policy: PathBuf,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct NewKey {
    /// The key's name in the policy: team/name, or a name of the platform's.
    pub(crate) name: String,
    /// Write it into this policy repository.
    #[arg(long, value_name = "FOLDER", requires_all = ["consumer", "chain"])]
    pub(crate) policy: Option<PathBuf>,
    /// With --policy: whose key it is.
    #[arg(long, value_name = "NAME", requires = "policy")]
    pub(crate) consumer: Option<String>,
    /// With --policy: the chain that its requests take.
    #[arg(long, value_name = "NAME", requires = "policy")]
    pub(crate) chain: Option<String>,
    /// With --policy: the file to write it into, by its path in the repository; by default where its owner's other keys
    /// are.
    #[arg(long, value_name = "FILE", requires = "policy")]
    pub(crate) file: Option<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// The folder to follow, which `compile` or a sync service publishes into.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) snapshots: PathBuf,
    /// Where clients connect.
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where operators connect: /livez /readyz /metrics /status /version.
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:9090")]
    pub(crate) admin: SocketAddr,
    /// Where the last generation and the last good snapshot are kept.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state: Option<PathBuf>,
    /// Who may publish: a file of public keys, and how many of them have to sign. Needed where others than this machine
    /// can reach `--listen`; read again for every publication.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Where the files of `file:` credentials are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) secrets: Option<PathBuf>,
    /// Certificate chain (PEM) for TLS; read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key (PEM) for TLS.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// More certificate authorities (PEM) to trust for providers.
    #[arg(long, value_name = "FILE")]
    pub(crate) upstream_ca: Option<PathBuf>,
    /// Threads that serve requests; one a core when it is not given.
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<std::num::NonZeroUsize>,
    /// Connections at once.
    #[arg(long, value_name = "N")]
    pub(crate) max_connections: Option<usize>,
    /// Requests at once.
    #[arg(long, value_name = "N")]
    pub(crate) max_requests: Option<usize>,
    /// Seconds between "not ready" and the end of accepting when draining.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) drain_wait: u64,
    /// Seconds that streams are given to finish when draining.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) drain_timeout: u64,
    /// How the log is written to standard error.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) log: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The folder of the demo's policy repository; made when it is not there.
    #[arg(long, default_value = "pointsman-demo")]
    pub(crate) dir: PathBuf,
    /// Where clients connect; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where operators connect; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:9090")]
    pub(crate) admin: SocketAddr,
    /// How addresses and key are printed.
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8080".to_owned())
}

fn instant(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse().map_err(|_| "write an instant, such as 2027-01-31T12:00:00Z".to_owned())
}
