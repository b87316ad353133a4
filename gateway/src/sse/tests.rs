//! Splitting at every byte boundary, in every mixture of line ends.

use proptest::prelude::*;

use super::*;

/// Feeds the text in the given pieces: the runs end to end are the text up to its last boundary, and the data of the
/// events is as expected.
fn check(pieces: &[&[u8]], expected: &[&str]) {
    let mut splitter = Splitter::new(1 << 20);
    let mut out = Vec::new();
    let mut seen = Vec::new();
    for piece in pieces {
        let run = splitter.feed(Bytes::copy_from_slice(piece)).unwrap();
        for event in events(&run) {
            if let Some(data) = data(event) {
                seen.push(String::from_utf8_lossy(&data).into_owned());
            }
        }
        out.extend_from_slice(&run);
    }
    let whole = pieces.concat();
    assert!(whole.starts_with(&out), "bytes are passed on as they are");
    assert_eq!(seen, expected, "{:?}", String::from_utf8_lossy(&whole));
}

const TEXTS: &[(&str, &[&str])] = &[
    ("data: a\n\ndata: b\n\n", &["a", "b"]),
    ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
    ("data: a\r\rdata: b\r\r", &["a", "b"]),
    ("data:a\r\n\ndata:b\n\r\ndata", &["a", "b"]),
    (": comment\n\ndata: one\ndata: two\n\n", &["one\ntwo"]),
    ("\u{FEFF}data: bom\n\n", &["bom"]),
    ("data\ndata\n\n", &["\n"]),
    ("event: x\nid: 3\n\n\n\ndata:  space\n\n", &[" space"]),
    ("datax: no\n\ndata: [DONE]\n\n", &["[DONE]"]),
    ("data: é\u{1F600}\n\ndata: unfinished\n", &["é\u{1F600}"]),
];

#[test]
fn every_text_cut_at_every_pair_of_places() {
    for (text, expected) in TEXTS {
        let bytes = text.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                check(&[&bytes[..first], &bytes[first..second], &bytes[second..]], expected);
            }
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        check(&single, expected);
    }
}

#[test]
fn an_event_without_end_is_refused_at_its_limit() {
    let mut splitter = Splitter::new(8);
    assert_eq!(splitter.feed(Bytes::from_static(b"data: 12")), Ok(Bytes::new()));
    assert_eq!(splitter.feed(Bytes::from_static(b"3")), Err(EventTooLarge { bytes_max: 8 }));
}

#[test]
fn a_chunk_of_whole_events_is_not_copied() {
    let chunk = Bytes::from_static(b"data: 1\n\n");
    let run = Splitter::new(8).feed(chunk.clone()).unwrap();
    assert_eq!(run.as_ptr(), chunk.as_ptr());
}

#[test]
fn large_unfinished_events_share_a_room() {
    let room = crate::room::Room::new(HELD_BYTES_FREE);
    let splitter = || Splitter::new(3 * HELD_BYTES_FREE).charging(room.space());
    let (mut one, mut other) = (splitter(), splitter());
    let piece = || Bytes::from(vec![b'x'; HELD_BYTES_FREE]);
    assert!(one.feed(piece()).is_ok() && other.feed(piece()).is_ok());
    assert_eq!(room.taken(), 0);
    assert!(one.feed(piece()).is_ok());
    assert_eq!(room.taken(), HELD_BYTES_FREE);
    assert!(other.feed(piece()).is_err());
    let run = one.feed(Bytes::from_static(b"\n\ny")).unwrap();
    assert_eq!((run.len(), room.taken()), (2 * HELD_BYTES_FREE + 2, 0));
    assert!(other.feed(piece()).is_ok());
    drop(other);
    assert_eq!(room.taken(), 0);
}

proptest! {
    /// Against the slow definition: split into lines first, then into events at blank lines.
    #[test]
    fn any_bytes_in_any_pieces(text in "[a:d \r\n]{0,40}", cut in 0usize..40) {
        let bytes = text.as_bytes();
        let cut = cut.min(bytes.len());
        let mut splitter = Splitter::new(1 << 10);
        let mut out = Vec::new();
        for piece in [&bytes[..cut], &bytes[cut..]] {
            out.extend_from_slice(&splitter.feed(Bytes::copy_from_slice(piece)).unwrap());
        }
        prop_assert_eq!(out.len(), naive_boundary(bytes));
        prop_assert_eq!(&out[..], &bytes[..out.len()]);
        prop_assert_eq!(events(&out).map(<[u8]>::len).sum::<usize>(), out.len());
    }
}

/// One past the last blank line's end.
fn naive_boundary(bytes: &[u8]) -> usize {
    let (mut at, mut line_len, mut boundary) = (0, 0, 0);
    while at < bytes.len() {
        let end = match bytes[at] {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => 2,
            b'\r' | b'\n' => 1,
            _ => 0,
        };
        if end == 0 {
            line_len += 1;
            at += 1;
            continue;
        }
        at += end;
        if line_len == 0 {
            boundary = at;
        }
        line_len = 0;
    }
    boundary
}
