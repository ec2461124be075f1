//! One tree for JSON and XML, so that a report is read in one way whatever it was written in.

use crate::json::{self, Json};
use crate::secret::{Secret, Text};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;

/// Deeper than any report; both readers stop here.
const MAX_DEPTH: usize = 12;

/// A value. An XML element with children is an object whose keys may repeat; one without is text, which may be that of an SMS.
#[derive(Debug)]
pub(super) enum Node {
    Text(Secret),
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
}

impl Node {
    /// The values of `key`, letter case aside.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Node> {
        let entries: &[(String, Node)] = match self {
            Node::Object(entries) => entries,
            _ => &[],
        };
        entries.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// The text of `key`, if it is text.
    pub fn text<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        self.all(key).find_map(|value| match value {
            Node::Text(text) => Some(text.expose_secret()),
            _ => None,
        })
    }

    /// Every value inside.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        let (entries, items): (&[(String, Node)], &[Node]) = match self {
            Node::Object(entries) => (entries, &[]),
            Node::List(items) => (&[], items),
            Node::Text(_) => (&[], &[]),
        };
        entries.iter().map(|(_, value)| value).chain(items)
    }

    /// The first value of a list; any other value is its own.
    pub fn first_of_list(&self) -> &Node {
        match self {
            Node::List(items) => items.first().unwrap_or(self),
            _ => self,
        }
    }
}

pub(super) fn from_json(text: &str) -> Result<Node, &'static str> {
    json_node(json::any(text)?, MAX_DEPTH)
}

fn json_node(value: Json<'_>, depth: usize) -> Result<Node, &'static str> {
    let Some(deeper) = depth.checked_sub(1) else { return Err("it is nested too deeply") };
    Ok(match value {
        // A field that is null is absent: nothing looks for an empty list.
        Json::Null => Node::List(Vec::new()),
        Json::Bool(value) => Node::Text(Secret::new(value.to_string())),
        Json::Number(text) => Node::Text(Secret::new(text)),
        Json::Text(text) => Node::Text(text.into_secret()),
        Json::List(raw) => {
            Node::List(json::list(raw)?.into_iter().map(|value| json_node(value, deeper)).collect::<Result<_, _>>()?)
        }
        Json::Object(raw) => {
            let entries = json::entries(raw)?.into_iter();
            let nodes = entries.map(|(key, value)| Ok((key.to_string(), json_node(value, deeper)?)));
            Node::Object(nodes.collect::<Result<_, &'static str>>()?)
        }
    })
}

/// An element that is not closed yet.
struct Open {
    name: String,
    text: Secret,
    children: Vec<(String, Node)>,
}

impl Open {
    fn new(start: &BytesStart<'_>) -> Self {
        let name = start.local_name().into_inner().to_owned();
        Open { name, text: Secret::default(), children: Vec::new() }
    }

    fn close(self) -> (String, Node) {
        let node = if self.children.is_empty() { Node::Text(self.text) } else { Node::Object(self.children) };
        (self.name, node)
    }
}

pub(super) fn from_xml(text: &str) -> Result<Node, &'static str> {
    const MALFORMED: &str = "it is not well-formed XML";
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    loop {
        let closed = match reader.read_event().map_err(|_| MALFORMED)? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err("it is nested too deeply");
                }
                open.push(Open::new(&start));
                continue;
            }
            Event::Empty(start) => Open::new(&start).close(),
            Event::End(_) => open.pop().ok_or(MALFORMED)?.close(),
            Event::Text(text) => {
                add_text(&mut open, &held(text.xml10_content()))?;
                continue;
            }
            Event::CData(text) => {
                add_text(&mut open, &held(text.xml10_content()))?;
                continue;
            }
            Event::GeneralRef(reference) => {
                add_text(&mut open, character(&reference)?.encode_utf8(&mut [0; 4]))?;
                continue;
            }
            Event::DocType(_) => return Err("it holds a DTD, which is not read"),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None if root.is_none() => root = Some(closed.1),
            None => return Err(MALFORMED),
        }
    }
    if open.is_empty() { root.ok_or(MALFORMED) } else { Err(MALFORMED) }
}

/// What quick-xml has made anew of a text is wiped too.
fn held(text: Cow<'_, str>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Text::AsGiven(text),
        Cow::Owned(text) => Text::Changed(Secret::new(text)),
    }
}

fn add_text(open: &mut [Open], text: &str) -> Result<(), &'static str> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("it is not well-formed XML"),
    }
    Ok(())
}

/// The five predefined entities and character references; all others would need a DTD.
fn character(reference: &BytesRef<'_>) -> Result<char, &'static str> {
    match &**reference {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => reference.resolve_char_ref().ok().flatten().ok_or("it holds an entity, which is not read"),
    }
}
