//! How many files and sockets the process may have open, and how many clients that is enough for.
//!
//! A system starts programs with a low limit for the sake of old ones and lets them raise it. Not raised, a busy
//! gateway would run out of descriptors long before its own limits, and then accept nobody and reach no provider.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits::FILES_RESERVED;

/// Raises the limit as far as the system lets it, and returns how many client connections fit: `wanted` or fewer.
pub fn connections_within(wanted: usize) -> usize {
    let files = raise();
    let fit = wanted.min(fit(files));
    if fit < wanted {
        tracing::warn!(
            open_files = files,
            wanted,
            connections = fit,
            "fewer client connections than wanted: the limit on open files is too low"
        );
    }
    fit
}

/// The limit in force after raising it; `None` when there is none.
fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit on open files could not be raised");
            current
        }
    }
}

/// Every client may need a connection to a provider.
fn fit(files: Option<u64>) -> usize {
    let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    (files.saturating_sub(FILES_RESERVED) / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: Option<u64>, expected: usize) {
        assert_eq!(fit(files), expected, "{files:?}");
    }

    #[test]
    fn two_for_each_client_after_what_is_reserved() {
        let reserved = u64::try_from(FILES_RESERVED).unwrap();
        check(Some(reserved + 2_000), 1_000);
        check(Some(0), 1);
        check(Some(reserved), 1);
        check(None, (usize::MAX - FILES_RESERVED) / 2);
    }

    #[test]
    fn the_limit_is_raised_as_far_as_allowed() {
        let raised = raise();
        let now = getrlimit(Resource::Nofile);
        assert_eq!((now.current, now.current), (now.maximum, raised));
        assert_eq!(connections_within(1), 1);
    }
}
