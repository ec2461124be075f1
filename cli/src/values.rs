//! Values that a shell's completion offers. Whether another one can be used is for the command to say, in its own words.

use ants_otp::Code;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::Error;
use clap::{Arg, Command};
use std::ffi::OsStr;

/// Takes any text, and offers these.
#[derive(Clone)]
pub struct Suggested(Vec<PossibleValue>);

pub fn suggest(values: impl IntoIterator<Item = &'static str>) -> Suggested {
    Suggested(values.into_iter().map(PossibleValue::new).collect())
}

/// Each code's name and number.
pub fn codes() -> Suggested {
    let name = |code: &Code| PossibleValue::new(code.name()).help(code.text("en"));
    let number = |code: &Code| PossibleValue::new(code.number().to_string()).help(code.name());
    Suggested(Code::ALL.iter().map(name).chain(Code::ALL.iter().map(number)).collect())
}

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().cloned()))
    }
}
