//! The shared library's SONAME, and what `dlclose` may do with it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let version = |part: &str| std::env::var(format!("CARGO_PKG_VERSION_{part}")).unwrap_or_default();
    // The ABI stays the same within a major version, 0 included.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libants_otp.so.{}", version("MAJOR"));
    // The library leaves a fork handler and thread-local data behind, which must not point into unmapped memory.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
