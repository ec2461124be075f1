// The C++ wrapper without a network: ownership, both forms of each call, codes, refusals. It is compiled with and
// without exceptions and RTTI.

#include "ants_otp.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace otp = ants::otp;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

static int failures = 0;

#define CHECK(...)                                                                                                     \
    do {                                                                                                               \
        if (!(__VA_ARGS__)) {                                                                                          \
            std::fprintf(stderr, "line %d: %s\n", __LINE__, #__VA_ARGS__);                                             \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (false)

// What owns moves, without throwing, and does not copy.
template <class... T>
constexpr bool owns = ((std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                        !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>) &&
                       ...);
static_assert(owns<otp::Client, otp::Options, otp::Call, otp::Cancel, otp::Sent, otp::Account>);
// A verdict is not an int, nor a bool by accident.
static_assert(!std::is_convertible_v<otp::Verification, bool> && std::is_constructible_v<bool, otp::Verification>);
static_assert(!std::is_convertible_v<otp::Sent, bool> && !std::is_convertible_v<otp::Failure, bool>);
static_assert(std::is_error_code_enum_v<otp::Code> && sizeof(ants_otp_verification) == 16);
// An otp id is a Sent or its text.
template <class T> constexpr bool is_otp_id = std::is_convertible_v<T, otp::OtpId>;
static_assert(is_otp_id<const otp::Sent &> && is_otp_id<const char *> && is_otp_id<std::string> &&
              is_otp_id<std::string_view> && !is_otp_id<int>);
// The form with a Failure is noexcept.
static_assert(noexcept(std::declval<const otp::Client &>().verify("", "", std::declval<otp::Failure &>())));

// Nobody listens at its address.
static otp::Client some_client() {
    otp::Options options;
    options.credentials("user", "password").otc_id("OTC").base_url("http://127.0.0.1:1").max_retries(0);
    otp::Failure failure;
    otp::Client client(options, failure);
    CHECK(client && !failure && options.problem().empty());
    return client;
}

static void refused_options_make_no_client() {
    otp::Failure failure;
    otp::Options options;
    options.credentials("user", "password").timeout(0ms).connect_timeout(1s);
    CHECK(options.problem().find("timeout") != std::string::npos);
    const otp::Client client(options, failure);
    CHECK(!client && failure && failure.code == otp::Code::err_invalid_option);
    CHECK(failure.delivery == otp::Delivery::not_sent && failure.message == options.problem());
    options.timeout(std::chrono::hours(1));
    CHECK(!otp::Client(options, failure));
    options.timeout(10min);
    CHECK(otp::Client(options, failure) && !failure);
}

static void failures_are_told_in_full(const otp::Client &client) {
    otp::Failure failure;
    CHECK(!client.request("no number", failure));
    CHECK(failure.code == otp::Code::err_invalid_mobile && failure.delivery == otp::Delivery::not_sent);
    CHECK(!failure.message.empty() && failure.service_message.empty() && failure.service_code == 0);
    CHECK(failure.http_status == 0 && !failure.retry_after);

    CHECK(!client.resend("", failure) && failure.code == otp::Code::err_invalid_argument);
    CHECK(!client.verify("id", "", failure) && failure.code == otp::Code::err_invalid_argument);
    CHECK(!client.balance(otp::Call().timeout(-1ms), failure) && failure.code == otp::Code::err_invalid_option);

    const otp::Verification verification = client.verify("id", "1234", failure);
    CHECK(failure.code == otp::Code::err_connect && failure.delivery == otp::Delivery::not_sent);
    CHECK(!verification && verification.status() == otp::Status::none);
    CHECK(verification.code() == otp::Code::err_connect && !verification.result());
    CHECK(!otp::Verification() && otp::Verification().status() == otp::Status::none);
}

static void a_text_with_a_nul_is_refused_and_never_cut(const otp::Client &client) {
    otp::Failure failure;
    CHECK(!client.verify("id", "1234\0junk"sv, failure) && failure.code == otp::Code::err_invalid_argument);
    CHECK(!client.resend("id\0junk"sv, failure) && failure.code == otp::Code::err_invalid_argument);
    CHECK(!client.request("0812345678\0junk"sv, failure) && failure.code == otp::Code::err_invalid_mobile);
    const otp::Call call = std::move(otp::Call().callback_data("a\0b"sv));
    CHECK(!client.request("0812345678", call, failure) && failure.code == otp::Code::err_invalid_option);
    // Without a data pointer, and without an end of its own.
    CHECK(!client.verify(std::string_view(), "1234"sv.substr(0, 2), failure));
    CHECK(failure.code == otp::Code::err_invalid_argument);
}

static void moved_from_and_empty_objects_are_safe() {
    otp::Failure failure;
    otp::Client client = some_client();
    const otp::Client other = std::move(client);
    CHECK(other && !client); // NOLINT: looking at it is the test
    CHECK(!client.request("0812345678", failure) && failure.code == otp::Code::err_invalid_argument);

    otp::Options options;
    const otp::Options taken = std::move(options);
    CHECK(!otp::Client(options.timeout(1s), failure) && failure.code == otp::Code::err_invalid_argument);

    const otp::Sent sent;
    const otp::Account account;
    CHECK(!sent && sent.otp_id().empty() && sent.reference_code().empty() && sent.message().empty());
    CHECK(!account && account.type().empty() && account.credit().empty());
}

static void codes_are_error_codes() {
    const std::error_code code = otp::Code::code_expired;
    CHECK(code == otp::Code::code_expired && code.value() == 305 && code.category() == otp::category());
    CHECK(code.message() == "The OTP code has expired." && code.category().name() == "ants-otp"sv);
    CHECK(!std::error_code(otp::Code::ok) && std::error_code(otp::Code::wrong_code));
    CHECK(name(otp::Code::err_timeout) == "ANTS_OTP_ERR_TIMEOUT"sv);
    CHECK(text(otp::Code::code_expired, "th") != text(otp::Code::code_expired));
    CHECK(advice(otp::Code::code_expired) != ""sv && otp::version() == std::string_view(ANTS_OTP_VERSION));

    ants_otp_verification answer{};
    answer.is_expr_code = true;
    const otp::Verification expired(otp::Code::code_expired, answer);
    CHECK(!expired && expired.status() == otp::Status::expired && expired.is_expr_code());
    CHECK(otp::Verification(otp::Code::ok, answer) && !otp::Verification(otp::Code::code_confirmed, answer));
}

static void a_fired_cancel_stops_calls_and_may_go_first(const otp::Client &client) {
    otp::Call call;
    {
        const otp::Cancel cancel;
        call.cancel(cancel);
        std::thread([&] { cancel.fire(); }).join();
    }
    otp::Failure failure;
    CHECK(!client.request("0812345678", call, failure) && failure.code == otp::Code::err_interrupted);
    CHECK(failure.delivery == otp::Delivery::not_sent);
}

static void log_lines_reach_a_function_that_outlives_the_options() {
    std::string lines;
    otp::Failure failure;
    otp::Client client = [&] {
        otp::Options options;
        options.token("token").otc_id("OTC").base_url("http://127.0.0.1:1").max_retries(0);
        options.log([&lines](otp::LogLevel level, std::string_view line) {
            CHECK(level == otp::LogLevel::warning);
            lines += line;
#if ANTS_OTP_EXCEPTIONS
            throw 1;
#endif
        });
        return otp::Client(options, failure);
    }();
    CHECK(!client.request("0812345678", failure));
    CHECK(lines.find("5678") != std::string::npos && lines.find("812345") == std::string::npos);
}

#if ANTS_OTP_EXCEPTIONS

template <class F> static otp::Code thrown_by(F call) {
    try {
        call();
    } catch (const otp::Error &error) {
        const otp::Error copy = error;
        CHECK(copy.what() == error.failure().message && *copy.what() != '\0');
        CHECK(copy.code().category() == otp::category() && copy.delivery() == otp::Delivery::not_sent);
        return static_cast<otp::Code>(copy.code().value());
    }
    return otp::Code::ok;
}

static void the_throwing_forms_throw(const otp::Client &client) {
    CHECK(thrown_by([] { otp::Client{otp::Options()}; }) == otp::Code::err_invalid_option);
    CHECK(thrown_by([&] { static_cast<void>(client.request("1")); }) == otp::Code::err_invalid_mobile);
    CHECK(thrown_by([&] { static_cast<void>(client.resend("")); }) == otp::Code::err_invalid_argument);
    CHECK(thrown_by([&] { static_cast<void>(client.resend_newest()); }) == otp::Code::err_connect);
    CHECK(thrown_by([&] { static_cast<void>(client.verify("id", "")); }) == otp::Code::err_invalid_argument);
    CHECK(thrown_by([&] { static_cast<void>(client.balance()); }) == otp::Code::err_connect);
    try {
        static_cast<void>(client.balance());
    } catch (const std::system_error &error) {
        CHECK(error.code() == otp::Code::err_connect);
    }
}

#endif

int main() {
    const otp::Client client = some_client();
    refused_options_make_no_client();
    failures_are_told_in_full(client);
    a_text_with_a_nul_is_refused_and_never_cut(client);
    moved_from_and_empty_objects_are_safe();
    codes_are_error_codes();
    a_fired_cancel_stops_calls_and_may_go_first(client);
    log_lines_reach_a_function_that_outlives_the_options();
#if ANTS_OTP_EXCEPTIONS
    the_throwing_forms_throw(client);
#endif
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
