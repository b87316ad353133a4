//! Python expressions that are plain data: calls of constructors, lists, dictionaries, text and numbers.
//!
//! Deliberately no Python: nothing is evaluated, so a package is read without running it. The invariant: text that is
//! anything else is refused, with the place.

/// One expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string.
    Text(String),
    /// A number, as written.
    Number(String),
    /// `True`, `False`, `None`, or another name.
    Word(String),
    /// A list.
    List(Vec<Value>),
    /// A dictionary whose keys are strings.
    Map(Vec<(String, Value)>),
    /// A call: `Name(value, field=value)`.
    Call(String, Vec<Value>, Vec<(String, Value)>),
}

impl Value {
    /// Reads the expression that text begins with.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text };
        reader.value().map_err(|why| {
            let at = text.len().saturating_sub(reader.rest.len());
            format!("{why} at byte {at} of the expression")
        })
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// What is called.
    pub(crate) fn called(&self) -> Option<&str> {
        match self {
            Self::Call(name, ..) => Some(name),
            _ => None,
        }
    }

    /// The value of a named argument; `None` counts as absent.
    pub(crate) fn field(&self, wanted: &str) -> Option<&Self> {
        let Self::Call(_, _, named) = self else { return None };
        let value = named.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)?;
        (*value != Self::Word("None".to_owned())).then_some(value)
    }

    /// The arguments without a name.
    pub(crate) fn arguments(&self) -> &[Self] {
        match self {
            Self::Call(_, arguments, _) => arguments,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) { Ok(()) } else { Err(format!("no `{wanted}`")) }
    }

    fn while_in(&mut self, inside: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn value(&mut self) -> Result<Value, String> {
        self.skip();
        match self.rest.chars().next() {
            Some('\'' | '"') => self.string().map(Value::Text),
            Some('[') => self.list(),
            Some('{') => self.map(),
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let number =
                    self.while_in(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
                Ok(Value::Number(number.replace('_', "")))
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.name(),
            _ => Err("no expression".to_owned()),
        }
    }

    /// Members up to a closing bracket, each with a comma after it but the last.
    fn members<T>(
        &mut self,
        close: char,
        mut member: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut found = Vec::new();
        while !self.take(close) {
            found.push(member(self)?);
            if !self.take(',') {
                self.expect(close)?;
                break;
            }
        }
        Ok(found)
    }

    fn list(&mut self) -> Result<Value, String> {
        self.expect('[')?;
        self.members(']', Self::value).map(Value::List)
    }

    fn map(&mut self) -> Result<Value, String> {
        self.expect('{')?;
        let entries = self.members('}', |reader| {
            reader.skip();
            let key = reader.string()?;
            reader.expect(':')?;
            Ok((key, reader.value()?))
        });
        entries.map(Value::Map)
    }

    fn name(&mut self) -> Result<Value, String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let name = self.while_in(is_name).to_owned();
        if !self.take('(') {
            return Ok(Value::Word(name));
        }
        let (mut arguments, mut named) = (Vec::new(), Vec::new());
        self.members(')', |reader| {
            match reader.value()? {
                Value::Word(field) if reader.take('=') => named.push((field, reader.value()?)),
                value => arguments.push(value),
            }
            Ok(())
        })?;
        Ok(Value::Call(name, arguments, named))
    }

    fn string(&mut self) -> Result<String, String> {
        let mut characters = self.rest.chars();
        let quote = characters.next().filter(|c| matches!(c, '\'' | '"')).ok_or("no string")?;
        let mut text = String::new();
        loop {
            match characters.next() {
                Some(c) if c == quote => break,
                Some('\\') => match characters.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(c @ ('\\' | '\'' | '"')) => text.push(c),
                    _ => return Err("an escape that is not known".to_owned()),
                },
                Some('\n') | None => return Err("a string without end".to_owned()),
                Some(c) => text.push(c),
            }
        }
        self.rest = characters.as_str();
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &Value) {
        assert_eq!(Value::read(text).as_ref(), Ok(expected), "{text}");
    }

    #[test]
    fn data_is_read_and_code_is_not() {
        let text = |text: &str| Value::Text(text.to_owned());
        let number = |text: &str| Value::Number(text.to_owned());
        check("'a\\'b\\n'", &text("a'b\n"));
        check("[1, -2.5e-06,]", &Value::List(vec![number("1"), number("-2.5e-06")]));
        check("{'a': \"b\"}", &Value::Map(vec![("a".to_owned(), text("b"))]));
        let date = Value::Call("datetime.date".to_owned(), vec![number("2026"), number("3")], Vec::new());
        check(
            "M(\n  d=datetime.date(2026, 3),\n)",
            &Value::Call("M".to_owned(), Vec::new(), vec![("d".to_owned(), date)]),
        );
        for wrong in ["", "'a", "[1", "M(a=)", "f'{a}'", "lambda: 1)", "'\\x41'"] {
            let read = Value::read(wrong).ok();
            assert!(matches!(read, None | Some(Value::Word(_))), "{wrong}: {read:?}");
        }
    }
}
