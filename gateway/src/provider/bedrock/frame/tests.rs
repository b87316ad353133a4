//! Splitting at every byte boundary, and what a damaged frame comes to.

use proptest::prelude::*;

use super::*;

/// A header: its name, the number of its kind, its value as it stands there.
type Header<'h> = (&'h str, u8, &'h [u8]);

/// Writes a frame.
fn encode_with(headers: &[Header<'_>], payload: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for (name, kind, value) in headers {
        written.push(u8::try_from(name.len()).unwrap());
        written.extend_from_slice(name.as_bytes());
        written.push(*kind);
        if matches!(kind, 6 | 7) {
            written.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        }
        written.extend_from_slice(value);
    }
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
    let mut out = length(written.len() + payload.len() + 16).to_vec();
    out.extend_from_slice(&length(written.len()));
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out.extend_from_slice(&written);
    out.extend_from_slice(payload);
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

/// Writes an event.
pub(in crate::provider::bedrock) fn event(name: &str, payload: &str) -> Vec<u8> {
    let headers: [Header<'_>; 3] = [
        (":event-type", 7, name.as_bytes()),
        (":content-type", 7, b"application/json"),
        (":message-type", 7, b"event"),
    ];
    encode_with(&headers, payload.as_bytes())
}

/// Writes an exception.
pub(in crate::provider::bedrock) fn exception(name: &str, payload: &str) -> Vec<u8> {
    let headers: [Header<'_>; 2] =
        [(":exception-type", 7, name.as_bytes()), (":message-type", 7, b"exception")];
    encode_with(&headers, payload.as_bytes())
}

/// Writes an error, which has no payload.
pub(in crate::provider::bedrock) fn error(code: &str, message: &str) -> Vec<u8> {
    let headers: [Header<'_>; 3] = [
        (":message-type", 7, b"error"),
        (":error-code", 7, code.as_bytes()),
        (":error-message", 7, message.as_bytes()),
    ];
    encode_with(&headers, b"")
}

/// Feeds the pieces: what comes out, end to end, is what went in, and the frames are those.
fn check(pieces: &[&[u8]], expected: &[Vec<u8>]) {
    let mut splitter = Splitter::new(1 << 20);
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for piece in pieces {
        let run = splitter.feed(Bytes::copy_from_slice(piece)).unwrap();
        seen.extend(frames(&run).map(<[u8]>::to_vec));
    }
    assert_eq!(seen, expected);
    assert_eq!(splitter.is_at_boundary(), pieces.concat().len() == expected.concat().len());
}

/// A frame with headers of all kinds, and small ones around it.
fn several() -> Vec<Vec<u8>> {
    let headers: [Header<'_>; 11] = [
        ("true", 0, b""),
        ("false", 1, b""),
        ("byte", 2, b"\x07"),
        ("short", 3, b"\x01\x02"),
        ("number", 4, b"\x01\x02\x03\x04"),
        ("large", 5, b"\x01\x02\x03\x04\x05\x06\x07\x08"),
        ("bytes", 6, b"\xFF\x00"),
        (":event-type", 7, "é".as_bytes()),
        ("time", 8, b"\x00\x00\x01\x9A\x00\x00\x00\x00"),
        ("uuid", 9, b"0123456789abcdef"),
        (":message-type", 7, b"event"),
    ];
    vec![encode_with(&[], b""), encode_with(&headers, b"{}"), event("messageStop", r#"{"a":1}"#)]
}

#[test]
fn every_stream_cut_at_every_pair_of_places() {
    let expected = several();
    let bytes = expected.concat();
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            check(&[&bytes[..first], &bytes[first..second], &bytes[second..]], &expected);
        }
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    check(&single, &expected);
    check(&[&bytes[..bytes.len() - 1]], &expected[..2]);
}

#[test]
fn headers_of_all_kinds_are_passed_by() {
    let several = several();
    assert_eq!(Frame::read(&several[0]), Ok(Frame::default()));
    let expected = Frame { message_type: "event", name: "é", error_message: "", payload: b"{}" };
    assert_eq!(Frame::read(&several[1]), Ok(expected));
    let said = error("InternalError", "no");
    let expected = Frame { message_type: "error", name: "InternalError", error_message: "no", payload: b"" };
    assert_eq!(Frame::read(&said), Ok(expected));
}

#[test]
fn every_damaged_bit_is_seen() {
    let whole = event("messageStop", r#"{"stopReason":"end_turn"}"#);
    for at in 0..whole.len() * 8 {
        let mut damaged = whole.clone();
        damaged[at / 8] ^= 1 << (at % 8);
        assert_eq!(Frame::read(&damaged), Err(Damaged), "bit {at}");
        // A wrong length is not waited for.
        let fed = Splitter::new(1 << 20).feed(Bytes::from(damaged));
        assert_eq!(fed.is_err(), at < 12 * 8, "bit {at}");
    }
    assert_eq!(Frame::read(&whole[..whole.len() - 1]), Err(Damaged));
}

#[test]
fn what_is_no_header_is_damage() {
    let cases: [&[Header<'_>]; 3] =
        [&[("x", 10, b"")], &[("x", 9, b"short")], &[(":message-type", 7, b"\xFF")]];
    for headers in cases {
        assert_eq!(Frame::read(&encode_with(headers, b"")), Err(Damaged), "{headers:?}");
    }
    // Headers that are longer than the frame.
    let mut long = 16_u32.to_be_bytes().to_vec();
    long.extend_from_slice(&1_u32.to_be_bytes());
    long.extend_from_slice(&crc32fast::hash(&long).to_be_bytes());
    assert_eq!(Splitter::new(64).feed(Bytes::from(long)), Err(BadStream::NoPrelude));
}

#[test]
fn a_frame_has_a_greatest_size_before_it_is_there() {
    let frame = event("metadata", "{}");
    let mut splitter = Splitter::new(frame.len());
    assert_eq!(splitter.feed(Bytes::from(frame.clone())).map(|run| run.len()), Ok(frame.len()));
    let bytes_max = frame.len() - 1;
    let mut splitter = Splitter::new(bytes_max);
    let begun = Bytes::copy_from_slice(&frame[..12]);
    assert_eq!(splitter.feed(begun), Err(BadStream::TooLarge { bytes_max }));
}

#[test]
fn large_frames_take_room() {
    let frame = event("metadata", &" ".repeat(HELD_BYTES_FREE));
    let room = crate::room::Room::new(1 << 10);
    let mut splitter = Splitter::new(1 << 20).charging(room.space());
    let (first, last) = frame.split_at(frame.len() - 1);
    assert_eq!(splitter.feed(Bytes::copy_from_slice(first)), Ok(Bytes::new()));
    assert_eq!(room.taken(), first.len() - HELD_BYTES_FREE);
    assert_eq!(splitter.feed(Bytes::copy_from_slice(last)).map(|run| run.len()), Ok(frame.len()));
    assert_eq!(room.taken(), 0);
    let mut other = Splitter::new(1 << 20).charging(crate::room::Room::new(1).space());
    assert_eq!(other.feed(Bytes::copy_from_slice(first)), Err(BadStream::TooLarge { bytes_max: 1 << 20 }));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 1_usize..40) {
        let mut splitter = Splitter::new(128);
        for chunk in bytes.chunks(cut) {
            if splitter.feed(Bytes::copy_from_slice(chunk)).is_err() {
                break;
            }
        }
        prop_assert!(frames(&bytes).map(<[u8]>::len).sum::<usize>() == bytes.len());
        prop_assert!(Frame::read(&bytes).is_err());
    }

    #[test]
    fn headers_of_any_bytes_do_not_panic(headers in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut frame = Frame::default();
        let mut rest = Some(headers.as_slice());
        while let Some(left) = rest.filter(|left| !left.is_empty()) {
            rest = frame.header(left);
        }
    }
}
