//! `--env-file`: settings from a file of `NAME=value` lines, such as a project's `.env`. Only `ANTS_OTP_*` is taken.
//!
//! Programs disagree about what such a file means: a shell and dotenv expand `$`, docker does not; docker keeps quotes. A
//! password that is read differently is a wrong one. So a value is either certain, or refused with the number of its line;
//! what stands in it is never shown.

use crate::output::{self, Failure};
use ants_otp::{Code, environment};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// No file of settings is longer; it bounds what is read of a device.
const MAX_SIZE: u64 = 1 << 20;
const PREFIX: &str = "ANTS_OTP_";

/// The variables of one file. No `Debug`: they hold secrets.
#[derive(Clone)]
pub struct EnvFile {
    path: PathBuf,
    variables: Vec<Variable>,
}

#[derive(Clone)]
struct Variable {
    name: String,
    value: String,
    line: usize,
}

impl EnvFile {
    /// Reads the file. Warns where every user of this machine can read or change it.
    pub fn read(path: &Path) -> Result<EnvFile, Failure> {
        let refused =
            |why: String| Failure::refused(Code::InvalidOption, format!("--env-file {}: {why}", path.display()));
        if environment::is_privileged() {
            return Err(refused("not read, since this program runs setuid or with file capabilities".to_owned()));
        }
        let unread = |error: std::io::Error| refused(format!("cannot be read: {error}"));
        let file = File::open(path).map_err(unread)?;
        let about = file.metadata().map_err(unread)?;
        if about.is_file() && about.permissions().mode() & 0o006 != 0 {
            let path = path.display();
            output::complain(&format!(
                "warning: every user of this machine can read or change {path}: chmod 600 {path}"
            ));
        }
        let mut bytes = Vec::new();
        file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(unread)?;
        if bytes.len() as u64 > MAX_SIZE {
            return Err(refused("longer than 1 MiB, so no file of settings".to_owned()));
        }
        let variables = parse(&bytes).map_err(|(line, why)| refused(format!("line {line}: {why}")))?;
        Ok(EnvFile { path: path.to_owned(), variables })
    }

    /// The variable's value, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|variable| variable.name == name)?;
        Some(found.value.as_str()).filter(|value| !value.is_empty())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A line's number, from 1, and what is wrong with it. Never its text.
type Malformed = (usize, String);

fn parse(bytes: &[u8]) -> Result<Vec<Variable>, Malformed> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut variables: Vec<Variable> = Vec::new();
    let mut lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    while let Some((number, line)) = lines.next() {
        let Ok(line) = std::str::from_utf8(line) else {
            return Err((number, "not UTF-8".to_owned()));
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = assignment(line).ok_or((number, "not NAME=value".to_owned()))?;
        if !name.starts_with(PREFIX) {
            skip_to_closing_quote(value, &mut lines);
            continue;
        }
        if let Some(first) = variables.iter().find(|variable| variable.name == name) {
            return Err((number, format!("{name} is set on line {} already", first.line)));
        }
        let value = self::value(value).map_err(|why| (number, format!("the value of {name} {why}")))?;
        variables.push(Variable { name: name.to_owned(), value, line: number });
    }
    Ok(variables)
}

/// `NAME=value`, or `export NAME=value` for a file that a shell reads, too.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(name, str::trim_start);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    is_name.then_some((name, value))
}

/// Another program's value may go on over several lines in its quotes, a key for example.
fn skip_to_closing_quote<'a>(value: &str, lines: &mut impl Iterator<Item = (usize, &'a [u8])>) {
    let Some((quote, rest)) = value.trim_start().as_bytes().split_first() else { return };
    if !b"\"'".contains(quote) || rest.contains(quote) {
        return;
    }
    let _ = lines.find(|(_, line)| line.contains(quote));
}

/// What the text after `=` means, whichever program reads it; or why that is not certain.
fn value(text: &str) -> Result<String, &'static str> {
    if text.starts_with([' ', '\t']) {
        return Err("must follow the = without a space");
    }
    match text.chars().next() {
        Some('\'') => quoted(&text[1..], '\'', false),
        Some('"') => quoted(&text[1..], '"', true),
        _ => unquoted(text),
    }
}

/// Up to a comment, which is set off by a space.
fn unquoted(text: &str) -> Result<String, &'static str> {
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    let (value, rest) = text.split_at(end);
    if !(rest.trim().is_empty() || rest.trim_start().starts_with('#')) {
        return Err("has a space: put it in single quotes");
    }
    if value.contains(['$', '`', '\\', '"', '\'']) {
        return Err("has a character that programs read differently ($ ` \\ \" '): put it in single quotes");
    }
    Ok(value.to_owned())
}

/// Up to the closing quote. Single quotes keep everything; in double quotes a backslash stands before " \ $ and `.
fn quoted(text: &str, quote: char, escapes: bool) -> Result<String, &'static str> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next() {
            None => return Err("has no closing quote on its line"),
            Some(c) if c == quote => break,
            Some('\\') if escapes => match chars.next() {
                Some(c) if "\"\\$`".contains(c) => value.push(c),
                _ => return Err("has a backslash that programs read differently: put it in single quotes"),
            },
            Some('$' | '`') if escapes => {
                return Err("has a $ or ` in double quotes, which nothing expands here: put it in single quotes");
            }
            Some(c) => value.push(c),
        }
    }
    let rest = chars.as_str();
    if rest.trim().is_empty() || (rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#')) {
        Ok(value)
    } else {
        Err("goes on after its closing quote")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<(String, String)>, Malformed> {
        Ok(parse(text.as_bytes())?.into_iter().map(|variable| (variable.name, variable.value)).collect())
    }

    #[test]
    fn values_are_read_as_every_program_reads_them() {
        for (text, value) in [
            ("plain", "plain"),
            ("plain \t# comment", "plain"),
            ("with#hash=and=equals", "with#hash=and=equals"),
            ("", ""),
            ("'a $b \"c\" \\d `e` #f'", "a $b \"c\" \\d `e` #f"),
            ("\"a \\\"b\\\" \\$c \\\\ \\` #d\" # comment", "a \"b\" $c \\ ` #d"),
            ("รหัส", "รหัส"),
        ] {
            for line in [format!("ANTS_OTP_PASSWORD={text}"), format!("export  ANTS_OTP_PASSWORD={text}\r\n\r\n")] {
                assert_eq!(parsed(&line), Ok(vec![("ANTS_OTP_PASSWORD".to_owned(), value.to_owned())]), "{line}");
            }
        }
    }

    #[test]
    fn what_is_not_certain_is_refused_with_its_line_and_without_its_value() {
        for (value, why) in [
            ("hun$ter2", "single quotes"),
            ("hunter2\\", "single quotes"),
            ("hun\"ter2\"", "single quotes"),
            ("hun ter2", "space"),
            (" hunter2", "without a space"),
            ("'hunter2", "closing quote"),
            ("\"hunter2", "closing quote"),
            ("\"hunter2\\n\"", "backslash"),
            ("\"$hunter2\"", "double quotes"),
            ("'hunter2'x", "after its closing quote"),
            ("'hunter2'#x", "after its closing quote"),
        ] {
            let (line, said) = parsed(&format!("# one\n\nANTS_OTP_PASSWORD={value}\n")).unwrap_err();
            assert!(line == 3 && said.contains(why) && !said.contains("hunter2"), "{value}: {said}");
        }
        for line in ["hunter2", "ANTS_OTP_PASSWORD hunter2", "1A=hunter2", "ANTS_OTP_PASSWORD =hunter2", "=hunter2"] {
            assert_eq!(parsed(line), Err((1, "not NAME=value".to_owned())), "{line}");
        }
        assert_eq!(parse(b"\nA=\xFF").err(), Some((2, "not UTF-8".to_owned())));
        let twice = parsed("ANTS_OTP_TOKEN=a\nB=1\nANTS_OTP_TOKEN=a").unwrap_err();
        assert_eq!(twice, (3, "ANTS_OTP_TOKEN is set on line 1 already".to_owned()));
    }

    #[test]
    fn other_programs_variables_are_left_alone_also_over_several_lines() {
        let text = "\u{feff}KEY=\"-----BEGIN\nhunter2\n-----END\"\nA=$B 'c\nmy.name-x=1\nANTS_OTP_OTC_ID=x\nL='\n'\n";
        assert_eq!(parsed(text), Ok(vec![("ANTS_OTP_OTC_ID".to_owned(), "x".to_owned())]));
    }
}
