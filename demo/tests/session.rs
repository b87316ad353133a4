//! The first ten minutes: edit, save, break, mend, with requests running all the while.

#![cfg(test)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pointsman_demo::session::{Address, Event, Options, Session};
use pointsman_sync::watch::{POLL, Stop};

/// How long a saved file may take until requests are routed by it. Far longer than it does, for machines that are busy,
/// and far shorter than what a file that nobody noticed would take.
const SERVED_MAX: Duration = Duration::from_secs(15);
const _: () = assert!(SERVED_MAX.as_secs() * 2 <= POLL.as_secs());

/// Sends one chat request and returns the whole answer.
fn chat(address: &Address) -> String {
    let host = address.base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let body = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}"#;
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        address.key,
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Waits for the word whether what was saved is served, and says what it was. Warnings come beside it, as many as the
/// rules find in what was saved, and are no such word.
fn told(events: &Receiver<String>) -> String {
    let deadline = Instant::now() + SERVED_MAX;
    loop {
        let event = events.recv_timeout(deadline.saturating_duration_since(Instant::now())).unwrap();
        if !event.starts_with("Warnings") {
            return event;
        }
    }
}

/// Saves a change, is told of its generation, and asks until requests are routed to the backend: soon.
fn publishes(address: &Address, events: &Receiver<String>, (old, new): (&str, &str), expected: (u64, &str)) {
    let (generation, backend) = expected;
    let saved = Instant::now();
    edit(&chains(address), old, new);
    let told = told(events);
    assert!(told.starts_with(&format!("Published {{ generation: {generation}")), "{told}");
    let by = format!("backend={backend}");
    while !chat(address).contains(&by) {
        assert!(saved.elapsed() < SERVED_MAX, "{}", chat(address));
    }
    assert!(saved.elapsed() < SERVED_MAX, "served, but only after {:?}", saved.elapsed());
}

fn chains(address: &Address) -> PathBuf {
    address.folder.join("teams/support/chains.yaml")
}

/// Replaces text in a file as an editor does: a new file, moved over the old one.
fn edit(path: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{old}");
    let beside = path.with_extension("new");
    fs::write(&beside, text.replacen(old, new, 1)).unwrap();
    fs::rename(beside, path).unwrap();
}

/// Ends the threads of a scene also when it panics, so that the test fails instead of going on for ever.
struct End<'a>(&'a AtomicBool, Stop);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.stop();
    }
}

/// What happens to the demo's files, with every request answered all the while.
fn check(scene: impl FnOnce(&Address, &Receiver<String>)) {
    let parent = tempfile::tempdir().unwrap();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = Options { folder: parent.path().join("demo"), listen: free, admin: free };
    let session = Session::start(&options).unwrap();
    let (address, stop) = (session.address().clone(), session.stop_handle());
    let (tell, events) = channel();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let following = scope.spawn(move || {
            let mut tell = |event: &Event| drop(tell.send(format!("{event:?}")));
            session.follow(&mut tell)
        });
        let asking = scope.spawn(|| {
            let mut answers = 0;
            while !done.load(Ordering::Relaxed) {
                let answer = chat(&address);
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                answers += 1;
            }
            answers
        });
        let end = End(&done, stop);
        scene(&address, &events);
        // Asking ends before the gateway does.
        done.store(true, Ordering::Relaxed);
        assert!(asking.join().unwrap() > 0);
        drop(end);
        following.join().unwrap().unwrap();
    });
}

#[test]
fn a_saved_file_changes_routing_and_a_broken_one_does_not() {
    check(|address, events| {
        let first = chat(address);
        assert!(first.contains("backend=openai-gpt-4o"), "{first}");
        let split = "split: { openai-gpt-4o: 70, anthropic-sonnet: 30 }";
        publishes(address, events, (split, "split: { vllm-llama: 1 }"), (2, "vllm-llama"));
        edit(&chains(address), "vllm-llama: 1", "vllm-lama: 1");
        let broken = told(events);
        assert!(broken.starts_with("Broken") && broken.contains("unknown-backend"), "{broken}");
        let last_good = chat(address);
        assert!(last_good.contains("backend=vllm-llama"), "the last good snapshot is served: {last_good}");
        publishes(address, events, ("vllm-lama: 1", "openai-gpt-4o: 1"), (3, "openai-gpt-4o"));
    });
}
