// The C++ wrapper without a network: ownership, both forms of each call, codes, refusals, delivery reports. It is
// compiled with and without exceptions and RTTI.

#include "ants_otp.hpp"

#if !ANTS_OTP_EXCEPTIONS
#define DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS
#endif
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#define DOCTEST_CONFIG_SUPER_FAST_ASSERTS
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace otp = ants::otp;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

// What owns moves, without throwing, and does not copy.
template <class... T>
constexpr bool owns = ((std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                        !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>) &&
                       ...);
static_assert(owns<otp::Client, otp::Options, otp::Call, otp::Cancel, otp::Sent, otp::Account, otp::DeliveryReports>);
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
    CHECK((client && !failure && options.problem().empty()));
    return client;
}

TEST_CASE("refused options make no client") {
    otp::Failure failure;
    otp::Options options;
    options.credentials("user", "password").timeout(0ms).connect_timeout(1s);
    CHECK(options.problem().find("timeout") != std::string::npos);
    const otp::Client client(options, failure);
    CHECK((!client && failure && failure.code == otp::Code::err_invalid_option));
    CHECK((failure.delivery == otp::Delivery::not_sent && failure.message == options.problem()));
    options.timeout(std::chrono::hours(1));
    CHECK(!otp::Client(options, failure));
    options.timeout(10min);
    CHECK((otp::Client(options, failure) && !failure));
}

TEST_CASE("plain http takes no proxy on another machine") {
    otp::Failure failure;
    otp::Options options;
    options.credentials("user", "password").proxy("http://proxy.example.com:3128").base_url("http://localhost:8080");
    CHECK((!otp::Client(options, failure) && failure.code == otp::Code::err_invalid_option));
    CHECK(failure.message.find("through a proxy on another machine") != std::string::npos);
    CHECK((otp::Client(options.proxy("http://127.0.0.1:3128"), failure) && !failure));
    CHECK((otp::Client(options.proxy("http://10.0.0.1:3128").allow_plain_http(true), failure) && !failure));
}

TEST_CASE("failures are told in full") {
    const otp::Client client = some_client();
    otp::Failure failure;
    CHECK(!client.request("no number", failure));
    CHECK((failure.code == otp::Code::err_invalid_mobile && failure.delivery == otp::Delivery::not_sent));
    CHECK((!failure.message.empty() && failure.service_message.empty() && failure.service_code == 0));
    CHECK((failure.http_status == 0 && !failure.retry_after && !failure.safe_to_retry));

    CHECK((!client.resend("", failure) && failure.code == otp::Code::err_invalid_argument));
    CHECK((!client.verify("id", "", failure) && failure.code == otp::Code::err_invalid_argument));
    CHECK((!client.balance(otp::Call().timeout(-1ms), failure) && failure.code == otp::Code::err_invalid_option));

    const otp::Verification verification = client.verify("id", "1234", failure);
    CHECK((failure.code == otp::Code::err_connect && failure.delivery == otp::Delivery::not_sent));
    CHECK(failure.safe_to_retry);
    CHECK((!verification && verification.status() == otp::Status::none));
    CHECK((verification.code() == otp::Code::err_connect && !verification.result()));
    CHECK((!otp::Verification() && otp::Verification().status() == otp::Status::none));
}

TEST_CASE("a text with a nul is refused and never cut") {
    const otp::Client client = some_client();
    otp::Failure failure;
    CHECK((!client.verify("id", "1234\0junk"sv, failure) && failure.code == otp::Code::err_invalid_argument));
    CHECK((!client.resend("id\0junk"sv, failure) && failure.code == otp::Code::err_invalid_argument));
    CHECK((!client.request("0812345678\0junk"sv, failure) && failure.code == otp::Code::err_invalid_mobile));
    const otp::Call call = std::move(otp::Call().callback_data("a\0b"sv));
    CHECK((!client.request("0812345678", call, failure) && failure.code == otp::Code::err_invalid_option));
    // Without a data pointer, and without an end of its own.
    CHECK(!client.verify(std::string_view(), "1234"sv.substr(0, 2), failure));
    CHECK(failure.code == otp::Code::err_invalid_argument);
}

TEST_CASE("moved from and empty objects are safe") {
    otp::Failure failure;
    otp::Client client = some_client();
    const otp::Client other = std::move(client);
    CHECK((other && !client)); // NOLINT: looking at it is the test
    CHECK((!client.request("0812345678", failure) && failure.code == otp::Code::err_invalid_argument));

    otp::Options options;
    const otp::Options taken = std::move(options);
    CHECK((!otp::Client(options.timeout(1s), failure) && failure.code == otp::Code::err_invalid_argument));

    const otp::Sent sent;
    const otp::Account account;
    CHECK((!sent && sent.otp_id().empty() && sent.reference_code().empty() && sent.message().empty()));
    CHECK((!account && account.type().empty() && account.credit().empty()));
}

TEST_CASE("codes are error codes") {
    const std::error_code code = otp::Code::code_expired;
    CHECK((code == otp::Code::code_expired && code.value() == 305 && code.category() == otp::category()));
    CHECK((code.message() == "The OTP code has expired." && code.category().name() == "ants-otp"sv));
    CHECK((!std::error_code(otp::Code::ok) && std::error_code(otp::Code::wrong_code)));
    CHECK(name(otp::Code::err_timeout) == "ANTS_OTP_ERR_TIMEOUT"sv);
    CHECK(user_text(otp::Code::code_expired, "th") != user_text(otp::Code::code_expired));
    CHECK(text(otp::Code::code_expired, "th") != text(otp::Code::code_expired));
    CHECK((advice(otp::Code::code_expired) != ""sv && otp::version() == std::string_view(ANTS_OTP_VERSION)));

    ants_otp_verification answer{};
    answer.is_expr_code = true;
    const otp::Verification expired(otp::Code::code_expired, answer);
    CHECK((!expired && expired.status() == otp::Status::expired && expired.is_expr_code()));
    CHECK((otp::Verification(otp::Code::ok, answer) && !otp::Verification(otp::Code::code_confirmed, answer)));
}

TEST_CASE("a fired cancel stops calls and may go first") {
    const otp::Client client = some_client();
    otp::Call call;
    {
        const otp::Cancel cancel;
        call.cancel(cancel);
        std::thread([&] { cancel.fire(); }).join();
    }
    otp::Failure failure;
    CHECK((!client.request("0812345678", call, failure) && failure.code == otp::Code::err_interrupted));
    CHECK(failure.delivery == otp::Delivery::not_sent);
}

TEST_CASE("log lines reach a function that outlives the options") {
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
    CHECK((lines.find("5678") != std::string::npos && lines.find("812345") == std::string::npos));
}

#if ANTS_OTP_EXCEPTIONS

template <class F> static otp::Code thrown_by(F call) {
    try {
        call();
    } catch (const otp::Error &error) {
        const otp::Error copy = error;
        CHECK((copy.what() == error.failure().message && *copy.what() != '\0'));
        CHECK((copy.code().category() == otp::category() && copy.delivery() == otp::Delivery::not_sent));
        return static_cast<otp::Code>(copy.code().value());
    }
    return otp::Code::ok;
}

TEST_CASE("the throwing forms throw") {
    const otp::Client client = some_client();
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

// What a call that does not block was told, and a wait for it.
template <class Result> class Told {
  public:
    auto done() {
        return [this](Result result, otp::Failure failure) {
            const std::lock_guard<std::mutex> lock(mutex_);
            results.push_back(std::move(result));
            failures.push_back(std::move(failure));
            changed_.notify_all();
        };
    }
    void wait(std::size_t count) {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return results.size() == count; });
    }
    std::vector<Result> results;
    std::vector<otp::Failure> failures;

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
};

TEST_CASE("calls that do not block tell their callable once") {
    Told<otp::Sent> sent;
    Told<otp::Verification> verification;
    Told<otp::Account> account;
    const otp::Client client = some_client();
    otp::Failure failure;
    CHECK(client.request_async("0812345678", otp::Call(), sent.done(), failure));
    CHECK(client.request_async("no number", otp::Call(), sent.done(), failure));
    CHECK(client.resend_async("id", otp::Call(), sent.done(), failure));
    CHECK(client.verify_async("id", "1234", otp::Call(), verification.done(), failure));
    CHECK(client.balance_async(otp::Call(), account.done(), failure));
    CHECK(!failure);
    sent.wait(3);
    verification.wait(1);
    account.wait(1);
    for (const otp::Failure &told : sent.failures)
        CHECK((told.code == otp::Code::err_connect || told.code == otp::Code::err_invalid_mobile));
    CHECK(!verification.results[0]);
    CHECK(verification.failures[0].code == otp::Code::err_connect);
    CHECK(!account.results[0]);
}

TEST_CASE("a callable that owns what it captures is freed, called or not") {
    const auto owned = std::make_shared<int>(0);
    otp::Failure failure;
    {
        const otp::Client client = some_client();
        auto done = [owned, only = std::make_unique<int>(1)](otp::Sent, otp::Failure) { *owned += *only; };
        CHECK(client.request_async("0812345678", otp::Call(), std::move(done), failure));
    } // the client waits for its calls
    CHECK(*owned == 1);
    CHECK(owned.use_count() == 1);
    otp::Client client = some_client();
    const otp::Client other = std::move(client);
    CHECK(!client.request_async("0812345678", otp::Call(), [owned](otp::Sent, otp::Failure) { ++*owned; }, failure));
    CHECK(failure.code == otp::Code::err_invalid_argument);
    CHECK(*owned == 1);
    CHECK(owned.use_count() == 1);
}

TEST_CASE("codes belong to classes and to std::errc") {
    const auto is = [](otp::Code code, auto condition) { return std::error_code(code) == condition; };
    CHECK(is(otp::Code::rate_limited, otp::ErrorClass::refused));
    CHECK(is(otp::Code::rate_limited, otp::ErrorClass::retryable));
    CHECK(!is(otp::Code::rate_limited, otp::ErrorClass::transport));
    CHECK(is(otp::Code::err_timeout, otp::ErrorClass::transport));
    CHECK(is(otp::Code::err_timeout, otp::ErrorClass::retryable));
    CHECK(is(otp::Code::err_timeout, std::errc::timed_out));
    CHECK(is(otp::Code::err_tls, otp::ErrorClass::transport));
    CHECK(!is(otp::Code::err_tls, otp::ErrorClass::retryable));
    CHECK(is(otp::Code::authentication_failed, otp::ErrorClass::refused));
    CHECK(!is(otp::Code::authentication_failed, otp::ErrorClass::retryable));
    CHECK(is(otp::Code::err_invalid_mobile, std::errc::invalid_argument));
    CHECK(is(otp::Code::err_interrupted, std::errc::operation_canceled));
    for (const auto which : {otp::ErrorClass::refused, otp::ErrorClass::transport, otp::ErrorClass::retryable}) {
        CHECK(!is(otp::Code::ok, which));
        CHECK(!is(otp::Code::err_invalid_argument, which));
        CHECK(std::make_error_code(std::errc::timed_out) != which);
        CHECK(!make_error_condition(which).message().empty());
    }
}

TEST_CASE("delivery reports are read") {
    otp::Failure failure;
    const auto body = R"({"bulkId":"b1","callbackData":"order 7","details":[
        {"messageId":"m1","to":"66812345678","from":"ANTS","text":"Your OTP is 79895","credit":1.50,
         "sendDate":"2021-01-01 10:00:00","doneDate":"2021-01-01 10:00:05",
         "status":{"code":"000","name":"DELIVERED","description":"Delivered"}},
        {"messageId":"m2","to":"66812345679","status":{"name":"EXPIRED"}}]})"sv;
    const otp::DeliveryReports reports = otp::parse_delivery_report(body, "application/json", failure);
    CHECK(!failure);
    CHECK(reports.size() == 2);
    const auto first = reports[0];
    CHECK(first.is_delivered());
    CHECK(first.text() == "Your OTP is 79895");
    CHECK(first.credit() == "1.50");
    CHECK(first.bulk_id() == "b1");
    CHECK(first.from() == "ANTS");
    CHECK(first.sent_date() < first.done_date());
    CHECK(first.status_code() == "000");
    CHECK(first.status_description() == "Delivered");
    std::string seen;
    for (const auto report : reports)
        seen.append(report.message_id())
            .append(report.to())
            .append(report.status_name())
            .append(report.callback_data());
    CHECK(seen == "m166812345678DELIVEREDorder 7m266812345679EXPIREDorder 7");
    CHECK(!reports[2].is_delivered());
    CHECK(reports[2].to().empty());

    for (const auto bad : {""sv, "{}"sv, "no report"sv, "<!DOCTYPE a><details><to>1</to></details>"sv}) {
        CHECK(otp::parse_delivery_report(bad, "", failure).empty());
        CHECK(failure.code == otp::Code::err_bad_answer);
    }
    CHECK(otp::parse_delivery_report(std::string_view(), {}, failure).empty());
    CHECK(otp::DeliveryReports().empty());
    CHECK(otp::DeliveryReports().capi() == nullptr);
}
