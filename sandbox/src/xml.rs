//! JSON values as XML: each key an element, a list the same element several times.

use serde_json::Value;

/// The value as a document under this root.
pub(crate) fn document(root: &str, value: &Value) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    element(&mut text, root, value);
    text
}

/// An element's name cannot hold the space that one of the service's keys begins with.
fn element(text: &mut String, name: &str, value: &Value) {
    let name = name.trim();
    if let Value::Array(items) = value {
        items.iter().for_each(|item| element(text, name, item));
        return;
    }
    text.push_str(&format!("<{name}>"));
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| element(text, name, value)),
        Value::String(content) => text.extend(content.chars().map(escaped)),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
    text.push_str(&format!("</{name}>"));
}

/// A character of text. What XML 1.0 cannot hold at all (section 2.2) becomes U+FFFD.
fn escaped(c: char) -> String {
    match c {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        // A bare one would be read as a line feed.
        '\r' => "&#13;".into(),
        '\t' | '\n' => c.into(),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.into(),
        _ => c.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_lists_and_text_become_elements() {
        let value = json!({"a": "<&>\r\u{1}ก", "b": [{"c": 1}, {"c": true}], " d": null});
        assert_eq!(
            document("root", &value),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><root><d></d><a>&lt;&amp;&gt;&#13;\u{fffd}ก</a>\
             <b><c>1</c></b><b><c>true</c></b></root>"
        );
    }
}
