//! Parts of an XML file as small trees, in bounded memory. There are no entities but XML's own five and
//! letters by number; a file that declares any is refused whole. Namespaces are passed over.

use std::io::{self, BufRead, BufReader, Read};

use quick_xml::events::Event;
use quick_xml::{Error as XmlError, Reader};

use super::ImportError;
use crate::limits::imports::{XML_DEPTH, XML_ELEMENTS, XML_TOKEN};

/// Bytes of text in one tree, at most.
const TREE_BYTES: usize = 16 * XML_TOKEN;

/// An element with all that is in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Element {
    /// Its name, without its namespace.
    pub name: String,
    /// The line on which it begins.
    pub line: u64,
    /// Its own text.
    pub text: String,
    /// What is in it.
    pub children: Vec<Self>,
}

impl Element {
    /// The text of the first element of one of these names, at any depth, with its spaces taken off; none
    /// if there is no such element or it is empty.
    #[must_use]
    pub fn text_of(&self, names: &[&str]) -> Option<&str> {
        let found = names.iter().find_map(|name| self.all(name).next());
        found.map(|it| it.text.trim()).filter(|text| !text.is_empty())
    }

    /// The elements of a name, at any depth, in the file's order.
    pub fn all<'a: 'n, 'n>(&'a self, name: &'n str) -> Box<dyn Iterator<Item = &'a Self> + 'n> {
        let within = move |it: &'a Self| {
            let own = it.name.eq_ignore_ascii_case(name).then_some(it);
            own.into_iter().chain(it.all(name))
        };
        Box::new(self.children.iter().flat_map(within))
    }
}

/// An XML file.
pub struct Xml<R> {
    reader: Reader<Ration<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<R: Read> Xml<R> {
    /// Reads a file whose outermost element has this name.
    ///
    /// # Errors
    /// [`ImportError::Xml`]
    pub fn open(file: R, root: &str) -> Result<Self, ImportError> {
        let mut reader = Reader::from_reader(Ration::new(file));
        reader.config_mut().expand_empty_elements = true;
        let mut xml = Self { reader, buffer: Vec::new(), depth: 0 };
        loop {
            match xml.step()? {
                Step::Text(blank) if blank.trim().is_empty() => {}
                Step::Begin(name) if name.eq_ignore_ascii_case(root) => return Ok(xml),
                _ => return Err(xml.wrong("this is no Common Transfer File")),
            }
        }
    }

    /// The next element of one of these names, whole; none at the file's end.
    ///
    /// # Errors
    /// [`ImportError::Xml`]
    pub fn next_of(&mut self, names: &[&str]) -> Result<Option<Element>, ImportError> {
        loop {
            match self.step()? {
                Step::Begin(name) if names.iter().any(|it| name.eq_ignore_ascii_case(it)) => {
                    return self.tree(name).map(Some);
                }
                Step::Begin(_) | Step::End | Step::Text(_) => {}
                Step::Over if self.depth > 0 => return Err(self.wrong("the file ends too early")),
                Step::Over => return Ok(None),
            }
        }
    }

    /// The element that was just begun.
    fn tree(&mut self, name: String) -> Result<Element, ImportError> {
        let (mut elements, mut bytes) = (0, 0);
        let begun = Element { name, line: self.line(), ..Element::default() };
        let mut open = vec![begun];
        loop {
            let step = self.step()?;
            let Some(inner) = open.last_mut() else { return Err(self.wrong("nothing is open")) };
            match step {
                Step::Begin(name) => {
                    elements += 1;
                    if elements > XML_ELEMENTS {
                        return Err(self.wrong("a pupil has too many elements"));
                    }
                    open.push(Element { name, line: self.line(), ..Element::default() });
                }
                Step::Text(text) => {
                    bytes += text.len();
                    if bytes > TREE_BYTES {
                        return Err(self.wrong("a pupil has too much text"));
                    }
                    inner.text.push_str(&text);
                }
                Step::End => {
                    let Some(ended) = open.pop() else { return Err(self.wrong("nothing is open")) };
                    match open.last_mut() {
                        Some(outer) => outer.children.push(ended),
                        None => return Ok(ended),
                    }
                }
                Step::Over => return Err(self.wrong("the file ends too early")),
            }
        }
    }

    /// The next thing of the file that says something.
    fn step(&mut self) -> Result<Step, ImportError> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().refill();
            let event = self.reader.read_event_into(&mut self.buffer);
            match event.map_err(Problem::from).and_then(|event| read(&event)) {
                Ok(None) => {}
                Ok(Some(step)) => return self.counted(step),
                Err(Problem::Read(error)) => return Err(ImportError::Read(error)),
                Err(Problem::Words(problem)) => return Err(self.wrong(problem)),
            }
        }
    }

    fn counted(&mut self, step: Step) -> Result<Step, ImportError> {
        match &step {
            Step::Begin(_) => self.depth += 1,
            Step::End => self.depth = self.depth.saturating_sub(1),
            Step::Text(_) | Step::Over => {}
        }
        if self.depth > XML_DEPTH {
            return Err(self.wrong("elements lie too deep in each other"));
        }
        Ok(step)
    }

    fn line(&mut self) -> u64 {
        self.reader.get_mut().line
    }

    fn wrong(&mut self, problem: &'static str) -> ImportError {
        ImportError::Xml { line: self.line(), problem }
    }
}

enum Step {
    Begin(String),
    Text(String),
    End,
    Over,
}

enum Problem {
    Read(io::Error),
    Words(&'static str),
}

/// What is said when an element, a text or a comment is longer than any can be.
const TOO_LONG: &str = "something without an end: a < or > may be missing";

impl From<XmlError> for Problem {
    fn from(error: XmlError) -> Self {
        match error {
            XmlError::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Self::Words(TOO_LONG)
            }
            XmlError::Io(error) => Self::Read(io::Error::new(error.kind(), error.to_string())),
            XmlError::Encoding(_) => Self::Words("the letters are not UTF-8"),
            _ => Self::Words("this is not well-formed XML"),
        }
    }
}

/// What an event says; none if it says nothing to us.
fn read(event: &Event<'_>) -> Result<Option<Step>, Problem> {
    Ok(Some(match event {
        Event::Start(tag) | Event::Empty(tag) => {
            Step::Begin(tag.local_name().into_inner().to_owned())
        }
        Event::End(_) => Step::End,
        Event::Text(text) => Step::Text(text.xml10_content().into_owned()),
        Event::CData(text) => Step::Text(text.xml10_content().into_owned()),
        Event::GeneralRef(name) => Step::Text(letter(name)?.to_string()),
        Event::DocType(_) => {
            return Err(Problem::Words("a document type is declared, which is never read"));
        }
        Event::Comment(_) | Event::Decl(_) | Event::PI(_) => return Ok(None),
        Event::Eof => Step::Over,
    }))
}

fn letter(name: &quick_xml::events::BytesRef<'_>) -> Result<char, Problem> {
    let known = match &**name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.resolve_char_ref().ok().flatten(),
    };
    known.ok_or(Problem::Words("an entity that XML itself does not have"))
}

/// A file of which no more than a token's bytes are given out between two tokens.
struct Ration<R> {
    file: BufReader<R>,
    left: usize,
    line: u64,
}

impl<R: Read> Ration<R> {
    fn new(file: R) -> Self {
        Self { file: BufReader::new(file), left: XML_TOKEN, line: 1 }
    }

    const fn refill(&mut self) {
        self.left = XML_TOKEN;
    }
}

impl<R: Read> BufRead for Ration<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let ahead = self.file.fill_buf()?;
        Ok(&ahead[..ahead.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        let newlines = self.file.buffer().iter().take(amount).filter(|it| **it == b'\n').count();
        self.line += newlines as u64;
        self.left = self.left.saturating_sub(amount);
        self.file.consume(amount);
    }
}

impl<R: Read> Read for Ration<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<Vec<Element>, ImportError> {
        let mut xml = Xml::open(text.as_bytes(), "CTfile")?;
        let mut all = Vec::new();
        while let Some(part) = xml.next_of(&["Pupil"])? {
            all.push(part);
        }
        Ok(all)
    }

    #[test]
    fn parts_are_found_whatever_is_around_them() {
        let text = "<?xml version=\"1.0\"?>\n<!-- x -->\n<c:CTfile xmlns:c=\"urn:x\">\n<Data>\n\
                    <Pupil a=\"1\"><UPN> A1 </UPN><Name>M&amp;S &#x41;</Name><Empty/></Pupil>\n\
                    <Other>x</Other><Pupil><UPN><![CDATA[A<2]]></UPN></Pupil></Data></c:CTfile>";
        let found = parts(text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, found[0].text_of(&["UPN"])), (5, Some("A1")));
        assert_eq!(found[0].text_of(&["Name"]), Some("M&S A"));
        assert_eq!(found[0].text_of(&["Empty"]), None);
        assert_eq!(found[1].text_of(&["Upi", "upn"]), Some("A<2"));
    }

    #[test]
    fn what_is_hostile_is_refused_in_words() {
        let deep = format!("<CTfile><Pupil>{}", "<a>".repeat(100));
        let many = format!("<CTfile><Pupil>{}", "<a/>".repeat(XML_ELEMENTS + 1));
        let long = format!("<CTfile><Pupil {}", "x".repeat(2 * XML_TOKEN));
        let much = format!("<CTfile><Pupil>{}", "x&amp;".repeat(TREE_BYTES));
        for (text, problem) in [
            ("", "no Common Transfer File"),
            ("<html></html>", "no Common Transfer File"),
            ("a,b,c", "no Common Transfer File"),
            ("<CTfile><Pupil><UPN>A</UPN>", "too early"),
            ("<CTfile><Pupil></UPN></CTfile>", "well-formed"),
            ("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><CTfile/>", "document type"),
            ("<CTfile><!DOCTYPE x><Pupil/></CTfile>", "document type"),
            ("<CTfile><Pupil>&a;</Pupil></CTfile>", "an entity"),
            ("<CTfile><Pupil>&#0;</Pupil></CTfile>", "an entity"),
            (&deep, "too deep"),
            (&many, "too many elements"),
            (&long, "without an end"),
            (&much, "too much text"),
        ] {
            let said = parts(text).unwrap_err().to_string();
            assert!(
                said.contains(problem),
                "{}: {said}",
                text.chars().take(60).collect::<String>()
            );
        }
        assert!(parts("<CTfile/>").unwrap().is_empty());
    }

    /// Whatever the bytes are, there is an answer: parts or words, in bounded memory, and no panic.
    #[test]
    fn any_bytes_are_answered() {
        use rand_chacha::ChaCha8Rng;
        use rand_core::{Rng as _, SeedableRng as _};
        let whole = b"<?xml version=\"1.0\"?><CTfile><Pupil><UPN>A1</UPN><a b='c'/>&amp;&#65;\
                      <![CDATA[x]]><!-- y --></Pupil></CTfile>";
        for seed in 0..20_000 {
            let mut dice = ChaCha8Rng::seed_from_u64(seed);
            let mut bytes = whole.to_vec();
            for _ in 0..=dice.next_u32() % 6 {
                let at = dice.next_u32() as usize % bytes.len();
                match dice.next_u32() % 3 {
                    0 => bytes[at] = dice.next_u32() as u8,
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, b"<>&;/!?[]-'\"="[dice.next_u32() as usize % 13]),
                }
            }
            let Ok(mut xml) = Xml::open(bytes.as_slice(), "CTfile") else { continue };
            while let Ok(Some(_)) = xml.next_of(&["Pupil"]) {}
        }
    }
}
