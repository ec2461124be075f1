//! What every function of the library needs between C and Rust, each once: the panic guard, pointers and strings in,
//! results, strings and errors out.
//!
//! The safety of all of it rests on the conventions at the top of `ants_otp.h`: a pointer is NULL or points to what its
//! type says, a string ends with NUL, a handle was made by this library and is not freed beside its use. A handle's tag tells
//! in most cases when that is not so.

use otp::Code;
use std::any::type_name;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;

/// Runs `body`; a panic in it, which must not cross into C, becomes `otherwise`. A `pthread_cancel` waits for its end.
pub fn guard<R, F: FnOnce() -> R>(otherwise: R, body: F) -> R {
    let _guard = Uncancelled::begin();
    // Nothing that `body` may leave half done is used by more than the one call that failed.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| match panic.downcast_ref::<Stray>() {
        Some(stray) => stray.end_process(type_name::<F>()),
        None => otherwise,
    })
}

/// Runs `body`, and wipes what it leaves in stack and registers: texts are looked through here already.
pub fn wiping<R>(body: impl FnOnce() -> R) -> R {
    let result = otp::with_wiped_stack(body);
    wipe_vector_registers();
    result
}

/// Ciphers leave text there. The next function that a program binds as it calls it would have them all saved on the stack.
#[inline(never)]
fn wipe_vector_registers() {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::{asm, is_x86_feature_detected};
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor knows the instructions; they touch registers alone, all of which the ABI lets a function
            // change and the compiler is told of.
            unsafe {
                asm!(
                    ".irp n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
                    "vpxord zmm\\n, zmm\\n, zmm\\n",
                    ".endr",
                    clobber_abi("sysv64"),
                    options(nomem, nostack, preserves_flags)
                );
            }
        }
        if is_x86_feature_detected!("avx") {
            // SAFETY: as above.
            unsafe { asm!("vzeroall", clobber_abi("sysv64"), options(nomem, nostack, preserves_flags)) }
        } else {
            // SAFETY: as above; every x86-64 has them.
            unsafe {
                asm!(
                    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
                    "xorps xmm\\n, xmm\\n",
                    ".endr",
                    clobber_abi("sysv64"),
                    options(nomem, nostack, preserves_flags)
                );
            }
        }
    }
}

/// While it lives, the thread cannot be cancelled: that would unwind its stack, and Rust's frames abort the process then.
struct Uncancelled {
    before: c_int,
}

unsafe extern "C" {
    /// POSIX.1; no crate has it for Linux. glibc's and musl's number for "disabled" is 1.
    // SAFETY: it takes any number, and writes nothing but `before`.
    safe fn pthread_setcancelstate(state: c_int, before: &mut c_int) -> c_int;
}

impl Uncancelled {
    fn begin() -> Self {
        const DISABLED: c_int = 1;
        let mut before = 0;
        pthread_setcancelstate(DISABLED, &mut before);
        Uncancelled { before }
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        pthread_setcancelstate(self.before, &mut 0);
    }
}

/// Panics where a test asks for it, in builds for tests alone: a release holds none of this.
pub fn may_panic(place: &str) {
    #[cfg(debug_assertions)]
    if std::env::var_os("ANTS_OTP_FORCE_PANIC").is_some_and(|asked| asked == place) {
        panic!("forced by a test");
    }
    #[cfg(not(debug_assertions))]
    let _ = place;
}

/// What C holds handles of.
pub trait Handled: Sized {
    /// Its name in the header, less `ants_otp_`.
    const NAME: &'static str;
    /// No pointer, length or text looks like it.
    const TAG: u64 = tag(Self::NAME);
}

/// FNV-1a.
const fn tag(name: &str) -> u64 {
    let (mut tag, mut at) = (0xCBF2_9CE4_8422_2325_u64, 0);
    while at < name.len() {
        tag = (tag ^ name.as_bytes()[at] as u64).wrapping_mul(0x0100_0000_01B3);
        at += 1;
    }
    tag
}

/// What a handle points to. C sees no more than that it is one.
#[repr(C)]
struct Tagged<T> {
    /// That of the type; another one when the handle is freed.
    tag: u64,
    value: T,
}

/// A new handle, owned by the caller.
pub fn new<T: Handled>(make: impl FnOnce() -> T) -> *mut T {
    guard(ptr::null_mut(), || Box::into_raw(Box::new(Tagged { tag: T::TAG, value: make() })).cast())
}

/// What the handle points to; nothing for NULL. What is no handle of this type any more ends the process.
///
/// # Safety
/// `handle` is NULL or came from [`new`] or [`give`], is not freed as long as `'a`, and not used elsewhere meanwhile but
/// through [`live`].
pub unsafe fn live_mut<'a, T: Handled>(handle: *mut T) -> Option<&'a mut T> {
    // SAFETY: as the caller promises.
    unsafe { tagged(handle, Stray { what: T::NAME, freed: false }).map(|handle| &mut (*handle).value) }
}

/// The same for a handle that is only looked at.
///
/// # Safety
/// `handle` is NULL or came from [`new`] or [`give`], and is not freed or changed as long as `'a`.
pub unsafe fn live<'a, T: Handled>(handle: *const T) -> Option<&'a T> {
    // SAFETY: as the caller promises.
    unsafe { tagged(handle.cast_mut(), Stray { what: T::NAME, freed: false }).map(|handle| &(*handle).value) }
}

/// Takes a handle back.
///
/// # Safety
/// `handle` is NULL or came from [`new`] or [`give`], and is not used any more.
pub unsafe fn free<T: Handled>(handle: *mut T) {
    guard((), || {
        // SAFETY: it came from `Box::into_raw`, and ownership comes back with it. The tag is written to be read by whoever uses
        // the handle again.
        unsafe {
            if let Some(handle) = tagged(handle, Stray { what: T::NAME, freed: true }) {
                (&raw mut (*handle).tag).write_volatile(0);
                drop(Box::from_raw(handle));
            }
        }
    });
}

/// The memory behind a handle, if that is what its tag says.
///
/// # Safety
/// `handle` is NULL or came from [`new`] or [`give`]. (Where that is not so, a wrong tag is read at best.)
unsafe fn tagged<T: Handled>(handle: *mut T, stray: Stray) -> Option<*mut Tagged<T>> {
    let handle = handle.cast::<Tagged<T>>();
    if handle.is_null() {
        return None;
    }
    // SAFETY: it is aligned, and points to a `Tagged` as the caller promises.
    if !handle.is_aligned() || unsafe { (*handle).tag } != T::TAG {
        resume_unwind(Box::new(stray));
    }
    Some(handle)
}

/// A handle that is freed or none. It unwinds to the [`guard`], which knows the function that it was given to.
struct Stray {
    what: &'static str,
    /// It was to be freed.
    freed: bool,
}

impl Stray {
    /// `body` is the type of the function's body: a closure's name holds that of the function around it.
    fn end_process(&self, body: &str) -> ! {
        let what = self.what;
        let function = match body.split_once("::ants_otp_") {
            _ if self.freed => format!("ants_otp_{what}_free()"),
            Some((_, rest)) => format!("ants_otp_{}()", rest.split(':').next().unwrap_or_default()),
            None => "a function".to_owned(),
        };
        eprintln!("ants_otp: {function} was given an ants_otp_{what} that is freed already, or is none.");
        std::process::abort()
    }
}

/// What `read` finds in the handle; `absent` for NULL.
///
/// # Safety
/// As [`live`].
pub unsafe fn read<H: Handled, R: Copy>(handle: *const H, absent: R, read: impl FnOnce(&H) -> R) -> R {
    guard(absent, || {
        may_panic("border");
        // SAFETY: as the caller promises.
        unsafe { live(handle) }.map_or(absent, read)
    })
}

/// A text in the handle, living as long as it; `""` for NULL.
///
/// # Safety
/// As [`live`].
pub unsafe fn text_of<H: Handled>(handle: *const H, text: impl FnOnce(&H) -> &CStr) -> *const c_char {
    // SAFETY: as the caller promises.
    unsafe { read(handle, c"".as_ptr(), |handle| text(handle).as_ptr()) }
}

/// The text that C passes as `name`, or a sentence that says what is wrong with it.
///
/// # Safety
/// `text` is NULL or points to a NUL-terminated string that lives for `'a`.
pub unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, String> {
    if text.is_null() {
        return Err(format!("{name} is NULL: give it a text"));
    }
    // SAFETY: it is not NULL; the rest is as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| format!("{name} is not UTF-8: convert it"))
}

/// The bytes that C passes as `name`, or a sentence that says what is wrong with them.
///
/// # Safety
/// `bytes` is NULL or points to `length` bytes that live for `'a`.
pub unsafe fn bytes<'a>(name: &str, bytes: *const c_void, length: usize) -> Result<&'a [u8], String> {
    if bytes.is_null() {
        return Err(format!("{name} is NULL: give it bytes, or an empty text"));
    }
    if isize::try_from(length).is_err() {
        return Err(format!("the length of {name} is more than memory can hold"));
    }
    // SAFETY: it is not NULL and no longer than a slice may be; the rest is as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(bytes.cast(), length) })
}

/// A text for C. Where it holds a NUL, which C could not tell from its end, the NUL is shown as U+FFFD.
pub fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| CString::new(text.replace('\0', "\u{FFFD}")).unwrap_or_default())
}

/// An out-parameter, set to `zero` at once; `None` where the caller passes NULL.
///
/// # Safety
/// `place` is NULL or may be written for `'a`; what stands in it need not be initialised.
pub unsafe fn out<'a, T>(place: *mut T, zero: T) -> Option<&'a mut T> {
    if place.is_null() {
        return None;
    }
    // SAFETY: it is not NULL and may be written; `write` drops nothing. It is initialised before the reference exists.
    unsafe {
        place.write(zero);
        place.as_mut()
    }
}

/// Hands a new handle over through an out-parameter.
pub fn give<T: Handled>(place: Option<&mut *mut T>, value: T) {
    if let Some(place) = place {
        *place = new(|| value);
    }
}

/// Options and calls: handles whose setters answer 0 or −3.
pub trait Settings: Handled {
    /// The core's own type.
    type Core: Default;
    fn core(&mut self) -> &mut Self::Core;
    fn refuse(core: Self::Core, option: &'static str, why: &str) -> Self::Core;
    fn is_refused(core: &Self::Core, option: &str) -> bool;
    /// Called after each change.
    fn changed(&mut self) {}
}

/// Sets `option` by `change`: 0, or −3 where the value was refused or the handle is NULL.
///
/// # Safety
/// As [`live_mut`].
pub unsafe fn set<S: Settings>(handle: *mut S, option: &'static str, change: impl FnOnce(S::Core) -> S::Core) -> c_int {
    let body = || {
        may_panic("border");
        // SAFETY: as the caller promises.
        let Some(handle) = (unsafe { live_mut(handle) }) else { return Code::InvalidOption.number() };
        let core = handle.core();
        *core = change(std::mem::take(core));
        let code = if S::is_refused(core, option) { Code::InvalidOption } else { Code::Ok };
        handle.changed();
        code.number()
    };
    wiping(|| guard(Code::Internal.number(), body))
}

/// [`set`] for a text.
///
/// # Safety
/// As [`set`] and [`text`].
pub unsafe fn set_text<S: Settings>(
    handle: *mut S,
    option: &'static str,
    value: *const c_char,
    change: impl FnOnce(S::Core, &str) -> S::Core,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe {
        set(handle, option, |core| match text(option, value) {
            Ok(value) => change(core, value),
            Err(why) => S::refuse(core, option, &why),
        })
    }
}

/// A time in milliseconds. What is negative becomes zero, which the core refuses.
pub fn milliseconds(value: i64) -> std::time::Duration {
    std::time::Duration::from_millis(u64::try_from(value).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_default_of_every_other_function() {
        let options = new(crate::options::Options::default);
        // SAFETY: the handle is live until it is freed; the text that comes back is static.
        unsafe {
            assert_eq!(read(options, -1, |_| panic!("forced by a test")), -1);
            let text = CStr::from_ptr(text_of(options, |_| panic!("forced by a test")));
            assert_eq!(text, c"");
            assert_eq!(set(options, "timeout", |_| panic!("forced by a test")), -99);
            free(options);
        }
        assert!(new::<crate::options::Options>(|| panic!("forced by a test")).is_null());
    }

    #[test]
    fn each_type_has_a_tag_of_its_own() {
        let tags = ["options", "client", "call", "cancel", "error", "sent", "account", "delivery_reports"].map(tag);
        assert!((1..tags.len()).all(|at| !tags[..at].contains(&tags[at]) && tags[at] > u64::from(u32::MAX)));
    }

    #[test]
    fn texts_for_c_hold_no_nul() {
        assert_eq!(c_string("a\0b").to_str(), Ok("a\u{FFFD}b"));
    }
}
