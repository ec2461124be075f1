//! State that survives a restart, in a SQLite file: the OTPs, the credit that is left and how far the clock was moved. The
//! truth is in memory while the sandbox runs; each change is written here at once.

use std::fmt::Display;
use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, params};

use crate::otp::Otp;
use crate::{Account, Credit};

/// Written into the file; another number is another program's file, or another version's.
const VERSION: i64 = 2;

/// Three tables. An OTP is kept as JSON: nothing here asks for a part of it, and `json_extract` does for a curious person.
const TABLES: &str = "
    CREATE TABLE otp (number INTEGER PRIMARY KEY, account TEXT NOT NULL, otp TEXT NOT NULL);
    CREATE TABLE credit (account TEXT PRIMARY KEY, at_start INTEGER NOT NULL, now INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE clock (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), advanced TEXT NOT NULL);
";

/// What the file's owner may do, and nobody else.
const OWNER_ONLY: u32 = 0o600;

pub(crate) struct Database {
    connection: Connection,
}

/// What a file held.
#[derive(Default)]
pub(crate) struct Stored {
    /// With the name of the account, oldest first.
    pub otps: Vec<(String, Otp)>,
    pub credits: Vec<StoredCredit>,
    pub advanced: Duration,
}

pub(crate) struct StoredCredit {
    pub account: String,
    /// What the account was set up with. A person who sets it up anew means the new credit.
    pub at_start: Credit,
    pub now: Credit,
}

/// An account as it is set up and as it stands.
pub(crate) type Accounts<'a> = (&'a [Account], &'a [Account]);

impl Database {
    /// Opens the file, or makes it. No other process can use it until this one ends.
    pub(crate) fn open(path: &Path) -> io::Result<Database> {
        keep_private(path).map_err(|error| cannot("use", path, error))?;
        // A name is a file's name: neither ":memory:" nor a URI. SQLite gives the files beside it the same permissions.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let file = Path::new(".").join(path);
        let connection = Connection::open_with_flags(file, flags).map_err(|error| cannot("open", path, error))?;
        // A file that is in use stays in use: waiting for it is of no use.
        let at_once = connection.busy_timeout(Duration::ZERO);
        at_once.map_err(|error| cannot("open", path, error))?;
        let prepared = connection.execute_batch(
            // Changes survive the end of the process. Only a loss of power may cost the last of them.
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; COMMIT;",
        );
        prepared.map_err(|error| cannot("use", path, error))?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(broken)?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(broken)?;
        match (version, tables) {
            (VERSION, _) => {}
            (0, 0) => connection
                .execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))
                .map_err(|error| cannot("prepare", path, error))?,
            _ => return Err(cannot("use", path, "it is not a database of this version of the sandbox")),
        }
        Ok(Database { connection })
    }

    pub(crate) fn load(&self) -> io::Result<Stored> {
        Ok(Stored {
            otps: self.otps()?,
            credits: self.credits().map_err(broken)?,
            advanced: self.advanced().map_err(broken)?,
        })
    }

    fn otps(&self) -> io::Result<Vec<(String, Otp)>> {
        let mut query = self.connection.prepare("SELECT account, otp FROM otp ORDER BY number").map_err(broken)?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).map_err(broken)?;
        rows.map(|row| {
            let (account, otp) = row.map_err(broken)?;
            Ok((account, serde_json::from_str(&otp).map_err(broken)?))
        })
        .collect()
    }

    fn credits(&self) -> rusqlite::Result<Vec<StoredCredit>> {
        let credit = |units: i64| u64::try_from(units).ok().and_then(Credit::from_units).unwrap_or_default();
        let mut query = self.connection.prepare("SELECT account, at_start, now FROM credit")?;
        let rows = query.query_map([], |row| {
            Ok(StoredCredit { account: row.get(0)?, at_start: credit(row.get(1)?), now: credit(row.get(2)?) })
        })?;
        rows.collect()
    }

    fn advanced(&self) -> rusqlite::Result<Duration> {
        let mut query = self.connection.prepare("SELECT advanced FROM clock")?;
        let seconds = query.query_map([], |row| row.get::<_, String>(0))?.next().transpose()?;
        let seconds = seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    /// Writes these OTPs, removes all whose number is not among those that are kept, and writes what else there is: all of
    /// it or nothing.
    pub(crate) fn save<'a>(
        &mut self,
        otps: impl Iterator<Item = (usize, &'a Otp)>,
        kept: Range<usize>,
        (at_start, now): Accounts,
        advanced: Duration,
    ) -> io::Result<()> {
        let transaction = self.connection.transaction().map_err(broken)?;
        let mut insert = transaction.prepare("INSERT OR REPLACE INTO otp VALUES (?, ?, ?)").map_err(broken)?;
        for (number, otp) in otps {
            let name = now.get(otp.account).map(Account::name).unwrap_or_default();
            insert.execute(params![number as i64, name, serde_json::to_string(otp)?]).map_err(broken)?;
        }
        drop(insert);
        let kept = [kept.start as i64, kept.end as i64];
        transaction.execute("DELETE FROM otp WHERE number < ? OR number >= ?", kept).map_err(broken)?;
        save_accounts(&transaction, at_start, now).map_err(broken)?;
        let seconds = advanced.as_secs_f64().to_string();
        transaction.execute("INSERT OR REPLACE INTO clock VALUES (1, ?)", [seconds]).map_err(broken)?;
        transaction.commit().map_err(broken)
    }
}

/// Makes the file, or takes from one that is there what others may do with it: it holds OTP codes and tokens. So with what an
/// earlier run left beside it.
fn keep_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(path)?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let metadata = match fs::metadata(&name) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if !metadata.is_file() {
            return Err(io::Error::other("it is no plain file: choose another name"));
        }
        if metadata.permissions().mode() & 0o777 & !OWNER_ONLY != 0 {
            let narrow = fs::set_permissions(&name, Permissions::from_mode(OWNER_ONLY));
            narrow.map_err(|error| {
                let why = "others may read it, and it holds codes and tokens";
                io::Error::other(format!("{why}; chmod 600 fails: {error}"))
            })?;
        }
    }
    Ok(())
}

fn save_accounts(transaction: &Transaction, at_start: &[Account], now: &[Account]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare("INSERT OR REPLACE INTO credit VALUES (?, ?, ?)")?;
    for (at_start, now) in at_start.iter().zip(now) {
        insert.execute(params![now.name(), at_start.credit().units() as i64, now.credit().units() as i64])?;
    }
    Ok(())
}

fn cannot(what: &str, path: &Path, error: impl Display) -> io::Error {
    io::Error::other(format!("cannot {what} the database {}: {error}", path.display()))
}

fn broken(error: impl Display) -> io::Error {
    io::Error::other(format!("the database: {error}"))
}
