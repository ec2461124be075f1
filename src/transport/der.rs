//! The little of DER (ITU-T X.690) that rustls does not do: the settings of a `TRUSTED CERTIFICATE`, and the names of
//! algorithms in sentences.

/// An object identifier's tag.
pub(crate) const OID: u8 = 6;
pub(crate) const SEQUENCE: u8 = 0x30;

/// One value: its tag, its content, and what follows it.
pub(crate) struct Value<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub rest: &'a [u8],
}

/// The value that `bytes` begin with, if it is whole.
pub(crate) fn value(bytes: &[u8]) -> Option<Value<'_>> {
    let [tag, first, rest @ ..] = bytes else { return None };
    let (length, rest) = match usize::from(*first) {
        short @ ..=0x7F => (short, rest),
        // Four bytes of length are more than any file holds.
        long @ 0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(long - 0x80)?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Value { tag: *tag, content, rest })
}

/// All values of `bytes`, one after the other, if nothing else is in them.
pub(crate) fn values(mut bytes: &[u8]) -> Option<Vec<Value<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let value = value(bytes)?;
        bytes = value.rest;
        found.push(value);
    }
    Some(found)
}

/// What people call an algorithm: the content of its AlgorithmIdentifier (RFC 5280, section 4.1.1.2). A key on a curve is
/// called by its curve (RFC 5480, section 2.1.1).
pub(crate) fn algorithm(identifier: &[u8]) -> String {
    const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
    let oid = match values(identifier).as_deref() {
        Some([key, curve, ..]) if key.content == EC_PUBLIC_KEY && curve.tag == OID => curve.content,
        Some([one, ..]) if one.tag == OID => one.content,
        _ => return "an unreadable algorithm".to_owned(),
    };
    let name = NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| (*name).to_owned());
    name.unwrap_or_else(|| format!("the algorithm {}", dotted(oid)))
}

/// Those that servers are met with: RFC 3279, RFC 4055, RFC 5480, RFC 5639, RFC 5758, RFC 8410, RFC 9881.
const NAMES: [(&[u8], &str); 27] = [
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1], "RSA"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 2], "RSA with MD2"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 4], "RSA with MD5"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5], "RSA with SHA-1"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10], "RSA-PSS with other settings than usual"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11], "RSA with SHA-256"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 12], "RSA with SHA-384"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 13], "RSA with SHA-512"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 14], "RSA with SHA-224"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 3], "DSA with SHA-1"),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2], "DSA with SHA-256"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1], "ECDSA with SHA-1"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 1], "ECDSA with SHA-224"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2], "ECDSA with SHA-256"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3], "ECDSA with SHA-384"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4], "ECDSA with SHA-512"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7], "P-256"),
    (&[0x2B, 0x81, 4, 0, 0x22], "P-384"),
    (&[0x2B, 0x81, 4, 0, 0x23], "P-521"),
    (&[0x2B, 0x81, 4, 0, 0x0A], "secp256k1"),
    (&[0x2B, 0x24, 3, 3, 2, 8, 1, 1, 7], "brainpoolP256r1"),
    (&[0x2B, 0x24, 3, 3, 2, 8, 1, 1, 11], "brainpoolP384r1"),
    (&[0x2B, 0x65, 0x70], "Ed25519"),
    (&[0x2B, 0x65, 0x71], "Ed448"),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17], "ML-DSA-44"),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 18], "ML-DSA-65"),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 19], "ML-DSA-87"),
];

/// An object identifier in figures (X.690, section 8.19). Its first two arcs share a number.
fn dotted(oid: &[u8]) -> String {
    let (mut arcs, mut arc) = (Vec::new(), 0_u64);
    for byte in oid.iter().take(64) {
        arc = arc << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(std::mem::take(&mut arc));
        }
    }
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_whole_or_not_at_all() {
        let long = [&[4, 0x82, 1, 0][..], &[7; 256], &[5, 0]].concat();
        let found = values(&long).unwrap();
        assert_eq!(found.iter().map(|value| (value.tag, value.content.len())).collect::<Vec<_>>(), [(4, 256), (5, 0)]);
        for bad in [&[4][..], &[4, 2, 0], &[4, 0x80], &[4, 0x85, 0, 0, 0, 0, 0], &[4, 0x82, 1], &[5, 0, 4]] {
            assert!(values(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn algorithms_are_called_as_people_call_them() {
        let cases: [(&[u8], &str); 6] = [
            (&[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4], "ECDSA with SHA-512"),
            (&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5, 5, 0], "RSA with SHA-1"),
            (&[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 5, 0x2B, 0x81, 4, 0, 0x23], "P-521"),
            (&[6, 3, 0x88, 0x37, 3], "the algorithm 2.999.3"),
            (&[6, 70, 1], "an unreadable algorithm"),
            (&[], "an unreadable algorithm"),
        ];
        for (identifier, name) in cases {
            assert_eq!(algorithm(identifier), name);
        }
        // No length of it can overflow anything.
        dotted(&[0xFF; 200]);
        dotted(&[0x7F; 200]);
    }
}
