//! Which authorities are trusted: the roots, and beside them those of the user's ca_file. One bad certificate of a bundle is no
//! reason to trust none of it: it is left out, counted and logged.

use super::bundle;
use crate::check::Checked;
use crate::environment;
use rustls::RootCertStore;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Which roots are trusted beside the user's own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Roots {
    /// Mozilla's, compiled in.
    #[default]
    Bundled,
    /// This machine's.
    System,
    /// No others.
    None,
}

/// What certificates are checked against.
pub(crate) struct Trust {
    pub store: RootCertStore,
    /// How many certificates of ca_file are not in it, and what is wrong with the first, for sentences; none if all are.
    pub left_out: Option<Arc<str>>,
}

/// The certificates that are left out.
#[derive(Default)]
struct LeftOut {
    unreadable: usize,
    /// Their own settings say so.
    not_for_servers: usize,
}

impl Trust {
    /// `ca_file` is the path, for sentences, and the content.
    pub fn new(roots: Roots, ca_file: Option<(&Path, &[u8])>) -> Checked<Trust> {
        let store = match roots {
            Roots::Bundled => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Roots::System => system_roots()?,
            Roots::None if ca_file.is_none() => {
                return Err("root_certificates is \"none\", so nobody would be trusted: name your own authority's \
                            certificate in ca_file"
                    .to_owned());
            }
            Roots::None => RootCertStore::empty(),
        };
        let mut trust = Trust { store, left_out: None };
        if let Some((path, text)) = ca_file {
            trust.add(path, text)?;
        }
        Ok(trust)
    }

    /// Adds what can be used of a file: one certificate at least.
    fn add(&mut self, path: &Path, text: &[u8]) -> Checked<()> {
        let path = path.display();
        let found = bundle::certificates(text);
        if found.is_empty() {
            return Err(format!("ca_file {path} holds no certificate: it must be PEM"));
        }
        let (total, mut left_out, mut first) = (found.len(), LeftOut::default(), None);
        for (number, certificate) in (1..).zip(found) {
            if let Err(problem) = self.take(certificate, &mut left_out) {
                first.get_or_insert_with(|| format!("number {number} {problem}"));
            }
        }
        let Some(problem) = first else { return Ok(()) };
        if left_out.unreadable + left_out.not_for_servers == total {
            return Err(format!("ca_file {path} holds no certificate that can be used: {problem}"));
        }
        self.left_out = Some(format!("{left_out}, of {total} in all; {problem}").into());
        Ok(())
    }

    fn take(&mut self, certificate: Checked<bundle::Certificate>, left_out: &mut LeftOut) -> Checked<()> {
        match certificate {
            Ok(certificate) if !certificate.is_for_servers => {
                left_out.not_for_servers += 1;
                Err("is not trusted for servers, as it says itself (TRUSTED CERTIFICATE)".to_owned())
            }
            Ok(certificate) => self.store.add(certificate.der).map_err(|error| {
                left_out.unreadable += 1;
                format!("cannot be a root: {error}")
            }),
            Err(problem) => {
                left_out.unreadable += 1;
                Err(format!("cannot be read: {problem}"))
            }
        }
    }
}

/// `2 unreadable certificates, 1 not trusted for servers`.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unreadable = match self.unreadable {
            0 => None,
            1 => Some("1 unreadable certificate".to_owned()),
            count => Some(format!("{count} unreadable certificates")),
        };
        let refused = (self.not_for_servers > 0).then(|| format!("{} not trusted for servers", self.not_for_servers));
        f.write_str(&unreadable.into_iter().chain(refused).collect::<Vec<_>>().join(", "))
    }
}

fn system_roots() -> Checked<RootCertStore> {
    let (found, why) = if environment::is_privileged() {
        // Else SSL_CERT_FILE and SSL_CERT_DIR would come before the system's own.
        let folders = openssl_probe::candidate_cert_dirs();
        let found = folders.map(|folder| rustls_native_certs::load_certs_from_paths(None, Some(folder)));
        (found.collect(), format!(" ({})", environment::NOT_USED))
    } else {
        (vec![rustls_native_certs::load_native_certs()], String::new())
    };
    let mut store = RootCertStore::empty();
    let mut errors = Vec::new();
    for found in found {
        store.add_parsable_certificates(found.certs);
        errors.extend(found.errors);
    }
    if !store.is_empty() {
        return Ok(store);
    }
    Err(match errors.first() {
        // Too many open files, no permission: there may well be some.
        Some(error) => format!("root_certificates is \"system\", but this machine's cannot be read{why}: {error}"),
        None => format!("root_certificates is \"system\", but this machine has none{why}: install ca-certificates"),
    })
}
