//! What a sandbox is started with: flags, and a TOML file with the same names. Flags come first.

use super::clock;
use crate::values;
use ants_otp_sandbox::{Account, Builder, Codes, Credit, Dialect, OTC_ID, OtpConfig, PASSWORD, Sandbox, USERNAME};
use clap::{Args, Command};
use serde::de::{Deserialize as _, DeserializeOwned, Deserializer, Error as _};
use serde_json::json;
use std::fmt::Display;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// A sentence that says what to do.
type Result<T> = std::result::Result<T, String>;

/// The keys of an `[[account]]`.
const ACCOUNT_KEYS: [&str; 7] = ["username", "password", "token", "billing", "credit", "dialect", "fate"];
/// What only the file has, beside the names of the flags: what is `--user`, `--password` and `--otc-id` for the program's other
/// commands, too, and lists.
const FILE_KEYS: [&str; 5] = ["username", "password", "otc-id", "account", "config"];

/// Flags, and the same keys in the file.
#[derive(Args, serde::Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub struct Settings {
    /// The address to listen on [default: 127.0.0.1]. Whoever reaches another than loopback can read the codes
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// The port to listen on; 0 takes a free one [default: 0]
    #[arg(long)]
    port: Option<u16>,
    /// A name, beside loopback's, by which the inbox and /sandbox/… may be called, such as a container's. Can be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// An origin, such as http://localhost:5173, whose web pages may call the sandbox. Can be repeated
    #[arg(long, value_name = "ORIGIN")]
    cors_origin: Vec<String>,
    /// How answers are written: specification, other, or some of the differences with commas between them, such as
    /// thai,error-codes [default: specification]
    #[arg(long, value_name = "NAMES", value_parser = values::suggest(Dialect::names()), hide_possible_values = true)]
    dialect: Option<String>,
    /// Keep the state in this SQLite file, so that it survives a restart
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    database: Option<PathBuf>,
    /// From the sending of an SMS to its delivery report [default: 2]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    report_delay: Option<f64>,
    /// Post delivery reports to other machines, too
    #[arg(long)]
    reports_to_any_host: bool,
    /// Let the time stand still until it is moved: fixed (2026-01-01T00:00:00Z) or a time like that; or system [default: system]
    #[arg(long, value_name = "TIME", value_parser = values::suggest(["fixed", "system"]), hide_possible_values = true)]
    #[serde(deserialize_with = "scalar")]
    clock: Option<String>,
    /// Send these codes one after the other, with commas between them, and from the first again
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    codes: Vec<String>,
    /// Make the account prepaid, with credit for so many SMS
    #[arg(long, value_name = "AMOUNT")]
    #[serde(deserialize_with = "scalar")]
    credit: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    config: ConfigSettings,
}

/// An OTP configuration: flags, keys of the file, and keys of a `[[config]]`.
#[derive(Args, serde::Deserialize, Default, Clone)]
#[serde(rename_all = "kebab-case", default)]
struct ConfigSettings {
    /// How many characters a code has, 1 to 32 [default: 5]
    #[arg(long, value_name = "NUMBER")]
    code_length: Option<usize>,
    /// How long a code can be verified [default: 300]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    life: Option<f64>,
    /// How many wrong codes may be typed [default: 3]
    #[arg(long, value_name = "NUMBER")]
    tries: Option<u32>,
    /// How often a request may be resent [default: 3]
    #[arg(long, value_name = "NUMBER")]
    resend_limit: Option<u32>,
    /// The sender's name [default: SANDBOX]
    #[arg(long, value_name = "NAME")]
    sender: Option<String>,
    /// The characters of which codes are made: ASCII letters and digits [default: 0123456789]
    #[arg(long, value_name = "CHARACTERS")]
    alphabet: Option<String>,
    /// What the SMS says, with {code}, {reference} and {sender} where they belong [default: "Your OTP is {code} (ref:
    /// {reference})"]
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

/// An `[[account]]`.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct AccountSettings {
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    billing: Option<String>,
    #[serde(deserialize_with = "scalar")]
    credit: Option<String>,
    dialect: Option<String>,
    fate: Option<String>,
}

/// What the program's other commands take, too: the account and the OTP configuration that are used.
#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub struct Identity {
    pub username: Option<String>,
    pub password: Option<String>,
    pub otc_id: Option<String>,
}

/// A sandbox that is ready to start.
pub struct Ready {
    pub builder: Builder,
    pub host: String,
    pub port: u16,
    pub account: Used,
}

/// What a client of it uses.
pub struct Used {
    pub username: String,
    pub password: String,
    pub otc_id: String,
}

impl Used {
    /// The variables of a client.
    pub fn environment<'a>(&'a self, url: &'a str) -> [(&'static str, &'a str); 4] {
        [
            ("ANTS_OTP_BASE_URL", url),
            ("ANTS_OTP_USERNAME", &self.username),
            ("ANTS_OTP_PASSWORD", &self.password),
            ("ANTS_OTP_OTC_ID", &self.otc_id),
        ]
    }

    pub fn json(&self, url: &str) -> serde_json::Value {
        json!({ "url": url, "username": self.username, "password": self.password, "otc_id": self.otc_id })
    }
}

/// All that is set: by flags, else by the file.
pub fn ready(flags: &Settings, identity: Identity, file: Option<&Path>) -> Result<Ready> {
    let file = file.map(File::read).transpose()?.unwrap_or_default();
    let settings = flags.or(file.settings);
    let used = Used {
        username: identity.username.or(file.identity.username).unwrap_or_else(|| USERNAME.into()),
        password: identity.password.or(file.identity.password).unwrap_or_else(|| PASSWORD.into()),
        otc_id: identity.otc_id.or(file.identity.otc_id).unwrap_or_else(|| OTC_ID.into()),
    };
    let mut account = Account::basic(&used.username, &used.password);
    if let Some(credit) = &settings.credit {
        account = account.prepaid(parsed::<Credit>("credit", credit)?);
    }
    let mut builder = settings.builder()?.account(account).config(settings.config.config(&used.otc_id)?);
    for account in file.accounts {
        builder = builder.account(account.account()?);
    }
    for (otc_id, config) in file.configs {
        builder = builder.config(config.or(&settings.config).config(&otc_id)?);
    }
    let host = settings.host.unwrap_or_else(|| "127.0.0.1".into());
    Ok(Ready { builder, host, port: settings.port.unwrap_or(0), account: used })
}

impl Settings {
    fn or(&self, file: Settings) -> Settings {
        let list = |flags: &Vec<String>, file: Vec<String>| if flags.is_empty() { file } else { flags.clone() };
        Settings {
            host: self.host.clone().or(file.host),
            port: self.port.or(file.port),
            allow_host: list(&self.allow_host, file.allow_host),
            cors_origin: list(&self.cors_origin, file.cors_origin),
            dialect: self.dialect.clone().or(file.dialect),
            database: self.database.clone().or(file.database),
            report_delay: self.report_delay.or(file.report_delay),
            reports_to_any_host: self.reports_to_any_host || file.reports_to_any_host,
            clock: self.clock.clone().or(file.clock),
            codes: list(&self.codes, file.codes),
            credit: self.credit.clone().or(file.credit),
            config: self.config.or(&file.config),
        }
    }

    fn builder(&self) -> Result<Builder> {
        let mut builder = Sandbox::builder().port(self.port.unwrap_or(0));
        if let Some(host) = &self.host {
            builder = builder.host(address(host)?);
        }
        builder = self.allow_host.iter().fold(builder, Builder::allow_host);
        builder = self.cors_origin.iter().fold(builder, Builder::cors_origin);
        if let Some(dialect) = &self.dialect {
            builder = builder.dialect(parsed("dialect", dialect)?);
        }
        if let Some(path) = &self.database {
            builder = builder.database(path);
        }
        if let Some(delay) = self.report_delay {
            builder = builder.report_delay(seconds("report-delay", delay)?);
        }
        if self.reports_to_any_host {
            builder = builder.reports_to_any_host();
        }
        if let Some(time) = &self.clock {
            builder = builder.clock(clock::read(time).map_err(|what| refused("clock", what))?);
        }
        if !self.codes.is_empty() {
            builder = builder.codes(Codes::sequence(&self.codes));
        }
        Ok(builder)
    }
}

impl ConfigSettings {
    fn or(&self, other: &ConfigSettings) -> ConfigSettings {
        let text = |one: &Option<String>, other: &Option<String>| one.as_ref().or(other.as_ref()).cloned();
        ConfigSettings {
            code_length: self.code_length.or(other.code_length),
            life: self.life.or(other.life),
            tries: self.tries.or(other.tries),
            resend_limit: self.resend_limit.or(other.resend_limit),
            sender: text(&self.sender, &other.sender),
            alphabet: text(&self.alphabet, &other.alphabet),
            text: text(&self.text, &other.text),
        }
    }

    fn config(&self, otc_id: &str) -> Result<OtpConfig> {
        let mut config = OtpConfig::new(otc_id);
        if let Some(length) = self.code_length {
            config = config.code_length(length);
        }
        if let Some(life) = self.life {
            config = config.life(seconds("life", life)?);
        }
        if let Some(tries) = self.tries {
            config = config.tries(tries);
        }
        if let Some(limit) = self.resend_limit {
            config = config.resend_limit(limit);
        }
        if let Some(sender) = &self.sender {
            config = config.sender(sender);
        }
        if let Some(alphabet) = &self.alphabet {
            config = config.alphabet(alphabet);
        }
        if let Some(text) = &self.text {
            config = config.text(text);
        }
        Ok(config)
    }
}

impl AccountSettings {
    fn account(self) -> Result<Account> {
        let mut account = match (self.username, self.password, self.token) {
            (Some(username), Some(password), None) => Account::basic(username, password),
            (None, None, Some(token)) => Account::bearer(token),
            _ => return Err("an [[account]] has either username and password, or token".into()),
        };
        let credit = self.credit.map(|credit| parsed::<Credit>("credit", &credit)).transpose()?;
        account = match (self.billing.as_deref(), credit) {
            (None | Some("postpaid"), None) => account,
            (None | Some("prepaid"), Some(credit)) => account.prepaid(credit),
            (Some("postpaid"), Some(credit)) => account.postpaid(credit),
            (Some("prepaid"), None) => return Err("a prepaid [[account]] needs a credit: credit = 10".into()),
            (Some(other), _) => return Err(refused("billing", format!("{other:?} is neither prepaid nor postpaid"))),
        };
        if let Some(dialect) = self.dialect {
            account = account.dialect(parsed("dialect", &dialect)?);
        }
        if let Some(fate) = self.fate {
            account = account.fate(parsed("fate", &fate)?);
        }
        Ok(account)
    }
}

/// What the TOML file says.
#[derive(Default)]
struct File {
    settings: Settings,
    identity: Identity,
    accounts: Vec<AccountSettings>,
    configs: Vec<(String, ConfigSettings)>,
}

impl File {
    fn read(path: &Path) -> Result<File> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        File::parse(&text).map_err(|problem| format!("{}: {problem}", path.display()))
    }

    fn parse(text: &str) -> Result<File> {
        let mut table: Table =
            text.parse().map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
        let of_flags = names::<Settings>();
        check(&table, of_flags.iter().map(String::as_str).chain(FILE_KEYS), "")?;
        let accounts = list(&mut table, "account")?.into_iter().map(|account| {
            check(&account, ACCOUNT_KEYS.into_iter(), "an [[account]]: ")?;
            read(account, "an [[account]]: ")
        });
        let accounts = accounts.collect::<Result<_>>()?;
        let of_config = names::<ConfigSettings>();
        let configs = list(&mut table, "config")?.into_iter().map(|mut config| {
            check(&config, of_config.iter().map(String::as_str).chain(["otc-id"]), "a [[config]]: ")?;
            match config.remove("otc-id") {
                Some(Value::String(otc_id)) => Ok((otc_id, read(config, "a [[config]]: ")?)),
                _ => Err("a [[config]] needs its otc-id as text".to_owned()),
            }
        });
        let configs = configs.collect::<Result<_>>()?;
        Ok(File { identity: read(table.clone(), "")?, settings: read(table, "")?, accounts, configs })
    }
}

/// The names of the flags that a struct has.
fn names<T: Args>() -> Vec<String> {
    let command = T::augment_args(Command::new("sandbox"));
    command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned).collect()
}

/// Refuses a key that is not known, and names the nearest that is.
fn check<'a>(table: &Table, known: impl Iterator<Item = &'a str> + Clone, place: &str) -> Result<()> {
    let Some(unknown) = table.keys().find(|key| !known.clone().any(|known| known == *key)) else { return Ok(()) };
    let nearest =
        known.max_by(|one, other| strsim::jaro_winkler(one, unknown).total_cmp(&strsim::jaro_winkler(other, unknown)));
    Err(format!("{place}{unknown} is not known: did you mean {}?", nearest.unwrap_or_default()))
}

fn list(table: &mut Table, name: &str) -> Result<Vec<Table>> {
    let wrong = || format!("{name} is a list of tables: write [[{name}]] above its keys");
    match table.remove(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values
            .into_iter()
            .map(|value| match value {
                Value::Table(table) => Ok(table),
                _ => Err(wrong()),
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

fn read<T: DeserializeOwned>(table: Table, place: &str) -> Result<T> {
    table.try_into().map_err(|error| {
        let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        format!("{place}{}", lines.join(" "))
    })
}

/// Text, or a number or time as text.
fn scalar<'de, D: Deserializer<'de>>(value: D) -> std::result::Result<Option<String>, D::Error> {
    match Value::deserialize(value)? {
        Value::String(text) => Ok(Some(text)),
        Value::Integer(number) => Ok(Some(number.to_string())),
        Value::Float(number) => Ok(Some(number.to_string())),
        Value::Datetime(time) => Ok(Some(time.to_string())),
        _ => Err(D::Error::custom("expected text, a number or a time")),
    }
}

fn address(text: &str) -> Result<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let bare = if bare == "localhost" { "127.0.0.1" } else { bare };
    let wrong = || {
        refused(
            "host",
            format!("{text:?} is no address: write one of this machine's, such as 127.0.0.1, ::1 or 0.0.0.0"),
        )
    };
    bare.parse().map_err(|_| wrong())
}

fn seconds(name: &str, seconds: f64) -> Result<Duration> {
    let wrong = || refused(name, format!("{seconds} is no time: write a number of seconds that is not negative"));
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

fn parsed<T: std::str::FromStr<Err: Display>>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| refused(name, format!("{text:?}: {error}")))
}

fn refused(name: &str, what: impl Display) -> String {
    format!("{name}: {what}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_a_key_of_the_file() {
        let file = "
            host = '::1'\nport = 8025\nallow-host = ['sandbox']\ncors-origin = ['http://localhost:5173']\ndialect = 'thai'
            database = 'x.sqlite'\nreport-delay = 1\nreports-to-any-host = true\nclock = 2026-01-01T00:00:00Z
            codes = ['00017']\ncredit = 12.5\ncode-length = 6\nlife = 60\ntries = 2\nresend-limit = 0\nsender = 'SHOP'
            alphabet = 'AB'\ntext = '{code}'\nusername = 'shop'\npassword = 'secret'\notc-id = 'X'
            [[account]]\ntoken = 't'\nbilling = 'prepaid'\ncredit = 3\ndialect = 'other'\nfate = 'REJECTED'
            [[config]]\notc-id = 'Y'\ntries = 9";
        let parsed = File::parse(file).unwrap();
        let missing: Vec<String> =
            names::<Settings>().into_iter().filter(|name| !file.contains(&format!("{name} ="))).collect();
        assert_eq!(missing, [""; 0], "the file above has them all");
        let settings = &parsed.settings;
        assert_eq!((settings.port, settings.config.life, settings.report_delay), (Some(8025), Some(60.0), Some(1.0)));
        assert_eq!(settings.clock.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!((settings.credit.as_deref(), settings.reports_to_any_host), (Some("12.5"), true));
        assert_eq!(parsed.identity.otc_id.as_deref(), Some("X"));
        assert_eq!((parsed.accounts[0].token.as_deref(), parsed.configs[0].1.tries), (Some("t"), Some(9)));
    }

    #[test]
    fn what_the_file_cannot_mean_is_refused_with_a_sentence() {
        for (file, said) in [
            ("code_length = 5", "code_length is not known: did you mean code-length?"),
            ("prot = 1", "prot is not known: did you mean port?"),
            ("[[account]]\nusernam = 'a'", "an [[account]]: usernam is not known: did you mean username?"),
            ("[[config]]\notc-id = 'a'\nlive = 1", "a [[config]]: live is not known: did you mean life?"),
            ("[[config]]\ntries = 1", "a [[config]] needs its otc-id"),
            ("[account]\nusername = 'a'", "write [[account]]"),
            ("account = [1]", "write [[account]]"),
            ("port = 'x'", "port"),
            ("port = 99999", "port"),
            ("codes = '1'", "codes"),
            ("clock = true", "clock"),
            ("port = ", "line 1"),
        ] {
            let error = File::parse(file).err().unwrap();
            assert!(error.contains(said), "{file}: {error}");
        }
    }

    #[test]
    fn a_flag_comes_before_the_file_and_a_config_takes_what_it_lacks_from_above() {
        let config = |tries, sender: Option<&str>| ConfigSettings {
            tries,
            sender: sender.map(str::to_owned),
            ..ConfigSettings::default()
        };
        let flags =
            Settings { port: Some(1), codes: vec!["1".into()], config: config(Some(1), None), ..Settings::default() };
        let file = Settings {
            port: Some(2),
            codes: vec!["2".into(), "3".into()],
            database: Some("x".into()),
            config: config(Some(2), Some("FILE")),
            ..Settings::default()
        };
        let both = flags.or(file);
        assert_eq!((both.port, both.codes, both.database), (Some(1), vec!["1".to_owned()], Some("x".into())));
        let of_a_config = config(None, Some("OWN")).or(&both.config);
        assert_eq!((of_a_config.tries, of_a_config.sender.as_deref()), (Some(1), Some("OWN")));
    }
}
