//! The C++ wrapper.

mod common;

use std::process::Command;

#[test]
fn the_wrapper_owns_reports_and_refuses() {
    let source = common::root().join("bindings/c/tests/c/wrapper.cpp");
    // Every standard compiles the header in tests/header.rs; here the two worlds that differ are run.
    for (standard, flags) in [("c++17", [].as_slice()), ("c++20", &["-fno-exceptions", "-fno-rtti"])] {
        common::run(&mut Command::new(common::program(&source, standard, flags)));
    }
}

/// The names of the wrapper's codes are the core's, and none is missing.
#[test]
fn every_code_has_its_name_in_the_wrapper() {
    let wrapper = std::fs::read_to_string(common::root().join("include/ants_otp.hpp")).expect("the wrapper is there");
    let body = wrapper.split("enum class Code : int {").nth(1).and_then(|text| text.split("};").next());
    let names: Vec<&str> =
        body.expect("the enumeration is there").lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let core: Vec<String> = otp::Code::ALL
        .iter()
        .map(|code| format!("{} = ANTS_OTP_{},", code.name().to_lowercase(), code.name()))
        .collect();
    assert_eq!(names, core);
}

#[test]
fn the_runners_of_the_scenarios_compile_without_a_warning() {
    common::program(&common::root().join("tests/scenarios/runner.c"), "c99", &["-O2"]);
    common::program(&common::root().join("tests/scenarios/runner.cpp"), "c++17", &["-O2"]);
}
