//! Work in parts that share only what they read, on a few threads.
//!
//! Deliberately knows no rule. The invariant: what the parts find is put together in their order, whoever was ready first
//! and however many threads there were.
//!
//! Read next: [`super::objects`], which has the parts, and [`super::loading`], which reads files.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::diagnostic::Diagnostics;

/// One part.
pub(super) type Part<'p> = &'p (dyn Fn(&mut Diagnostics) + Sync);

/// Does every part once; one that takes long had better stand first.
pub(super) fn run(parts: &[Part<'_>], sink: &mut Diagnostics) {
    let all = each(parts, |part| {
        let mut found = Diagnostics::new();
        part(&mut found);
        found.into_found()
    });
    sink.extend(all.into_iter().flatten());
}

/// What some work gives for each of some things, in their order.
pub(super) fn each<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Relaxed);
            let Some(thing) = things.get(at) else { return done };
            done.push((at, work(thing)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX).min(things.len());
    let mut done = thread::scope(|scope| {
        // Where no thread can be had, this one does all.
        let beside = (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok());
        let beside: Vec<_> = beside.collect();
        let mut done = work();
        for other in beside {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, found)| found).collect()
}

/// **Unit**: threads, the one that asks included; past it the longest part decides how long all take.
const THREADS_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use pointsman_schema::tree::{Span, Syntax};

    use super::*;
    use crate::diagnostic::{Diagnostic, Label};
    use crate::rule::{Rule, Severity};
    use crate::source_map::SourceMap;

    const RULE: Rule = Rule { slug: "a", severity: Severity::Error, summary: "", page: "" };

    #[test]
    fn what_is_found_stands_in_the_order_of_the_parts() {
        let file = SourceMap::new().add("a.yaml", "", Syntax::Yaml);
        let part = |number: usize| {
            move |sink: &mut Diagnostics| {
                // The first parts take longest.
                let spun: usize = (0..(40 - number) * 2_000).map(std::hint::black_box).sum();
                let label = Label::new(file, Span::new(number, number), spun.to_string());
                sink.push(Diagnostic::new(&RULE, number.to_string(), label));
            }
        };
        let parts: Vec<_> = (0..40).map(part).collect();
        let parts: Vec<Part<'_>> = parts.iter().map(|part| -> Part<'_> { part }).collect();
        let mut sink = Diagnostics::new();
        run(&parts, &mut sink);
        let found: Vec<_> = sink.into_found().into_iter().map(|found| found.headline).collect();
        assert_eq!(found, (0..40).map(|number: usize| number.to_string()).collect::<Vec<_>>());
        run(&[], &mut Diagnostics::new());
    }
}
