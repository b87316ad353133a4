//! Reading a request that is a form of parts, once and shallowly: which model, and whether a stream is asked for.
//!
//! What is forwarded is what came, so nobody downstream may read another `model` than we did: a form in which two readers
//! could find different parts is refused. That is one with lines that end in less than CRLF, with a boundary that goes on
//! where it should end, with two names for a part, or with two parts of a name that is read. Files are not looked at.
//!
//! **Source**: RFC 7578; RFC 2046, section 5.1.

mod disposition;

use std::borrow::Cow;
use std::ops::Range;

use http::HeaderValue;
use memchr::memmem::Finder;

use self::disposition::Disposition;
use crate::json::{BadRequest, ModelAt, Request};
use crate::limits::{FORM_HEAD_BYTES_MAX, FORM_PARTS_MAX, MEDIA_PART_BYTES};

/// What stands between the parts of a form, as its content type says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

impl Boundary {
    /// That of a content type; nothing for any other than a form's.
    pub fn of(content_type: Option<&HeaderValue>) -> Option<Result<Self, BadRequest>> {
        let text = content_type?.to_str().ok()?;
        let (essence, parameters) = text.split_at(text.find(';').unwrap_or(text.len()));
        if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let mut found = None;
        let read = disposition::parameters(parameters.as_bytes(), |name, value| {
            let is_second = name.eq_ignore_ascii_case("boundary") && found.replace(value.to_vec()).is_some();
            if is_second { None } else { Some(()) }
        });
        let boundary = read.and(found).and_then(|found| String::from_utf8(found).ok());
        Some(boundary.filter(|boundary| is_boundary(boundary)).map(Self).ok_or(BadRequest::BadForm))
    }

    /// The content type that says it.
    pub fn content_type(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("multipart/form-data; boundary=\"{}\"", self.0)).ok()
    }

    /// Where a form without a model can have one: it becomes the first part.
    fn missing_model(&self) -> ModelAt {
        let head = "Content-Disposition: form-data; name=\"model\"";
        let before = format!("--{}\r\n{head}\r\n\r\n", self.0);
        ModelAt::Missing { at: 0, before: Cow::Owned(before), after: "\r\n" }
    }
}

fn is_boundary(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    (1..=70).contains(&text.len()) && text.bytes().all(is_known) && !text.ends_with(' ')
}

/// Reads the form that a body is. `in_path` is the model that its path names, where it does.
pub fn read<'a>(
    body: &'a [u8],
    boundary: &Boundary,
    in_path: Option<&'a str>,
) -> Result<Request<'a>, BadRequest> {
    let (mut model, mut stream, mut prompt_bytes, mut files) = (None, None, 0_usize, 0_usize);
    let mut parts = Parts::new(body, boundary).ok_or(BadRequest::BadForm)?;
    let mut count = 0;
    while let Some(part) = parts.next()? {
        count += 1;
        if count > FORM_PARTS_MAX {
            return Err(BadRequest::ManyParts);
        }
        let value = body.get(part.value.clone()).unwrap_or_default();
        match &*part.name {
            b"model" if model.replace(part.value.clone()).is_some() => return Err(BadRequest::DuplicatePart),
            b"stream" if stream.replace(value).is_some() => return Err(BadRequest::DuplicatePart),
            b"prompt" | b"input" => prompt_bytes = prompt_bytes.saturating_add(value.len()),
            name if is_known(name) => {}
            name if [&b"model"[..], b"stream"].iter().any(|known| name.eq_ignore_ascii_case(known)) => {
                return Err(BadRequest::OtherCase);
            }
            _ => files += usize::from(part.is_file),
        }
    }
    let (model, model_at) = match in_path {
        Some(in_path) => (in_path, model.map_or_else(|| boundary.missing_model(), ModelAt::Unread)),
        None => asked(body, model.ok_or(BadRequest::NoModel)?)?,
    };
    Request::of_form(
        (Cow::Borrowed(model), model_at),
        stream.is_some_and(|stream| stream.eq_ignore_ascii_case(b"true") || stream == b"1"),
        prompt_bytes.saturating_add(files.saturating_mul(MEDIA_PART_BYTES)),
    )
}

/// The model that a part names.
fn asked(body: &[u8], at: Range<usize>) -> Result<(&str, ModelAt), BadRequest> {
    let model = body.get(at.clone()).and_then(|model| std::str::from_utf8(model).ok());
    Ok((model.ok_or(BadRequest::BadModel)?, ModelAt::Body(at)))
}

fn is_known(name: &[u8]) -> bool {
    matches!(name, b"model" | b"stream")
}

/// One part.
struct Part<'a> {
    name: Cow<'a, [u8]>,
    is_file: bool,
    /// Where its value stands. **Unit**: bytes of the body.
    value: Range<usize>,
}

/// The parts of a body.
struct Parts<'a> {
    body: &'a [u8],
    /// `CRLF--boundary`.
    between: Finder<'static>,
    /// After the boundary before the next part.
    at: usize,
}

impl<'a> Parts<'a> {
    /// Before the first; nothing where the body does not begin with the boundary.
    fn new(body: &'a [u8], boundary: &Boundary) -> Option<Self> {
        let between = format!("\r\n--{}", boundary.0);
        let first = between.get(2..)?;
        body.starts_with(first.as_bytes()).then(|| Self {
            body,
            at: first.len(),
            between: Finder::new(&between).into_owned(),
        })
    }

    /// The next part, or none after the last.
    fn next(&mut self) -> Result<Option<Part<'a>>, BadRequest> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        match rest.strip_prefix(b"--") {
            // Nothing may follow, for another reader could find parts in it.
            Some(b"" | b"\r\n") => Ok(None),
            Some(_) => Err(BadRequest::BadForm),
            None => self.part(rest).map(Some).ok_or(BadRequest::BadForm),
        }
    }

    /// The part that follows a boundary; nothing where it is not well formed.
    fn part(&mut self, rest: &'a [u8]) -> Option<Part<'a>> {
        let head = rest.strip_prefix(b"\r\n")?;
        let head_at = self.at + 2;
        let limit = head.get(..head.len().min(FORM_HEAD_BYTES_MAX))?;
        let head_bytes = memchr::memmem::find(limit, b"\r\n\r\n")?;
        let (name, is_file) = named(head.get(..head_bytes)?)?;
        let value_at = head_at + head_bytes + 4;
        let value_bytes = self.between.find(self.body.get(value_at..)?)?;
        let value = value_at..value_at + value_bytes;
        self.at = value.end + self.between.needle().len();
        Some(Part { name, is_file, value })
    }
}

/// The name of a part, from its head; nothing where that is not well formed.
fn named(head: &[u8]) -> Option<(Cow<'_, [u8]>, bool)> {
    let mut found = None;
    let mut rest = head;
    while !rest.is_empty() {
        let end = memchr::memmem::find(rest, b"\r\n");
        let (line, after) = end.map_or((rest, &b""[..]), |end| {
            (rest.get(..end).unwrap_or_default(), rest.get(end + 2..).unwrap_or_default())
        });
        rest = after;
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
        let is_plain = line.iter().all(|byte| !matches!(byte, b'\r' | b'\n' | 0)) && !name.is_empty();
        if !is_plain || name.iter().any(u8::is_ascii_whitespace) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            return None;
        }
        if name.eq_ignore_ascii_case(b"content-disposition")
            && found.replace(Disposition::read(value)?).is_some()
        {
            return None;
        }
    }
    let Disposition { name, is_file } = found?;
    Some((name, is_file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary(content_type: &str) -> Option<Result<Boundary, BadRequest>> {
        Boundary::of(Some(&HeaderValue::try_from(content_type).unwrap()))
    }

    #[test]
    fn a_boundary_is_what_the_content_type_says_once() {
        let good = |text: &str, expected: &str| {
            assert_eq!(boundary(text), Some(Ok(Boundary(expected.to_owned()))), "{text}");
        };
        good("multipart/form-data; boundary=abc", "abc");
        good("Multipart/Form-Data;charset=utf-8 ; BOUNDARY=\"a b\"", "a b");
        for bad in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=\"a\u{8}\"".replace('\u{8}', "@").as_str(),
            &format!("multipart/form-data; boundary={}", "x".repeat(71)),
        ] {
            assert_eq!(boundary(bad), Some(Err(BadRequest::BadForm)), "{bad}");
        }
        assert_eq!(boundary("application/json"), None);
        assert_eq!(Boundary::of(None), None);
        let sent = Boundary("a b".to_owned()).content_type().unwrap();
        assert_eq!(boundary(sent.to_str().unwrap()), Some(Ok(Boundary("a b".to_owned()))));
    }

    /// A form of these heads and values.
    fn form(parts: &[(&str, &str)]) -> String {
        let parts = parts.iter().map(|(head, value)| format!("--B\r\n{head}\r\n\r\n{value}\r\n"));
        parts.collect::<String>() + "--B--\r\n"
    }

    fn field(name: &str) -> String {
        format!("Content-Disposition: form-data; name=\"{name}\"")
    }

    fn check(body: &str, expected: Result<(&str, bool), BadRequest>) {
        let boundary = Boundary("B".to_owned());
        let found = read(body.as_bytes(), &boundary, None);
        let found = found.map(|found| {
            let ModelAt::Body(at) = found.model_at else { panic!("{body}: the form names it") };
            assert_eq!(body[at], *found.model);
            (found.model.into_owned(), found.stream)
        });
        assert_eq!(found, expected.map(|(model, stream)| (model.to_owned(), stream)), "{body}");
    }

    #[test]
    fn the_model_is_found_wherever_it_stands() {
        let file = "content-disposition: form-data; name=\"file\"; filename=\"a; name=\\\"model\\\".mp3\"\r\nContent-Type: audio/mpeg";
        let model = field("model");
        check(&form(&[(file, "\r\n--x\r\n\u{0}"), (&model, "whisper-1")]), Ok(("whisper-1", false)));
        check(&form(&[(&model, "m"), (&field("stream"), "True")]), Ok(("m", true)));
        check(&form(&[("Content-Disposition: form-data; name=model", "m")]), Ok(("m", false)));
        check(form(&[(&model, "m")]).trim_end(), Ok(("m", false)));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        use BadRequest::{BadForm, BadModel, DuplicatePart, ManyParts, NoModel, OtherCase};
        let model = field("model");
        check(&form(&[(&model, "a"), (&model, "b")]), Err(DuplicatePart));
        check(&form(&[(&model, "a"), (&field("Model"), "b")]), Err(OtherCase));
        check(&form(&[(&model, "")]), Err(BadModel));
        check(&form(&[(&field("file"), "")]), Err(NoModel));
        check(&form(&vec![(&*field("x"), ""); FORM_PARTS_MAX + 1]), Err(ManyParts));
        let good = form(&[(&model, "a")]);
        for bad in [
            good.replace("\r\n", "\n"),
            good.replace("--B--", "--B-x"),
            good.replace("--B--\r\n", ""),
            good.replace("--B--\r\n", "--Bx\r\n"),
            format!("preamble\r\n{good}"),
            format!("{good}--B\r\n{model}\r\n\r\nb\r\n--B--"),
            form(&[(&format!("{model}\r\n{}", field("other")), "a")]),
            form(&[("Content-Disposition: form-data; name=\"model\"; name=\"x\"", "a")]),
            form(&[("Content-Disposition: form-data; name*=utf-8''model", "a")]),
            form(&[("Content-Disposition: attachment; name=\"model\"", "a")]),
            form(&[(&format!("{model}\r\nContent-Transfer-Encoding: base64"), "a")]),
            form(&[(&format!("{model}\r\n folded: x"), "a")]),
            form(&[("no colon", "a")]),
            form(&[(&format!("{model}\r\nX: {}", "y".repeat(FORM_HEAD_BYTES_MAX)), "a")]),
            String::new(),
        ] {
            check(&bad, Err(BadForm));
        }
    }

    /// A form at a path that names the model, and the form with the provider's.
    fn check_beside(body: &str, expected: &str) {
        let boundary = Boundary("B".to_owned());
        let found = read(body.as_bytes(), &boundary, Some("deployed")).unwrap();
        assert_eq!(found.model, "deployed");
        let (at, piece) = found.model_at.edit(true, || "served".into()).unwrap();
        let edited =
            format!("{}{}{}", &body[..at.start], std::str::from_utf8(&piece).unwrap(), &body[at.end..]);
        assert_eq!(edited, expected);
        assert_eq!(read(edited.as_bytes(), &boundary, None).unwrap().model, "served");
    }

    #[test]
    fn a_path_may_name_the_model_of_a_form() {
        let (model, file) = (field("model"), field("file"));
        check_beside(&form(&[(&file, "x"), (&model, "other")]), &form(&[(&file, "x"), (&model, "served")]));
        check_beside(&form(&[(&file, "x")]), &form(&[(&model, "served"), (&file, "x")]));
    }

    #[test]
    fn nothing_that_is_cut_off_makes_it_panic() {
        let whole = form(&[(&field("model"), "m"), (&field("file"), "x")]);
        for end in 0..whole.len() - 2 {
            assert!(read(&whole.as_bytes()[..end], &Boundary("B".to_owned()), None).is_err());
        }
    }
}
