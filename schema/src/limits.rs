//! Every limit that the compiler and the gateway share, in one table, with its unit.
//!
//! A limit stands here when two crates must agree on it; a limit that only one crate knows stands in that crate's own
//! `limits.rs`. What cannot be held together is refused at compile time below.

/// **Unit**: bytes of one policy file.
pub const SOURCE_FILE_BYTES_MAX: usize = 16 << 20;
/// **Unit**: levels of nesting in one policy file.
pub const SOURCE_DEPTH_MAX: usize = 64;
/// **Unit**: tree nodes of one policy file, after aliases are expanded.
pub const SOURCE_NODES_MAX: usize = 4_000_000;
/// **Unit**: extra tree nodes that YAML aliases may expand to in one file.
pub const ALIAS_NODES_MAX: usize = 20_000;
/// **Unit**: bytes of a declared name.
pub const NAME_BYTES_MAX: usize = 64;
/// **Unit**: bytes of a model name or alias, declared or asked for.
pub const MODEL_NAME_BYTES_MAX: usize = 128;

/// **Unit**: rules of one chain.
pub const RULES_PER_CHAIN_MAX: usize = 256;
/// **Unit**: leaf predicates of one rule, after lowering.
pub const PREDICATES_PER_RULE_MAX: usize = 64;
/// **Unit**: candidates of one decision, over all chains it passes through.
pub const CANDIDATES_MAX: usize = 16;
/// **Unit**: chains one decision passes through, the key's own included.
pub const CHAIN_DEPTH_MAX: usize = 4;
/// Those of the longest way to each candidate, the key's own chain counted once. **Unit**: chains one decision passes
/// through, over all ways.
pub const PASSAGES_MAX: usize = 1 + (CHAIN_DEPTH_MAX - 1) * CANDIDATES_MAX;
/// **Unit**: upstream attempts one request can cause.
pub const ATTEMPTS_MAX: usize = 8;
/// **Unit**: extra tries on the same backend.
pub const RETRY_ATTEMPTS_MAX: u8 = 7;
/// **Unit**: declared request attributes.
pub const ATTRIBUTES_MAX: usize = 16;
/// **Unit**: declared values of one attribute.
pub const ATTRIBUTE_VALUES_MAX: usize = 256;
/// **Unit**: bytes of one attribute value.
pub const ATTRIBUTE_VALUE_BYTES_MAX: usize = 64;
/// **Unit**: arms of one split.
pub const ARMS_PER_SPLIT_MAX: usize = 16;
/// **Unit**: buckets that a split's arms divide between them (DESIGN.md section 3).
pub const SPLIT_BUCKETS: u32 = 1_000_000;
/// **Unit**: weight of one arm.
pub const WEIGHT_MAX: u32 = 1_000_000;
/// **Unit**: budgets of which one is a part, itself included.
pub const BUDGET_DEPTH_MAX: usize = 16;
/// **Unit**: budgets that one key names, and that one consumer names.
pub const BUDGETS_NAMED_MAX: usize = 16;
/// **Unit**: digests of one key.
pub const DIGESTS_PER_KEY_MAX: usize = 2;

/// **Unit**: bytes of one snapshot file.
pub const SNAPSHOT_BYTES_MAX: u64 = 1 << 30;
/// **Unit**: bytes of the snapshot header.
pub const HEADER_BYTES: usize = 4096;
/// **Unit**: sections of one snapshot.
pub const SECTIONS_MAX: usize = 48;
/// **Unit**: bytes that every section starts at a multiple of.
pub const SECTION_ALIGN: usize = 64;
/// **Unit**: golden vectors of one snapshot.
pub const GOLDEN_VECTORS_MAX: usize = 4096;
/// **Unit**: bytes of one announcement.
pub const ANNOUNCEMENT_BYTES_MAX: usize = 64 << 10;
/// **Unit**: snapshot files kept in a published folder.
pub const SNAPSHOTS_KEPT: usize = 16;

const _: () = assert!(ATTEMPTS_MAX <= CANDIDATES_MAX);
const _: () = assert!(ARMS_PER_SPLIT_MAX <= CANDIDATES_MAX);
const _: () = assert!(SECTION_ALIGN.is_power_of_two() && HEADER_BYTES.is_multiple_of(SECTION_ALIGN));
const _: () = assert!(HEADER_BYTES >= 256 + SECTIONS_MAX * 64);
// Offsets in a policy file are 32 bits wide.
const _: () = assert!(SOURCE_FILE_BYTES_MAX >> 31 == 0);
