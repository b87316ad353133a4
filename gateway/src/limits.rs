//! Every limit and default time of the gateway, in one table, with its unit.
//!
//! Limits that the compiler must agree on stand in `pointsman_schema::limits`. What cannot hold together is refused at
//! compile time below. Nothing here is read from a request.

use std::time::Duration;

/// **Unit**: bytes of one request body.
pub const BODY_BYTES_MAX: usize = 32 << 20;
/// **Unit**: bytes of request bodies held at once, over all workers.
pub const BODIES_BYTES_MAX: usize = 512 << 20;
/// Requests in flight at once, over all workers.
pub const REQUESTS_MAX: usize = 8192;
/// Time to read a whole request body.
pub const BODY_READ_MAX: Duration = Duration::from_mins(1);
/// **Unit**: bytes taken of the body of a refused HTTP/2 request.
pub const REFUSED_BODY_BYTES_MAX: usize = 1 << 20;
/// How long a refused HTTP/2 request may go on sending them.
pub const REFUSED_BODY_READ_MAX: Duration = Duration::from_secs(1);
/// Levels of nesting in a request body. Below what the usual readers downstream take.
pub const JSON_DEPTH_MAX: usize = 100;
/// Members of a request's top-level object.
pub const JSON_MEMBERS_MAX: usize = 128;
/// The name of a member that is compared with others. **Unit**: bytes.
pub const JSON_NAME_BYTES_MAX: usize = 256;
/// Members of a request's `metadata`.
pub const METADATA_MEMBERS_MAX: usize = 64;
/// Parts of a request that is a form.
pub const FORM_PARTS_MAX: usize = 128;
/// **Unit**: bytes of the head of one part of a form.
pub const FORM_HEAD_BYTES_MAX: usize = 4 << 10;
/// **Unit**: bytes that one image, recording or file counts for in the estimate of input tokens.
pub const MEDIA_PART_BYTES: usize = 3_000;
/// **Unit**: tokens. `token_millibytes` of what is asked by an alias, which has no model yet.
pub const ALIAS_TOKEN_MILLIBYTES: u64 = 4_000;

/// **Unit**: bytes of one thought of a streamed answer that are kept, to be given with their signature.
pub const THOUGHT_KEPT_BYTES_MAX: usize = 1 << 20;
/// Places of a request that are named where something in it cannot be translated.
pub const NEEDS_NAMED_MAX: usize = 128;
/// Answers to one request that are told apart: as many as OpenAI gives.
pub const CHOICES_MAX: usize = 128;
/// Calls of one streamed answer whose places are known.
pub const CALLS_COUNTED_MAX: usize = 1_024;

/// **Unit**: bytes of the calls of a streamed answer that are kept, for clients that take only whole ones.
pub const CALLS_KEPT_BYTES_MAX: usize = 1 << 20;
/// **Unit**: bytes of a streamed answer that are gathered for clients whose protocol repeats all of it at its end.
pub const ANSWER_GATHERED_BYTES_MAX: usize = 8 << 20;

/// **Unit**: bytes of an upstream's error body that are read.
pub const ERROR_BODY_BYTES_MAX: usize = 64 << 10;
/// Time to read an upstream's error body.
pub const ERROR_BODY_READ_MAX: Duration = Duration::from_secs(2);
/// **Unit**: bytes of an upstream's error message that a client may see.
pub const ERROR_MESSAGE_BYTES_MAX: usize = 2 << 10;
/// **Unit**: bytes of an upstream's error type or code that a client may see.
pub const ERROR_WORD_BYTES_MAX: usize = 64;

/// **Unit**: bytes of an unstreamed answer that are held before any of it is sent, so that a cut one can fall back.
pub const ANSWER_HELD_BYTES_MAX: usize = 256 << 10;
/// **Unit**: bytes of an unstreamed answer that is translated: it has to be there as a whole.
pub const ANSWER_TRANSLATED_BYTES_MAX: usize = 32 << 20;
/// **Unit**: bytes of a stream held before its first content event.
pub const PREAMBLE_BYTES_MAX: usize = 256 << 10;
/// Events of a stream held before its first content event.
pub const PREAMBLE_EVENTS_MAX: usize = 512;
/// **Unit**: bytes of one event of a stream.
pub const EVENT_BYTES_MAX: usize = 1 << 20;
/// **Unit**: bytes of an answer or of an unfinished event that every request may hold back.
pub const HELD_BYTES_FREE: usize = 64 << 10;
/// **Unit**: bytes that one worker holds back of all answers, past what every request may.
pub const HELD_BYTES_MAX: usize = 128 << 20;

/// How long status and headers of a stream are held back, and how often a waiting client gets a comment.
pub const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// Time to the first content event of a stream.
pub const FIRST_TOKEN: Duration = Duration::from_mins(1);
/// The same for a model that reasons first.
pub const FIRST_TOKEN_REASONING: Duration = Duration::from_mins(3);
/// Time to the head of an unstreamed answer, which often comes only when all of it is made, where the provider sets none.
pub const WHOLE_ANSWER: Duration = Duration::from_mins(5);
/// How long an upstream may take to end a stream after its end marker.
pub const AFTER_DONE: Duration = Duration::from_secs(1);
/// Longest `Retry-After` that is passed on.
pub const RETRY_AFTER_SHOWN_MAX: Duration = Duration::from_mins(10);
/// What an overloaded gateway asks its clients to wait.
pub const OVERLOAD_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A piece of an answer that is handed to HTTP/2 at once, which takes all of it however little its client does.
/// **Unit**: bytes.
pub const CLIENT_FRAME_BYTES_MAX: usize = 16 << 10;

/// Idle upstream connections that one worker keeps for one endpoint.
pub const IDLE_CONNECTIONS_MAX: usize = 128;
/// How long an idle upstream connection is kept.
pub const IDLE_CONNECTION_AGE_MAX: Duration = Duration::from_secs(55);
/// How long an upstream connection is used at all, so that changed addresses are noticed.
pub const CONNECTION_AGE_MAX: Duration = Duration::from_mins(10);
/// Streams on one upstream HTTP/2 connection.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 100;
/// How often a provider's HTTP/2 connection with a request on it is asked whether it lives.
pub const UPSTREAM_PING_EVERY: Duration = Duration::from_secs(10);
/// How long it may take to say so.
pub const UPSTREAM_PING_MAX: Duration = Duration::from_secs(5);
/// How soon after a request a used connection must have ended for the request to be sent once more: its provider had
/// closed it already. One that ends later may have worked on the request.
pub const SEND_AGAIN_WITHIN: Duration = Duration::from_secs(1);
/// Addresses of one host that are tried.
pub const ADDRESSES_MAX: usize = 4;
/// How long the addresses of a host are used without asking again.
pub const ADDRESSES_KEPT: Duration = Duration::from_secs(10);
/// How long they do after that where a lookup is refused, fails or takes long.
pub const OLD_ADDRESSES_KEPT: Duration = Duration::from_mins(10);
/// How long a lookup may take before old addresses are used.
pub const OLD_ADDRESSES_AFTER: Duration = Duration::from_secs(1);
/// Hosts whose addresses one worker looks up at once, each on a thread of its own.
pub const LOOKUPS_MAX: usize = 16;
/// Threads of one runtime for calls that block: lookups, and files.
pub const BLOCKING_THREADS_MAX: usize = 20;

/// Failures in a row that open a breaker.
pub const BREAKER_FAILURES_IN_A_ROW: u32 = 5;
/// Fewest attempts in the window before their share of failures counts.
pub const BREAKER_WINDOW_ATTEMPTS_MIN: u32 = 20;
/// **Unit**: milliseconds over which failures are counted.
pub const BREAKER_WINDOW_MS: u64 = 30_000;
/// **Unit**: milliseconds that a breaker stays open the first time.
pub const BREAKER_BACK_OFF_MS_MIN: u64 = 5_000;
/// **Unit**: milliseconds that a breaker stays open at most.
pub const BREAKER_BACK_OFF_MS_MAX: u64 = 300_000;
/// **Unit**: milliseconds after which a probe that never reported is given up.
pub const BREAKER_PROBE_MS_MAX: u64 = 600_000;
/// Retries in flight that every backend may have.
pub const RETRIES_IN_FLIGHT_MIN: u32 = 3;
/// **Unit**: per cent of a backend's requests in flight that may be retries.
pub const RETRIES_PERCENT: u32 = 20;
/// **Unit**: ms. Failures of one backend are told in the log no more often.
pub const FAILURES_TOLD_EVERY_MS: u64 = 10_000;

/// Client connections at once, over all workers.
pub const CONNECTIONS_MAX: usize = 16_384;
/// Open files for anything but clients and their requests: listeners, snapshots, lookups, idle provider connections.
pub const FILES_RESERVED: usize = 512;
/// Connections that wait in one worker's accept queue.
pub const ACCEPT_QUEUE_MAX: i32 = 1_024;
/// How long a worker rests after the system refused it a connection, such as for want of file descriptors.
pub const ACCEPT_REST: Duration = Duration::from_millis(50);
/// **Unit**: bytes of a request's head.
pub const HEAD_BYTES_MAX: usize = 64 << 10;
/// Header fields of a request.
pub const HEADERS_MAX: usize = 100;
/// Time to read a request's head, from the connection's start or the end of the last answer.
pub const HEAD_READ_MAX: Duration = Duration::from_secs(30);
/// Time for a TLS handshake.
pub const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Requests in flight on one HTTP/2 client connection.
pub const CLIENT_STREAMS_MAX: u32 = 256;
/// Streams that a client may open and reset before the connection is closed (rapid reset).
pub const CLIENT_RESETS_MAX: usize = 64;
/// **Unit**: bytes of one answer that wait for a slow HTTP/2 client.
pub const CLIENT_STREAM_SEND_BYTES_MAX: usize = 64 << 10;
/// How often a quiet HTTP/2 client is asked whether it lives, and how long it may take to say so.
pub const CLIENT_PING_EVERY: Duration = Duration::from_secs(30);
/// How long an HTTP/2 connection may be without a new request before it is closed in good order.
pub const CLIENT_QUIET_MAX: Duration = Duration::from_mins(11);
/// How long a client may take nothing of an answer that is there for it.
pub const CLIENT_STALL_MAX: Duration = Duration::from_mins(1);
/// How often a stream of an HTTP/2 client is looked at for that.
pub const CLIENT_STALL_LOOK: Duration = Duration::from_secs(15);
/// How long a connection that was asked to end may take after its last answer.
pub const CLIENT_END_MAX: Duration = Duration::from_mins(1);
/// Time for a connection without a request to send its first in a drain; for its TLS handshake, the same before that.
pub const LAST_HEAD_READ_MAX: Duration = Duration::from_secs(1);

/// Default time between not being ready and accepting no more.
pub const DRAIN_WAIT: Duration = Duration::from_secs(5);
/// Default time for what has begun to finish.
pub const DRAIN_TIMEOUT: Duration = Duration::from_mins(10);
/// Time for last words after the drain's time is over.
pub const DRAIN_LAST_WORDS: Duration = Duration::from_millis(500);
/// How long after the first signal further ones are taken for the same.
pub const SIGNAL_GRACE: Duration = Duration::from_secs(1);

/// How often the announcement is looked at.
pub const FOLLOW_EVERY: Duration = Duration::from_millis(200);
/// Longest rest between two tries of an announcement that could not be loaded.
pub const FOLLOW_REST_MAX: Duration = Duration::from_secs(5);
/// Time to look at a folder and to load a snapshot; what takes longer is reported as stuck.
pub const LOAD_MAX: Duration = Duration::from_mins(1);
/// How long a start waits for the published folder when there is a good copy in the state folder.
pub const START_FROM_SOURCE_MAX: Duration = Duration::from_secs(2);
/// Replaced snapshots that control work holds until no request does, so that no request pays for letting go.
pub const RETIRED_MAX: usize = 8;
/// How often an idle worker looks for a newer snapshot, to let go of the old one.
pub const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// How long the end of the process waits for a copy that is being written.
pub const FOLLOW_END_MAX: Duration = Duration::from_secs(2);
/// How often the certificate's files are looked at.
pub const CERTIFICATE_EVERY: Duration = Duration::from_secs(2);
/// **Unit**: bytes of a certificate, key or authority file.
pub const PEM_BYTES_MAX: u64 = 4 << 20;
/// **Unit**: bytes of one provider's secret.
pub const SECRET_BYTES_MAX: usize = 16 << 10;
/// How far a signature's time may be from the provider's. AWS's number.
pub const SIGNATURE_GOOD_FOR: Duration = Duration::from_mins(5);
/// Time to ask a source of tokens for one.
pub const TOKEN_ASK_MAX: Duration = Duration::from_secs(10);
/// Time to connect to it, TLS included.
pub const TOKEN_CONNECT_MAX: Duration = Duration::from_secs(3);
/// **Unit**: bytes of its answer.
pub const TOKEN_ANSWER_BYTES_MAX: usize = 64 << 10;
/// How long a token is used at most, whatever is said of it.
pub const TOKEN_LIFETIME_MAX: Duration = Duration::from_hours(24);
/// How long before its end a token is asked for anew at most; a fifth of its life where that is less.
pub const TOKEN_MARGIN_MAX: Duration = Duration::from_mins(5);
/// Rest after a first failure to get a token, and the least between two tokens.
pub const TOKEN_AGAIN_MIN: Duration = Duration::from_secs(1);
/// Rest after many failures.
pub const TOKEN_AGAIN_MAX: Duration = Duration::from_mins(1);
/// How old a token must be that is asked for anew because its provider refuses it.
pub const TOKEN_DOUBT_AFTER: Duration = Duration::from_secs(30);
/// How long a snapshot waits for tokens that nobody has asked for before.
pub const TOKEN_LOAD_MAX: Duration = Duration::from_secs(5);
/// Operator connections at once.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;
/// Workers of one process.
pub const WORKERS_MAX: usize = 256;

const _: () = assert!(BODY_BYTES_MAX <= BODIES_BYTES_MAX);
const _: () = assert!(LOOKUPS_MAX < BLOCKING_THREADS_MAX);
const _: () = assert!(HELD_BYTES_FREE < EVENT_BYTES_MAX && EVENT_BYTES_MAX <= HELD_BYTES_MAX);
const _: () = assert!(PREAMBLE_BYTES_MAX <= EVENT_BYTES_MAX);
const _: () = assert!(BREAKER_BACK_OFF_MS_MIN <= BREAKER_BACK_OFF_MS_MAX);
const _: () = assert!(ERROR_MESSAGE_BYTES_MAX <= ERROR_BODY_BYTES_MAX);
const _: () = assert!(SECRET_BYTES_MAX < HEAD_BYTES_MAX && SECRET_BYTES_MAX < TOKEN_ANSWER_BYTES_MAX);
