//! The addresses of hosts: one lookup at a time for each, whoever asks, and its answer kept for some seconds.
//!
//! A lookup runs on a thread that nothing can stop, and a team chooses the names of its providers. So a name whose
//! lookup hangs takes one thread and no more, those who wait for it wait on the same lookup, and what would be one
//! lookup too many is refused at once instead of queueing. Where a lookup is refused, fails or takes long, the addresses
//! of the last one still do for some minutes: neither a name server's outage nor another team's names stop a provider.
//! Time limits are the caller's. One for each worker.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::limits::{ADDRESSES_KEPT, ADDRESSES_MAX, LOOKUPS_MAX, OLD_ADDRESSES_AFTER, OLD_ADDRESSES_KEPT};

/// Addresses in the resolver's order; a failure as its kind and text, because many may wait for it.
type Found = Result<Rc<[IpAddr]>, (io::ErrorKind, Rc<str>)>;

/// A lookup under way.
pub(super) type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>>>>;

/// See the module.
pub(super) struct Resolver {
    look_up: fn(String) -> Looking,
    hosts: RefCell<BTreeMap<String, Host>>,
}

/// What is known of a host, and the lookup under way.
#[derive(Default)]
struct Host {
    known: Option<Known>,
    asked: Option<watch::Receiver<Option<Found>>>,
}

#[derive(Clone)]
struct Known {
    addresses: Rc<[IpAddr]>,
    /// When it is asked for again.
    until: Instant,
}

impl Resolver {
    /// The system's resolver.
    pub(super) fn of_system() -> Rc<Self> {
        Self::new(|host| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((host, 0)).await?;
                Ok(found.map(|address| address.ip()).take(ADDRESSES_MAX).collect())
            })
        })
    }

    fn new(look_up: fn(String) -> Looking) -> Rc<Self> {
        Rc::new(Self { look_up, hosts: RefCell::default() })
    }

    /// The addresses of a host, which is a name or an address itself.
    pub(super) async fn addresses(self: &Rc<Self>, host: &str) -> io::Result<Rc<[IpAddr]>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(Rc::new([address]));
        }
        let (known, asked) =
            self.hosts.borrow().get(host).map(|host| host.at(Instant::now())).unwrap_or_default();
        let old = match known {
            Some(known) if Instant::now() < known.until => return Ok(known.addresses),
            old => old.map(|old| old.addresses),
        };
        let found = match asked.map_or_else(|| self.ask(host), Ok) {
            Err(refused) => Err(refused),
            Ok(answer) if old.is_none() => answer_of(answer).await,
            Ok(answer) => tokio::time::timeout(OLD_ADDRESSES_AFTER, answer_of(answer))
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        };
        found.or_else(|error| old.ok_or(error))
    }

    /// Begins a lookup, which goes on when nobody waits for it any more.
    fn ask(self: &Rc<Self>, host: &str) -> io::Result<watch::Receiver<Option<Found>>> {
        let now = Instant::now();
        let mut hosts = self.hosts.borrow_mut();
        hosts.retain(|_, host| {
            let (known, asked) = host.at(now);
            *host = Host { known, asked };
            host.known.is_some() || host.asked.is_some()
        });
        if hosts.values().filter(|host| host.asked.is_some()).count() >= LOOKUPS_MAX {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "too many names are being looked up"));
        }
        let (tell, answer) = watch::channel(None);
        hosts.entry(host.to_owned()).or_default().asked = Some(answer.clone());
        let (resolver, host) = (Rc::clone(self), host.to_owned());
        drop(tokio::task::spawn_local(async move {
            let found = (resolver.look_up)(host.clone()).await;
            let found = found.map(Rc::from).map_err(|error| (error.kind(), Rc::from(error.to_string())));
            resolver.keep(host, &found);
            // Those who waited may have gone.
            tell.send_replace(Some(found));
        }));
        Ok(answer)
    }

    /// A failure is told to those who wait and then forgotten.
    fn keep(&self, host: String, found: &Found) {
        let mut hosts = self.hosts.borrow_mut();
        let host = hosts.entry(host).or_default();
        host.asked = None;
        if let Ok(addresses) = found {
            let (addresses, until) = (Rc::clone(addresses), Instant::now() + ADDRESSES_KEPT);
            host.known = Some(Known { addresses, until });
        }
    }
}

impl Host {
    /// What of it still counts.
    fn at(&self, now: Instant) -> (Option<Known>, Option<watch::Receiver<Option<Found>>>) {
        let known = self.known.clone().filter(|known| now < known.until + OLD_ADDRESSES_KEPT);
        (known, self.asked.clone().filter(|answer| answer.has_changed().is_ok()))
    }
}

/// What a lookup that somebody began finds.
async fn answer_of(mut answer: watch::Receiver<Option<Found>>) -> io::Result<Rc<[IpAddr]>> {
    let found = answer.wait_for(Option::is_some).await.map(|found| found.clone());
    match found.ok().flatten() {
        Some(Ok(addresses)) => Ok(addresses),
        Some(Err((kind, text))) => Err(io::Error::new(kind, &*text)),
        None => Err(io::Error::other("the lookup ended without an answer")),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    thread_local! {
        static LOOKUPS: Cell<usize> = const { Cell::new(0) };
    }

    /// Names that begin with `hang` never have an answer, `none` has none, others do after a second. Names with `later-`
    /// before them are so from the second lookup on.
    fn scripted(host: String) -> Looking {
        LOOKUPS.set(LOOKUPS.get() + 1);
        let is_later = LOOKUPS.get() > 1;
        Box::pin(async move {
            let host =
                host.strip_prefix("later-").map_or(&*host, |host| if is_later { host } else { "good" });
            if host.starts_with("hang") {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            if host == "none" { Err(io::ErrorKind::NotFound.into()) } else { Ok(vec![[10, 0, 0, 1].into()]) }
        })
    }

    /// Each host is asked for so many seconds after the one before; what came of it within two seconds, and the number
    /// of lookups.
    async fn check(asked: &[(u64, &str)], expected: &[&str], lookups: usize) {
        LOOKUPS.set(0);
        let resolver = Resolver::new(scripted);
        let local = tokio::task::LocalSet::new();
        let seen = local.run_until(async {
            let mut asking = Vec::new();
            for (wait_s, host) in asked {
                tokio::time::sleep(Duration::from_secs(*wait_s)).await;
                let (resolver, host) = (Rc::clone(&resolver), (*host).to_owned());
                asking.push(tokio::task::spawn_local(async move {
                    let found = tokio::time::timeout(Duration::from_secs(2), resolver.addresses(&host)).await;
                    match found {
                        Err(_) => "late",
                        Ok(Ok(addresses)) if addresses.len() == 1 => "found",
                        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => "none",
                        Ok(Err(error)) if error.kind() == io::ErrorKind::QuotaExceeded => "too many",
                        Ok(_) => "other",
                    }
                }));
            }
            let mut seen = Vec::new();
            for one in asking {
                seen.push(one.await.unwrap());
            }
            seen
        });
        assert_eq!((&*seen.await, LOOKUPS.get()), (expected, lookups), "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_looked_up_once_for_all_who_ask() {
        check(&[(0, "a"), (0, "a"), (0, "b")], &["found", "found", "found"], 2).await;
        check(&[(0, "127.0.0.1"), (0, "::1")], &["found", "found"], 0).await;
        let kept_s = ADDRESSES_KEPT.as_secs();
        check(&[(0, "a"), (kept_s, "a")], &["found", "found"], 1).await;
        check(&[(0, "a"), (kept_s + 2, "a")], &["found", "found"], 2).await;
        check(&[(0, "none"), (0, "none"), (3, "none")], &["none", "none", "none"], 2).await;
    }

    #[tokio::test(start_paused = true)]
    async fn old_addresses_do_where_new_ones_do_not_come() {
        let (later_s, too_late_s) = (ADDRESSES_KEPT.as_secs() + 2, OLD_ADDRESSES_KEPT.as_secs() + 20);
        check(&[(0, "later-none"), (later_s, "later-none")], &["found", "found"], 2).await;
        check(&[(0, "later-none"), (too_late_s, "later-none")], &["found", "none"], 2).await;
        check(&[(0, "later-hang"), (later_s, "later-hang")], &["found", "found"], 2).await;
        let names: Vec<String> = (0..LOOKUPS_MAX).map(|at| format!("hang{at}")).collect();
        let hangs = names.iter().map(|name| (0, &**name));
        let asked: Vec<(u64, &str)> =
            [(0, "a"), (later_s, "hang")].into_iter().chain(hangs.skip(1)).chain([(0, "a")]).collect();
        let mut expected = vec!["late"; LOOKUPS_MAX + 2];
        (expected[0], expected[LOOKUPS_MAX + 1]) = ("found", "found");
        check(&asked, &expected, LOOKUPS_MAX + 1).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_hangs_stops_no_other() {
        let hangs = [(0, "hang"), (3, "hang"), (60, "hang"), (0, "a")];
        check(&hangs, &["late", "late", "late", "found"], 2).await;
        let names: Vec<String> = (0..=LOOKUPS_MAX).map(|at| format!("hang{at}")).collect();
        let asked: Vec<(u64, &str)> = names.iter().map(|name| (0, &**name)).chain([(0, "hang0")]).collect();
        let mut expected = vec!["late"; LOOKUPS_MAX + 2];
        expected[LOOKUPS_MAX] = "too many";
        check(&asked, &expected, LOOKUPS_MAX).await;
    }
}
