//! Certificates in PEM (RFC 7468) as people keep them in a file: joined without a line end, indented, with a byte order mark,
//! with text between them, and OpenSSL's `TRUSTED CERTIFICATE`. Each that cannot be read is told apart from the others.

use super::der::{self, OID, SEQUENCE};
use crate::check::Checked;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rustls::pki_types::CertificateDer;

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const TRUSTED: &[u8] = b"TRUSTED CERTIFICATE";
/// The second is what it was called once.
const CERTIFICATES: [&[u8]; 3] = [b"CERTIFICATE", b"X509 CERTIFICATE", TRUSTED];

/// As the readers that such files were made for: padding may lack.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(crate) struct Certificate {
    pub der: CertificateDer<'static>,
    /// False where the file says that it is trusted for other uses alone, or not for this one.
    pub is_for_servers: bool,
}

/// The certificates in `text`, in their order, each with what is wrong with it if it cannot be read.
pub(crate) fn certificates(text: &[u8]) -> Vec<Checked<Certificate>> {
    let mut found = Vec::new();
    let mut open: Option<(&[u8], Vec<u8>)> = None;
    for line in lines(text) {
        if let Some(label) = line.strip_prefix(BEGIN) {
            found.extend(open.take().and_then(|(label, _)| is_certificate(label).then(no_end)));
            match label.strip_suffix(b"-----") {
                Some(label) => open = Some((label, Vec::new())),
                None if contains(label, b"CERTIFICATE") => found.push(Err("its first line is broken".to_owned())),
                None => {}
            }
        } else if let Some(end) = line.strip_prefix(END) {
            let section = open.take().filter(|(label, _)| is_certificate(label));
            found.extend(section.map(|(label, base64)| match end.strip_prefix(label) {
                Some(b"-----") => read(label, &base64),
                _ => Err("its last line is broken".to_owned()),
            }));
        } else if let Some((_, base64)) = &mut open {
            base64.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    found.extend(open.and_then(|(label, _)| is_certificate(label).then(no_end)));
    found
}

/// The lines without what surrounds them. A section begins on a line of its own, also where the line end behind the one before
/// it was lost.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r')).flat_map(|line| {
        let line = trimmed(line);
        let begins = line.windows(BEGIN.len()).position(|window| window == BEGIN);
        let (end, line) = line.split_at(begins.filter(|_| line.starts_with(END)).unwrap_or(0));
        [trimmed(end), line].into_iter().filter(|line| !line.is_empty())
    })
}

/// Without white space and byte order marks: files that begin with one are joined too.
fn trimmed(mut line: &[u8]) -> &[u8] {
    loop {
        line = line.trim_ascii();
        match line.strip_prefix(BYTE_ORDER_MARK).or_else(|| line.strip_suffix(BYTE_ORDER_MARK)) {
            Some(rest) => line = rest,
            None => return line,
        }
    }
}

fn is_certificate(label: &[u8]) -> bool {
    CERTIFICATES.contains(&label)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

fn no_end() -> Checked<Certificate> {
    Err("its last line is missing".to_owned())
}

fn read(label: &[u8], base64: &[u8]) -> Checked<Certificate> {
    let bytes = BASE64.decode(base64).map_err(|_| "it is not base64".to_owned())?;
    if label != TRUSTED {
        return Ok(Certificate { der: bytes.into(), is_for_servers: true });
    }
    let certificate = der::value(&bytes).ok_or("it is cut")?;
    let is_for_servers = is_for_servers(certificate.rest).ok_or("its trust settings are broken")?;
    let length = bytes.len() - certificate.rest.len();
    Ok(Certificate { der: bytes[..length].to_vec().into(), is_for_servers })
}

/// What OpenSSL's settings behind a certificate (X509_CERT_AUX) make of it, as its `X509_check_trust` reads them: a refusal
/// comes first, and a list of uses excludes all others. None if they cannot be read.
///
/// ```text
/// SEQUENCE { trust SEQUENCE OF OID OPTIONAL, reject [0] SEQUENCE OF OID OPTIONAL, alias, keyid, other }
/// ```
fn is_for_servers(settings: &[u8]) -> Option<bool> {
    const REJECT: u8 = 0xA0;
    if settings.is_empty() {
        return Some(true);
    }
    let all = der::values(settings)?;
    let [der::Value { tag: SEQUENCE, content, .. }] = all[..] else { return None };
    let mut is_for_servers = true;
    for value in der::values(content)? {
        match value.tag {
            SEQUENCE => is_for_servers &= names_servers(value.content)?,
            REJECT => is_for_servers &= !names_servers(value.content)?,
            _ => {}
        }
    }
    Some(is_for_servers)
}

/// Whether serverAuth or anyExtendedKeyUsage (RFC 5280, section 4.2.1.12) is among these uses.
fn names_servers(uses: &[u8]) -> Option<bool> {
    const SERVER: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];
    const ANY: &[u8] = &[0x55, 0x1D, 0x25, 0];
    let uses = der::values(uses)?;
    if uses.iter().any(|one| one.tag != OID) {
        return None;
    }
    Some(uses.iter().any(|one| one.content == SERVER || one.content == ANY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MAMBAQA=";
    const DER: &[u8] = &[0x30, 3, 1, 1, 0];

    /// What was found: the certificates' bytes, or problems.
    fn found(text: impl AsRef<[u8]>) -> Vec<Checked<Vec<u8>>> {
        certificates(text.as_ref()).into_iter().map(|one| one.map(|one| one.der.to_vec())).collect()
    }

    fn pem(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    #[test]
    fn certificates_are_read_however_the_file_was_put_together() {
        let one = pem("CERTIFICATE", BODY);
        let joined = one.trim_end();
        let cases = [
            ("plain", one.clone(), 1),
            ("CRLF", one.replace('\n', "\r\n"), 1),
            ("CR", one.replace('\n', "\r"), 1),
            ("indented", one.replace('\n', "  \n\t  ").replacen("-----", "  -----", 1), 1),
            ("byte order marks", format!("\u{FEFF}{one}\u{FEFF}{one}"), 2),
            ("no line end between two", format!("{joined}{joined}"), 2),
            ("a byte order mark between two", format!("{joined}\u{FEFF}{joined}"), 2),
            ("a comment", format!("# a -----BEGIN CERTIFICATE----- and its end\n{one}"), 1),
            ("text around", format!("An authority:\n{one}ours: - x\n{one}# end"), 2),
            ("in pieces, without padding", pem("CERTIFICATE", "MAMB \n\nAQA"), 1),
            ("as it was called once", pem("X509 CERTIFICATE", BODY), 1),
            ("keys beside it", format!("{}{one}{}", pem("PRIVATE KEY", "AAAA"), pem("X509 CRL", "&")), 1),
            ("nothing", String::new(), 0),
            ("a key", pem("PRIVATE KEY", BODY), 0),
        ];
        for (what, text, count) in cases {
            assert_eq!(found(&text), vec![Ok(DER.to_vec()); count], "{what}: {text}");
        }
    }

    #[test]
    fn what_cannot_be_read_takes_nothing_else_with_it() {
        let one = pem("CERTIFICATE", BODY);
        let cases = [
            ("no base64", pem("CERTIFICATE", "MAM!"), "not base64"),
            ("no end", "-----BEGIN CERTIFICATE-----\nMAMB\n".to_owned(), "last line is missing"),
            ("another end", "-----BEGIN CERTIFICATE-----\nMAMB\n-----END KEY-----\n".to_owned(), "last line is broken"),
            ("a broken end", one.replacen("TE-----\n", "TE--\n", 2).replacen("TE--\n", "TE-----\n", 1), "last line"),
            ("a broken beginning", one.replacen("TE-----", "TE---", 1), "first line is broken"),
            ("a trusted one that is cut", pem("TRUSTED CERTIFICATE", "MAMB"), "it is cut"),
        ];
        for (what, bad, words) in cases {
            for text in [format!("{one}{bad}{one}"), format!("{bad}{one}{one}"), format!("{one}{one}{bad}")] {
                let found = found(&text);
                let (good, bad): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
                assert_eq!((good.len(), bad.len()), (2, 1), "{what}: {text}");
                assert!(bad[0].as_ref().unwrap_err().contains(words), "{what}: {bad:?}");
            }
        }
    }

    /// A sequence's bytes.
    fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
        let content = content.concat();
        [&[tag, content.len() as u8], &content[..]].concat()
    }

    #[test]
    fn the_settings_of_a_trusted_certificate_decide_what_it_is_for() {
        let (server, client, any) = (
            der(6, &[&[0x2B, 6, 1, 5, 5, 7, 3, 1]]),
            der(6, &[&[0x2B, 6, 1, 5, 5, 7, 3, 2]]),
            der(6, &[&[0x55, 0x1D, 0x25, 0]]),
        );
        let trust = |uses: &[&[u8]]| der(SEQUENCE, uses);
        let reject = |uses: &[&[u8]]| der(0xA0, uses);
        let alias = der(12, &[b"an alias"]);
        let settings = |parts: &[&[u8]]| der(SEQUENCE, parts);
        let cases: [(&str, Vec<u8>, Option<bool>); 14] = [
            ("none", Vec::new(), Some(true)),
            ("empty", settings(&[]), Some(true)),
            ("an alias alone", settings(&[&alias]), Some(true)),
            ("for servers", settings(&[&trust(&[&server])]), Some(true)),
            ("for clients and servers", settings(&[&trust(&[&client, &server]), &alias]), Some(true)),
            ("for any use", settings(&[&trust(&[&any])]), Some(true)),
            ("for clients", settings(&[&trust(&[&client])]), Some(false)),
            ("for nothing", settings(&[&trust(&[])]), Some(false)),
            ("not for servers", settings(&[&reject(&[&server])]), Some(false)),
            ("not for clients", settings(&[&reject(&[&client])]), Some(true)),
            ("not for any use", settings(&[&reject(&[&any])]), Some(false)),
            ("for any use but servers", settings(&[&trust(&[&any]), &reject(&[&server])]), Some(false)),
            ("cut", settings(&[&trust(&[&server])])[..9].to_vec(), None),
            ("something behind them", [settings(&[]), settings(&[])].concat(), None),
        ];
        for (what, settings, expected) in cases {
            assert_eq!(is_for_servers(&settings), expected, "{what}");
            let text = pem("TRUSTED CERTIFICATE", &BASE64.encode([DER, &settings].concat()));
            let read = certificates(text.as_bytes()).pop().unwrap();
            let read = read.map(|one| (one.der.to_vec(), one.is_for_servers));
            assert_eq!(read.ok(), expected.map(|is_for_servers| (DER.to_vec(), is_for_servers)), "{what}");
        }
    }
}
