//! Whose answer it is. HTTP/1.1 numbers nothing: what stands on a connection after a request is taken for its answer, also
//! where a gateway says an earlier one twice. So a connection is kept only where its answer told whose it is, and remembers
//! what a repeated answer could be mistaken for (docs/reliability.md, "Whose answer it is").

use crate::answer::{Answer, Naming, Verdict, same_id};
use crate::{Account, Result, Sent, Verification};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU8, Ordering};

/// What a call asks for, as far as its answer can tell whose it is.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    Request { mobile: &'a str, otc_id: &'a str },
    Resend { otp_id: Option<&'a str>, otc_id: &'a str },
    Verify { otp_id: &'a str, otp_code: &'a str },
    Balance,
}

/// Whether the service's verdicts name the otpId they are about: then verifies ride kept connections. Of all clients that
/// share connections.
#[derive(Debug, Default)]
pub(crate) struct Habit(AtomicU8);

impl Habit {
    const UNKNOWN: u8 = 0;
    const NAMES: u8 = 1;
    /// For good: only some name it, or none.
    const DOES_NOT: u8 = 2;

    pub fn lets_verifies_ride(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::NAMES
    }

    /// A verdict has come. One without a name proves nothing until another had one.
    fn note(&self, named: bool) {
        let (from, to) = if named { (Self::UNKNOWN, Self::NAMES) } else { (Self::NAMES, Self::DOES_NOT) };
        // Loading alone is cheaper, and mostly all there is to do.
        if self.0.load(Ordering::Relaxed) == from {
            let _ = self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn distrust(&self) {
        self.0.store(Self::DOES_NOT, Ordering::Relaxed);
    }
}

/// What came as the answer to a call, beside what can tell whether it is. Each reading also says whether the connection is to
/// be kept: it ends with any doubt, a refusal, and whatever names no otpId.
pub(crate) struct Claim<'a> {
    pub answer: &'a Answer,
    pub asked: &'a Asked<'a>,
    pub history: &'a mut History,
    pub habit: &'a Habit,
}

impl Claim<'_> {
    /// As the answer to a request or a resend.
    pub fn sent(self) -> Result<(Sent, bool)> {
        let Claim { answer, asked, history, .. } = self;
        let (Asked::Request { otc_id, .. } | Asked::Resend { otc_id, .. }) = *asked else {
            return Err(answer.untrusted("it is none to a request"));
        };
        let sent = answer.sent(otc_id)?;
        // Nothing but the call's own answer stands on a new connection; and a resend by otpId may send no otcId.
        let odd = matches!(asked, Asked::Request { .. }) && !same_id(&sent.otc_id, otc_id);
        if odd && answer.reused {
            return Err(answer.untrusted("it speaks of another otcId"));
        }
        let Some(earlier) = history.given_as(&sent.otp_id) else {
            history.note_given(&sent.otp_id, asked);
            return Ok((sent, !odd));
        };
        if !history.is_for(earlier, asked) {
            return Err(answer.untrusted("its otpId was given to somebody else"));
        }
        // The same OTP again; or the earlier answer said twice, and this call's own is still to come.
        Ok((sent, false))
    }

    /// As the answer to a verify.
    pub fn verification(self) -> Result<(Verification, bool)> {
        let Claim { answer, asked, history, habit } = self;
        let Asked::Verify { otp_id, otp_code } = asked else {
            return Err(answer.untrusted("it is none to a verify"));
        };
        let Verdict { verification, naming } = answer.verification(otp_id)?;
        match naming {
            Naming::Refusal => return Ok((verification, false)),
            Naming::Absent if answer.reused => {
                habit.distrust();
                return Err(answer.untrusted("it does not say which otpId it is about"));
            }
            Naming::Absent => habit.note(false),
            Naming::Named => {
                habit.note(true);
                history.note_judged(otp_id, otp_code);
            }
        }
        Ok((verification, naming == Naming::Named && habit.lets_verifies_ride()))
    }

    /// As the answer to a balance call. It names nobody: said twice, it would be taken for the answer to the next such call.
    pub fn account(self) -> Result<(Account, bool)> {
        Ok((self.answer.account()?, false))
    }
}

/// What a connection has answered.
#[derive(Debug, Default)]
pub(crate) struct History {
    given: Last<Given>,
    judged: Last<Judged>,
}

/// An otpId that a request or a resend was given.
#[derive(Debug, Default)]
struct Given {
    otp_id: String,
    whom: Whom,
}

/// Whom an OTP was for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Whom {
    Number(String),
    /// Whoever this otpId was for: a resend of one that the connection has not given.
    HolderOf(String),
    /// A resend that named no otpId.
    #[default]
    Unknown,
}

/// A verdict that named its otpId.
#[derive(Debug, Default)]
struct Judged {
    otp_id: String,
    /// Not the code, which is a secret.
    code: u64,
    /// The same verdict has come twice: for the same call made again; or it was said twice, and that call's own answer is
    /// still to come.
    again: bool,
}

impl Judged {
    fn is_of(&self, otp_id: &str, code: u64) -> bool {
        self.code == code && same_id(&self.otp_id, otp_id)
    }
}

impl History {
    /// Whether a repeated answer could not be taken for the one to this call: a verdict on another code of the same OTP
    /// would name the right otpId. Where an answer may still be to come, none but the same call is safe: it would be about
    /// the same OTP and code.
    pub fn suits(&self, asked: &Asked<'_>) -> bool {
        let Asked::Verify { otp_id, otp_code } = asked else {
            return !self.judged.iter().any(|judged| judged.again);
        };
        let code = fingerprint(otp_code);
        let harms = |judged: &Judged| !judged.is_of(otp_id, code) && (judged.again || same_id(&judged.otp_id, otp_id));
        !self.judged.iter().any(harms)
    }

    /// Whom the connection has given `otp_id` to.
    fn given_as(&self, otp_id: &str) -> Option<&Whom> {
        self.given.iter().find(|given| same_id(&given.otp_id, otp_id)).map(|given| &given.whom)
    }

    fn is_for(&self, whom: &Whom, asked: &Asked<'_>) -> bool {
        match asked {
            Asked::Request { mobile, .. } => matches!(whom, Whom::Number(number) if number == mobile),
            Asked::Resend { otp_id: Some(asked), .. } => match self.given_as(asked) {
                Some(Whom::Unknown) => true,
                Some(known) => known == whom,
                None => matches!(whom, Whom::HolderOf(holder) if same_id(holder, asked)),
            },
            Asked::Resend { otp_id: None, .. } => true,
            Asked::Verify { .. } | Asked::Balance => false,
        }
    }

    fn note_given(&mut self, otp_id: &str, asked: &Asked<'_>) {
        let known = match asked {
            Asked::Resend { otp_id: Some(asked), .. } => self.given_as(asked).cloned(),
            _ => None,
        };
        let given = self.given.next();
        otp_id.clone_into(&mut given.otp_id);
        match (asked, known) {
            (_, Some(known)) => given.whom = known,
            (Asked::Request { mobile, .. }, _) => match &mut given.whom {
                Whom::Number(number) => (*mobile).clone_into(number),
                other => *other = Whom::Number((*mobile).to_owned()),
            },
            (Asked::Resend { otp_id: Some(asked), .. }, _) => given.whom = Whom::HolderOf((*asked).to_owned()),
            _ => given.whom = Whom::Unknown,
        }
    }

    fn note_judged(&mut self, otp_id: &str, otp_code: &str) {
        let code = fingerprint(otp_code);
        if let Some(judged) = self.judged.items.iter_mut().find(|judged| judged.is_of(otp_id, code)) {
            judged.again = true;
            return;
        }
        let judged = self.judged.next();
        otp_id.clone_into(&mut judged.otp_id);
        (judged.code, judged.again) = (code, false);
    }
}

fn fingerprint(otp_code: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    otp_code.hash(&mut hasher);
    hasher.finish()
}

/// The last eight of something. Their memory is used again.
#[derive(Debug)]
struct Last<T> {
    items: Vec<T>,
    oldest: usize,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Last { items: Vec::new(), oldest: 0 }
    }
}

impl<T: Default> Last<T> {
    const MAX: usize = 8;

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// The place of a new one: an empty one, or the oldest's.
    fn next(&mut self) -> &mut T {
        if self.items.len() < Self::MAX {
            self.items.push(T::default());
            self.oldest = 0;
            let last = self.items.len() - 1;
            return &mut self.items[last];
        }
        let place = self.oldest;
        self.oldest = (place + 1) % Self::MAX;
        &mut self.items[place]
    }
}
