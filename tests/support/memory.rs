//! Looks through the process's own memory for secrets, without holding them itself: they are kept masked, and so is what is
//! looked for.
#![allow(dead_code)] // each test file uses its part

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use zeroize::Zeroizing;

/// Every byte of a secret is kept with this over it.
const MASK: u8 = 0xA5;
/// Parts of this length of a long secret are looked for: what a freed block still holds may lack its begin.
const PART: usize = 8;
const PIECE: usize = 64 * 1024;

/// A secret that lies in memory only while somebody uses it.
pub struct Hidden {
    pub name: &'static str,
    masked: Vec<u8>,
}

impl Hidden {
    /// So many characters out of `alphabet`, by chance.
    pub fn random(name: &'static str, length: usize, alphabet: &str) -> Hidden {
        let masked = (0..length).map(|_| alphabet.as_bytes()[fastrand::usize(..alphabet.len())] ^ MASK).collect();
        Hidden { name, masked }
    }

    /// A secret as another process has written it with [`to_hex`](Hidden::to_hex).
    pub fn masked(name: &'static str, hex: &str) -> Hidden {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        Hidden { name, masked: (0..hex.len()).step_by(2).map(byte).collect() }
    }

    /// Still masked.
    pub fn to_hex(&self) -> String {
        self.masked.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What is made of a secret.
    pub fn of(name: &'static str, text: &str) -> Hidden {
        Hidden { name, masked: text.bytes().map(|byte| byte ^ MASK).collect() }
    }

    /// The caller's own copy, wiped when it goes.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.masked.len()));
        self.masked.iter().for_each(|byte| text.push(char::from(byte ^ MASK)));
        text
    }

    /// The secret behind `user:`, as Basic credentials hold it, less the characters that depend on its neighbours.
    pub fn in_basic(&self, name: &'static str, user: &str) -> Hidden {
        let secret = self.reveal();
        let pair = Zeroizing::new([user, ":", &secret].concat());
        let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        let of_secret = (user.len() + 1).div_ceil(3) * 4;
        Hidden::of(name, encoded[of_secret..].trim_end_matches('='))
    }
}

/// Where a secret, or a part of it, stands.
pub fn find(secrets: &[&Hidden]) -> Vec<String> {
    let mut parts: Vec<(&str, &[u8])> = Vec::new();
    for secret in secrets {
        let length = if secret.masked.len() >= 2 * PART { PART } else { secret.masked.len() };
        parts.extend(secret.masked.windows(length).map(|part| (secret.name, part)));
    }
    let mut begins: Vec<Vec<usize>> = vec![Vec::new(); 256];
    for (index, (_, part)) in parts.iter().enumerate() {
        begins[usize::from(part[0] ^ MASK)].push(index);
    }
    let memory = File::open("/proc/self/mem").unwrap();
    let mut piece = vec![0; PIECE];
    let mut found: Vec<String> = Vec::new();
    for (region, from, to) in writable() {
        let mut at = from;
        while at < to {
            let wanted = PIECE.min(to - at);
            let Ok(read) = memory.read_at(&mut piece[..wanted], at as u64) else { break };
            let in_piece = look(&piece[..read], &parts, &begins);
            // Before anything else is allocated.
            piece.fill(0);
            black_box(&mut piece);
            found
                .extend(in_piece.into_iter().map(|(name, offset)| format!("{name} at {:#x} in {region}", at + offset)));
            // A secret may lie across the end of a piece.
            at += if at + read < to { read - PART.max(256).min(read - 1) } else { read };
        }
    }
    found.sort();
    found.dedup();
    found
}

fn look<'a>(piece: &[u8], parts: &[(&'a str, &[u8])], begins: &[Vec<usize>]) -> Vec<(&'a str, usize)> {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for (at, byte) in piece.iter().enumerate() {
        for &index in &begins[usize::from(*byte)] {
            let (name, part) = parts[index];
            let here = piece.get(at..at + part.len());
            if here.is_some_and(|here| here.iter().zip(part).all(|(seen, masked)| seen ^ MASK == *masked)) {
                // One finding for all parts that lie together.
                if !found.last().is_some_and(|(last, from)| *last == name && at - from < 64) {
                    found.push((name, at));
                }
                if std::env::var_os("ANTS_OTP_SHOW_FOUND").is_some() {
                    let around = &piece[at.saturating_sub(48)..(at + 48).min(piece.len())];
                    eprintln!("{name}: {}", around.escape_ascii());
                }
            }
        }
    }
    found
}

/// What the process can write to: its name, begin and end.
fn writable() -> Vec<(String, usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let regions = maps.lines().filter_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (from, to) = range.split_once('-')?;
        let name = rest.split_whitespace().nth(4).unwrap_or("(anonymous)");
        let is_wanted = rest.starts_with("rw") && !name.starts_with("[v");
        let address = |text| usize::from_str_radix(text, 16).unwrap();
        is_wanted.then(|| (name.to_owned(), address(from), address(to)))
    });
    regions.collect()
}
