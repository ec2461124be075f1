// ants_otp.hpp: confirm a person's mobile number with a one-time password (OTP) that the ANTS service sends by SMS.
//
//     ants::otp::Options options;
//     options.credentials("user", "password").otc_id("0DC8E7AD-0168-440C-AF10-BF556B164D83");
//     const ants::otp::Client client(options);
//
//     const ants::otp::Sent otp = client.request("081-234-5678");
//     std::cout << "code for " << otp.reference_code() << "? ";
//     if (client.verify(otp, read_line()))
//         std::cout << "verified\n";
//
// C++17, header only, over ants_otp.h; link with -lants_otp. It works without exceptions and without RTTI.
//
// Each call has two forms, as in <filesystem>: one throws Error; one takes a Failure &, is noexcept and, where it
// fails, gives an empty Sent, an empty Account or a Verification that is false. Without exceptions there is only the
// second.
//
// Objects own what they hold, move, and free it by themselves. A moved-from or empty object is safe to use: its texts
// are
// "", and calls on it fail with Code::err_invalid_argument. The conventions of ants_otp.h hold here too: a const Client
// may be used from many threads at once; Options and Call belong to one thread while they are set; a failed allocation
// ends the program, also in what is noexcept.

#ifndef ANTS_OTP_HPP
#define ANTS_OTP_HPP

#include "ants_otp.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#if !(__cplusplus >= 201703L || (defined(_MSVC_LANG) && _MSVC_LANG >= 201703L))
#error "ants_otp.hpp needs C++17"
#endif

#if defined(__cpp_exceptions)
#define ANTS_OTP_EXCEPTIONS 1
#else
#define ANTS_OTP_EXCEPTIONS 0
#endif

namespace ants::otp {

// ---------------------------------------------------------------------------------------------------------------------
// Codes

/// What came of a call: the codes of ants_otp.h in small letters. A std::error_code holds one.
enum class Code : int {
    ok = ANTS_OTP_OK,
    wrong_code = ANTS_OTP_WRONG_CODE,
    refused = ANTS_OTP_REFUSED,
    invalid_otp_config = ANTS_OTP_INVALID_OTP_CONFIG,
    number_prefix_missing = ANTS_OTP_NUMBER_PREFIX_MISSING,
    no_data_available = ANTS_OTP_NO_DATA_AVAILABLE,
    over_limit_usage = ANTS_OTP_OVER_LIMIT_USAGE,
    code_expired = ANTS_OTP_CODE_EXPIRED,
    code_confirmed = ANTS_OTP_CODE_CONFIRMED,
    invalid_number = ANTS_OTP_INVALID_NUMBER,
    rate_limited = ANTS_OTP_RATE_LIMITED,
    credit_not_enough = ANTS_OTP_CREDIT_NOT_ENOUGH,
    bad_request = ANTS_OTP_BAD_REQUEST,
    authentication_failed = ANTS_OTP_AUTHENTICATION_FAILED,
    exception = ANTS_OTP_EXCEPTION,
    err_invalid_argument = ANTS_OTP_ERR_INVALID_ARGUMENT,
    err_invalid_mobile = ANTS_OTP_ERR_INVALID_MOBILE,
    err_invalid_option = ANTS_OTP_ERR_INVALID_OPTION,
    err_resolve = ANTS_OTP_ERR_RESOLVE,
    err_connect = ANTS_OTP_ERR_CONNECT,
    err_tls = ANTS_OTP_ERR_TLS,
    err_proxy = ANTS_OTP_ERR_PROXY,
    err_timeout = ANTS_OTP_ERR_TIMEOUT,
    err_connection_lost = ANTS_OTP_ERR_CONNECTION_LOST,
    err_interrupted = ANTS_OTP_ERR_INTERRUPTED,
    err_http_status = ANTS_OTP_ERR_HTTP_STATUS,
    err_bad_answer = ANTS_OTP_ERR_BAD_ANSWER,
    err_internal = ANTS_OTP_ERR_INTERNAL,
};

/// The name of a code as it stands in ants_otp.h, such as "ANTS_OTP_CODE_EXPIRED".
inline const char *name(Code code) noexcept { return ants_otp_code_name(static_cast<int>(code)); }

/// What happened, for developers and logs, in English ("en") or Thai ("th"). Show people user_text().
inline const char *text(Code code, const char *language = "en") noexcept {
    return ants_otp_code_text(static_cast<int>(code), language);
}

/// What to show people: what that person can do. All that they cannot mend is one sentence.
inline const char *user_text(Code code, const char *language = "en") noexcept {
    return ants_otp_code_user_text(static_cast<int>(code), language);
}

/// What a developer or operator can do about a code, in English.
inline const char *advice(Code code) noexcept { return ants_otp_code_advice(static_cast<int>(code)); }

/// The version of the library in use.
inline const char *version() noexcept { return ants_otp_version(); }

/// The category of the codes, "ants-otp". Codes that mean the same as one of std::errc are equal to it.
inline const std::error_category &category() noexcept {
    class Category final : public std::error_category {
      public:
        const char *name() const noexcept override { return "ants-otp"; }
        std::string message(int code) const override { return ants_otp_code_text(code, "en"); }
        std::error_condition default_error_condition(int code) const noexcept override {
            switch (static_cast<Code>(code)) {
            case Code::err_invalid_argument:
            case Code::err_invalid_mobile:
            case Code::err_invalid_option:
                return std::errc::invalid_argument;
            case Code::err_timeout:
                return std::errc::timed_out;
            case Code::err_connection_lost:
                return std::errc::connection_reset;
            case Code::err_interrupted:
                return std::errc::operation_canceled;
            default:
                return {code, *this};
            }
        }
    };
    static const Category category;
    return category;
}

/// For std::error_code, which finds it by this name.
inline std::error_code make_error_code(Code code) noexcept { return {static_cast<int>(code), category()}; }

/// What codes have in common, to be compared with a std::error_code: `if (failure.code == ErrorClass::transport)`. A
/// code can belong to two of them.
enum class ErrorClass : int {
    /// The service said no.
    refused = 1,
    /// There is no answer that can be used: the service was not reached, or not understood.
    transport,
    /// The same call may succeed later. Only Delivery::not_sent means that it cannot send a second SMS.
    retryable,
};

/// The category of the classes, "ants-otp-class".
inline const std::error_category &class_category() noexcept {
    class Category final : public std::error_category {
      public:
        const char *name() const noexcept override { return "ants-otp-class"; }
        std::string message(int which) const override {
            switch (static_cast<ErrorClass>(which)) {
            case ErrorClass::refused:
                return "The service refused.";
            case ErrorClass::transport:
                return "There is no answer that can be used.";
            case ErrorClass::retryable:
                return "The same call may succeed later.";
            }
            return "Unknown class.";
        }
        bool equivalent(const std::error_code &code, int which) const noexcept override {
            if (code.category() != category())
                return false;
            switch (static_cast<ErrorClass>(which)) {
            case ErrorClass::refused:
                return code.value() > 0;
            case ErrorClass::transport:
                return is_transport(static_cast<Code>(code.value()));
            case ErrorClass::retryable:
                return is_retryable(static_cast<Code>(code.value()));
            }
            return false;
        }

      private:
        static bool is_transport(Code code) noexcept {
            return is_retryable_transport(code) || code == Code::err_tls || code == Code::err_bad_answer;
        }
        static bool is_retryable(Code code) noexcept {
            return is_retryable_transport(code) || code == Code::rate_limited || code == Code::exception;
        }
        static bool is_retryable_transport(Code code) noexcept {
            return code == Code::err_resolve || code == Code::err_connect || code == Code::err_proxy ||
                   code == Code::err_timeout || code == Code::err_connection_lost || code == Code::err_http_status;
        }
    };
    static const Category category;
    return category;
}

/// For std::error_condition, which finds it by this name.
inline std::error_condition make_error_condition(ErrorClass which) noexcept {
    return {static_cast<int>(which), class_category()};
}

/// Whether a request can have reached the service.
enum class Delivery : int {
    /// It may have been carried out: an SMS may be on its way.
    unknown = ANTS_OTP_DELIVERY_UNKNOWN,
    /// No byte of it was sent: calling again cannot send a second SMS.
    not_sent = ANTS_OTP_DELIVERY_NOT_SENT,
    /// The service answered.
    answered = ANTS_OTP_DELIVERY_ANSWERED,
};

/// How much a log line matters.
enum class LogLevel : int {
    warning = ANTS_OTP_LOG_WARNING,
    info = ANTS_OTP_LOG_INFO,
    debug = ANTS_OTP_LOG_DEBUG,
};

// ---------------------------------------------------------------------------------------------------------------------
// Errors

/// Why a call failed. Holds no secret: it can be logged as it is.
struct Failure {
    /// A Code; false where nothing failed.
    std::error_code code;
    /// Whether the request can have reached the service.
    Delivery delivery = Delivery::unknown;
    /// Whether nothing was sent and the same call may end otherwise a moment later: what a retry should ask.
    bool safe_to_retry = false;
    /// An English sentence or two: what happened and, where it can be told, what to change.
    std::string message;
    /// The service's own words, or "".
    std::string service_message;
    std::string service_description;
    /// The number that the service sent, also one that Code does not list; 0 where it sent none.
    int service_code = 0;
    /// The HTTP status of the answer; 0 where there was no answer.
    int http_status = 0;
    /// How long the service asks to wait before the next call.
    std::optional<std::chrono::milliseconds> retry_after;

    /// Whether there is a failure.
    explicit operator bool() const noexcept { return static_cast<bool>(code); }
};

#if ANTS_OTP_EXCEPTIONS

/// A Failure that is thrown. what() is its message, code() its code.
class Error : public std::system_error {
  public:
    explicit Error(Failure failure)
        : std::system_error(failure.code), failure_(std::make_shared<const Failure>(std::move(failure))) {}

    const char *what() const noexcept override { return failure_->message.c_str(); }
    const Failure &failure() const noexcept { return *failure_; }
    Delivery delivery() const noexcept { return failure_->delivery; }
    bool safe_to_retry() const noexcept { return failure_->safe_to_retry; }
    const std::string &service_message() const noexcept { return failure_->service_message; }
    const std::string &service_description() const noexcept { return failure_->service_description; }
    int service_code() const noexcept { return failure_->service_code; }
    int http_status() const noexcept { return failure_->http_status; }
    std::optional<std::chrono::milliseconds> retry_after() const noexcept { return failure_->retry_after; }

  private:
    // Shared, so that copying the exception cannot throw.
    std::shared_ptr<const Failure> failure_;
};

#endif

// ---------------------------------------------------------------------------------------------------------------------
// What the classes share

namespace detail {

/// Frees a C object with its own function.
template <auto Free> struct Deleter {
    template <class T> void operator()(T *object) const noexcept { Free(object); }
};

template <class T, auto Free> using Handle = std::unique_ptr<T, Deleter<Free>>;

using ErrorHandle = Handle<ants_otp_error, ants_otp_error_free>;

/// A text for C, which ends at the first NUL: a NUL within becomes a control character, so that the text is refused and
/// never cut. The copy is wiped when it goes, since it may be a password or an OTP code.
class Text {
  public:
    explicit Text(std::string_view text) : text_(text) {
        for (char &c : text_) {
            if (c == '\0')
                c = '\1';
        }
    }
    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;
    ~Text() {
        volatile char *bytes = text_.data();
        for (std::size_t i = 0; i < text_.size(); i++)
            bytes[i] = '\0';
    }
    operator const char *() const noexcept { return text_.c_str(); }

  private:
    std::string text_;
};

/// What C's code and error object say; the object is freed.
inline Failure failure(int code, ants_otp_error *object) {
    const ErrorHandle error(object);
    Failure failure;
    failure.code = make_error_code(static_cast<Code>(code));
    if (code == ANTS_OTP_OK)
        return failure;
    failure.delivery = static_cast<Delivery>(ants_otp_error_delivery(object));
    failure.safe_to_retry = ants_otp_error_safe_to_retry(object);
    failure.message = ants_otp_error_message(object);
    failure.service_message = ants_otp_error_service_message(object);
    failure.service_description = ants_otp_error_service_description(object);
    failure.service_code = ants_otp_error_service_code(object);
    failure.http_status = ants_otp_error_http_status(object);
    if (const auto wait = ants_otp_error_retry_after_ms(object); wait >= 0)
        failure.retry_after = std::chrono::milliseconds(wait);
    return failure;
}

#if ANTS_OTP_EXCEPTIONS

/// The throwing form of a call: the noexcept form, and its failure thrown.
template <class Call> auto or_throw(Call call) {
    Failure failure;
    auto result = call(failure);
    if (failure)
        throw Error(std::move(failure));
    return result;
}

#endif

} // namespace detail

// ---------------------------------------------------------------------------------------------------------------------
// Results

/// An OTP that the service has taken for sending. Holds no secret: the code itself is only in the SMS. Its texts end
/// with NUL and live as long as it.
class [[nodiscard]] Sent {
  public:
    /// An empty one, as a failed call gives.
    Sent() noexcept = default;
    /// Takes what ants_otp_request() gave.
    explicit Sent(ants_otp_sent *handle) noexcept : handle_(handle) {}

    /// Whether there is one.
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// The id to verify and to resend; after a resend it may be another.
    std::string_view otp_id() const & noexcept { return ants_otp_sent_otp_id(handle_.get()); }
    /// The OTP configuration used.
    std::string_view otc_id() const & noexcept { return ants_otp_sent_otc_id(handle_.get()); }
    /// Shown to the person, who finds the right SMS by it; "" where the answer had none.
    std::string_view reference_code() const & noexcept { return ants_otp_sent_reference_code(handle_.get()); }
    /// The service's words beside the answer, usually "success".
    std::string_view message() const & noexcept { return ants_otp_sent_message(handle_.get()); }
    /// The service's description beside the answer, often "".
    std::string_view description() const & noexcept { return ants_otp_sent_description(handle_.get()); }

    // A text of an object that is about to go would dangle: keep the Sent.
    std::string_view otp_id() const && = delete;
    std::string_view otc_id() const && = delete;
    std::string_view reference_code() const && = delete;
    std::string_view message() const && = delete;
    std::string_view description() const && = delete;

    const ants_otp_sent *capi() const noexcept { return handle_.get(); }

  private:
    detail::Handle<ants_otp_sent, ants_otp_sent_free> handle_;
};

/// An otp id as an argument: a Sent, or the id's text, kept between two requests of a web application for instance. It
/// refers to what it was made from.
class OtpId {
  public:
    OtpId(const Sent &sent) noexcept : otp_id_(sent.otp_id()), otc_id_(sent.otc_id()) {}
    template <class T, class = std::enable_if_t<std::is_convertible_v<const T &, std::string_view>>>
    OtpId(const T &otp_id) noexcept : otp_id_(otp_id) {}

    std::string_view otp_id() const noexcept { return otp_id_; }
    /// The OTP configuration it belongs to, where that is known: a resend sends it along.
    std::string_view otc_id() const noexcept { return otc_id_; }

  private:
    std::string_view otp_id_;
    std::string_view otc_id_;
};

/// How a verification ended.
enum class Status {
    /// There is no verdict: the call failed.
    none,
    /// The code is right: the person holds the mobile number.
    verified,
    /// The code is wrong; the person may try again.
    wrong_code,
    /// Too many wrong tries: request a new OTP.
    over_limit,
    /// The code's time is over: request or resend an OTP.
    expired,
    /// This OTP was confirmed before; it verifies nobody a second time.
    already_confirmed,
};

/// The service's verdict on a verify. True only when the person is verified.
class [[nodiscard]] Verification {
  public:
    /// No verdict.
    Verification() noexcept = default;
    /// The verdict that ants_otp_verify() returned, and what it filled in.
    Verification(Code code, const ants_otp_verification &answer) noexcept : code_(code), answer_(answer) {}

    /// Whether the person is verified: the one question that decides.
    explicit operator bool() const noexcept { return status() == Status::verified; }

    /// How the verification ended.
    Status status() const noexcept {
        switch (code_) {
        case Code::ok:
            return Status::verified;
        case Code::wrong_code:
            return Status::wrong_code;
        case Code::over_limit_usage:
            return Status::over_limit;
        case Code::code_expired:
            return Status::expired;
        case Code::code_confirmed:
            return Status::already_confirmed;
        default:
            return Status::none;
        }
    }

    /// The same as a code; without a verdict, why there is none.
    Code code() const noexcept { return code_; }
    /// `result` as the service said it. Not the verdict: a flag beside it may say otherwise.
    bool result() const noexcept { return answer_.result; }
    /// Too many wrong tries.
    bool is_error_count() const noexcept { return answer_.is_error_count; }
    /// The code's time is over.
    bool is_expr_code() const noexcept { return answer_.is_expr_code; }

  private:
    Code code_ = Code::err_internal;
    ants_otp_verification answer_{};
};

/// The account behind the credentials, and its credit. Its texts end with NUL and live as long as it.
class [[nodiscard]] Account {
  public:
    /// An empty one, as a failed call gives.
    Account() noexcept = default;
    /// Takes what ants_otp_balance() gave.
    explicit Account(ants_otp_account *handle) noexcept : handle_(handle) {}

    /// Whether there is one.
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// "prepaid" or "postpaid", as the service wrote it.
    std::string_view type() const & noexcept { return ants_otp_account_type(handle_.get()); }
    /// The credit as exact decimal text, such as "100.50": money is no floating-point number.
    std::string_view credit() const & noexcept { return ants_otp_account_credit(handle_.get()); }

    // A text of an object that is about to go would dangle: keep the Account.
    std::string_view type() const && = delete;
    std::string_view credit() const && = delete;

    const ants_otp_account *capi() const noexcept { return handle_.get(); }

  private:
    detail::Handle<ants_otp_account, ants_otp_account_free> handle_;
};

namespace detail {

/// What C calls when a call has ended that does not block: hands the result and the failure to the callable, once. That
/// it is noexcept makes an exception end the program here, and not inside C.
template <class Result, class Handle, class Done>
void tell(int code, Handle *handle, ants_otp_error *error, void *self) noexcept {
    const std::unique_ptr<Done> done(static_cast<Done *>(self));
    if constexpr (std::is_same_v<Result, Verification>) {
        const Verification verification(static_cast<Code>(code), *handle);
        Failure found = failure(code, error);
        (*done)(verification, verification.status() == Status::none ? std::move(found) : Failure());
    } else {
        (*done)(Result(handle), failure(code, error));
    }
}

} // namespace detail

// ---------------------------------------------------------------------------------------------------------------------
// Options

/// Options of a client, set in a chain. A value that cannot work is remembered, and making a Client fails with it, in a
/// sentence, until the same option is set well.
class Options {
  public:
    /// Takes log lines. It may be called from several threads at once; what it throws is dropped.
    using Log = std::function<void(LogLevel, std::string_view)>;

    Options() : handle_(ants_otp_options_new()) {}

    /// User name and password (HTTP Basic). The user name cannot hold a colon.
    Options &credentials(std::string_view user, std::string_view password) {
        return set(ants_otp_options_set_credentials, detail::Text(user), detail::Text(password));
    }
    /// A bearer token instead of user name and password; "Basic …" and "Bearer …" are sent with that scheme.
    Options &token(std::string_view token) { return set(ants_otp_options_set_token, detail::Text(token)); }
    /// The OTP configuration (otcId) of calls that do not name one.
    Options &otc_id(std::string_view otc_id) { return set(ants_otp_options_set_otc_id, detail::Text(otc_id)); }
    /// The service's address. http:// is taken for loopback only, or with allow_plain_http().
    Options &base_url(std::string_view url) { return set(ants_otp_options_set_base_url, detail::Text(url)); }
    /// Takes what is not set from the environment (ANTS_OTP_USERNAME, ...), and nothing in a privileged program: see
    /// ants_otp_options_load_env(). Last in the chain.
    Options &load_env() { return set(ants_otp_options_load_env); }
    /// The deadline of a call: 1 ms to 600 s, 15 s if not set.
    Options &timeout(std::chrono::milliseconds time) { return set(ants_otp_options_set_timeout_ms, time.count()); }
    /// How much of the deadline a connection may take to be made: 1 ms to 600 s, 5 s if not set.
    Options &connect_timeout(std::chrono::milliseconds time) {
        return set(ants_otp_options_set_connect_timeout_ms, time.count());
    }
    /// The country of mobile numbers in national form, such as 081...: its calling code, "66" if not set.
    Options &country_code(std::string_view code) { return set(ants_otp_options_set_country_code, detail::Text(code)); }
    /// A PEM file of certificates to trust beside the roots. Single ones that cannot be used are left out with a log
    /// line.
    Options &ca_file(std::string_view path) { return set(ants_otp_options_set_ca_file, detail::Text(path)); }
    /// Which roots are trusted: "bundled" (the default), "system", or "none" but ca_file.
    Options &root_certificates(std::string_view which) {
        return set(ants_otp_options_set_root_certificates, detail::Text(which));
    }
    /// The client's own certificate chain and key (PEM files).
    Options &client_certificate(std::string_view cert_file, std::string_view key_file) {
        return set(ants_otp_options_set_client_certificate, detail::Text(cert_file), detail::Text(key_file));
    }
    /// A proxy: http://, https://, socks5:// or socks5h://, with user:password@ if it asks. With an http:// base URL it
    /// must be on this machine, or plain HTTP be allowed.
    Options &proxy(std::string_view url) { return set(ants_otp_options_set_proxy, detail::Text(url)); }
    /// Whether the proxy is taken from HTTPS_PROXY or ALL_PROXY, where none is set. Not for a base URL on this machine.
    Options &proxy_from_env(bool on) { return set(ants_otp_options_set_proxy_from_env, on); }
    /// Whether http:// is taken to hosts that are not loopback, or through a proxy that is not, unencrypted.
    Options &allow_plain_http(bool on) { return set(ants_otp_options_set_allow_plain_http, on); }
    /// How many idle connections are kept: 0 to 4096; if not set, 64, or as many as there are threads for asynchronous
    /// calls if they are more.
    Options &max_idle_connections(int count) { return set(ants_otp_options_set_max_idle_connections, count); }
    /// How long an idle connection is kept: 1 ms to 600 s, 30 s if not set.
    Options &idle_timeout(std::chrono::milliseconds time) {
        return set(ants_otp_options_set_idle_timeout_ms, time.count());
    }
    /// How often a call is tried again while nothing of it was sent: 0 to 2, 2 if not set.
    Options &max_retries(int count) { return set(ants_otp_options_set_max_retries, count); }
    /// The User-Agent header: visible ASCII.
    Options &user_agent(std::string_view text) { return set(ants_otp_options_set_user_agent, detail::Text(text)); }
    /// How many threads serve calls that do not block: 1 to 1024, 64 if not set.
    Options &async_threads(int count) { return set(ants_otp_options_set_async_threads, count); }
    /// Where log lines go; an empty function ends logging. Clients made from here keep the function alive.
    Options &log(Log write) {
        if (!write) {
            log_.reset();
            return set(ants_otp_options_set_log, nullptr, nullptr);
        }
        log_ = std::make_shared<Log>(std::move(write));
        return set(ants_otp_options_set_log, &Options::write_line, log_.get());
    }

    /// The newest refused setting that stands, in a sentence; "" if there is none.
    std::string problem() const { return ants_otp_options_problem(handle_.get()); }

    const ants_otp_options *capi() const noexcept { return handle_.get(); }

  private:
    friend class Client;

    /// A refusal is remembered by the object, so the return need not be looked at.
    template <class... Parameters, class... Arguments>
    Options &set(int (*setter)(ants_otp_options *, Parameters...), Arguments &&...arguments) {
        static_cast<void>(setter(handle_.get(), std::forward<Arguments>(arguments)...));
        return *this;
    }

    static void write_line(int level, const char *line, void *log) noexcept {
#if ANTS_OTP_EXCEPTIONS
        try {
            (*static_cast<const Log *>(log))(static_cast<LogLevel>(level), line);
        } catch (...) {
        }
#else
        (*static_cast<const Log *>(log))(static_cast<LogLevel>(level), line);
#endif
    }

    // The function is freed after the C object that refers to it.
    std::shared_ptr<Log> log_;
    detail::Handle<ants_otp_options, ants_otp_options_free> handle_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Options of one call

/// Stops the calls that it is set on, from any thread, once and for all.
class Cancel {
  public:
    Cancel() : handle_(ants_otp_cancel_new()) {}

    /// Ends every call that it is set on with Code::err_interrupted.
    void fire() const noexcept { ants_otp_cancel_fire(handle_.get()); }

    const ants_otp_cancel *capi() const noexcept { return handle_.get(); }

  private:
    detail::Handle<ants_otp_cancel, ants_otp_cancel_free> handle_;
};

/// Options of one call, set in a chain; what is not set is the client's, or left out of the request. A value that
/// cannot work is remembered, and the call it is used for fails with it before anything is sent.
class Call {
  public:
    /// No options.
    Call() noexcept = default;

    /// The OTP configuration (otcId) of this call instead of the client's.
    Call &otc_id(std::string_view otc_id) { return set(ants_otp_call_set_otc_id, detail::Text(otc_id)); }
    /// The deadline of this call instead of the client's: 1 ms to 600 s.
    Call &timeout(std::chrono::milliseconds time) { return set(ants_otp_call_set_timeout_ms, time.count()); }
    /// Where the service posts its delivery report: an http or https URL that it can reach.
    Call &notify_url(std::string_view url) { return set(ants_otp_call_set_notify_url, detail::Text(url)); }
    /// The form of the delivery report: "application/json" or "application/xml".
    Call &notify_content_type(std::string_view type) {
        return set(ants_otp_call_set_notify_content_type, detail::Text(type));
    }
    /// Text that comes back with the delivery report: at most 4096 bytes, and no NUL.
    Call &callback_data(std::string_view data) {
        // Control characters are taken here, so a NUL cannot be refused as one.
        if (data.find('\0') != std::string_view::npos)
            return set(ants_otp_call_set_callback_data, nullptr);
        return set(ants_otp_call_set_callback_data, detail::Text(data));
    }
    /// Whether the mobile number is sent untouched instead of in the form 66...
    Call &mobile_as_given(bool on) { return set(ants_otp_call_set_mobile_as_given, on); }
    /// Lets `cancel` end the call from another thread. It may go before the call does.
    Call &cancel(const Cancel &cancel) { return set(ants_otp_call_set_cancel, cancel.capi()); }

    /// NULL while nothing is set.
    const ants_otp_call *capi() const noexcept { return handle_.get(); }

  private:
    /// A refusal is remembered by the object, so the return need not be looked at.
    template <class... Parameters, class... Arguments>
    Call &set(int (*setter)(ants_otp_call *, Parameters...), Arguments &&...arguments) {
        if (!handle_)
            handle_.reset(ants_otp_call_new());
        static_cast<void>(setter(handle_.get(), std::forward<Arguments>(arguments)...));
        return *this;
    }

    detail::Handle<ants_otp_call, ants_otp_call_free> handle_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Client

/// A client of the OTP service. One serves a whole program, and may be used from any number of threads at once.
class Client {
  public:
    /// A client; an empty one with a failure where the options cannot work.
    Client(const Options &options, Failure &failure) noexcept : log_(options.log_) {
        ants_otp_client *client = nullptr;
        ants_otp_error *error = nullptr;
        const int code = ants_otp_client_new(options.capi(), &client, &error);
        failure = detail::failure(code, error);
        handle_.reset(client);
    }

    /// Whether there is one.
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// Asks the service to send an OTP by SMS to `mobile`: 081-234-5678, +66 81 234 5678 or alike, as
    /// people paste it; a number is certainly right or refused.
    Sent request(std::string_view mobile, const Call &call, Failure &failure) const noexcept {
        ants_otp_sent *sent = nullptr;
        ants_otp_error *error = nullptr;
        const int code = ants_otp_request(handle_.get(), detail::Text(mobile), call.capi(), &sent, &error);
        failure = detail::failure(code, error);
        return Sent(sent);
    }
    Sent request(std::string_view mobile, Failure &failure) const noexcept { return request(mobile, Call(), failure); }

    /// Asks the service to send an OTP again. Go on with the new Sent: its otp id may be another. Without options, the
    /// OTP configuration of a Sent is sent along; with options, theirs or the client's.
    Sent resend(const OtpId &otp, const Call &call, Failure &failure) const noexcept {
        ants_otp_sent *sent = nullptr;
        ants_otp_error *error = nullptr;
        const int code = ants_otp_resend(handle_.get(), detail::Text(otp.otp_id()), call.capi(), &sent, &error);
        failure = detail::failure(code, error);
        return Sent(sent);
    }
    Sent resend(const OtpId &otp, Failure &failure) const noexcept {
        Call call;
        if (!otp.otc_id().empty())
            call.otc_id(otp.otc_id());
        return resend(otp, call, failure);
    }

    /// Asks the service to send the newest OTP of an OTP configuration again: that of the call or the client.
    Sent resend_newest(const Call &call, Failure &failure) const noexcept {
        ants_otp_sent *sent = nullptr;
        ants_otp_error *error = nullptr;
        const int code = ants_otp_resend(handle_.get(), nullptr, call.capi(), &sent, &error);
        failure = detail::failure(code, error);
        return Sent(sent);
    }
    Sent resend_newest(Failure &failure) const noexcept { return resend_newest(Call(), failure); }

    /// Asks the service whether `otp_code` is the code it sent. Verified, wrong, expired, over limit and already
    /// confirmed are a Verification and no failure; everything else is a failure, and the Verification is false.
    Verification verify(const OtpId &otp, std::string_view otp_code, const Call &call,
                        Failure &failure) const noexcept {
        ants_otp_verification answer{};
        ants_otp_error *error = nullptr;
        const int code = ants_otp_verify(handle_.get(), detail::Text(otp.otp_id()), detail::Text(otp_code), call.capi(),
                                         &answer, &error);
        const Verification verification(static_cast<Code>(code), answer);
        const bool verdict = verification.status() != Status::none;
        Failure found = detail::failure(code, error);
        failure = verdict ? Failure() : std::move(found);
        return verification;
    }
    Verification verify(const OtpId &otp, std::string_view otp_code, Failure &failure) const noexcept {
        return verify(otp, otp_code, Call(), failure);
    }

    /// The account's type and credit. It costs nothing, so it is the way to test credentials.
    Account balance(const Call &call, Failure &failure) const noexcept {
        ants_otp_account *account = nullptr;
        ants_otp_error *error = nullptr;
        const int code = ants_otp_balance(handle_.get(), call.capi(), &account, &error);
        failure = detail::failure(code, error);
        return Account(account);
    }
    Account balance(Failure &failure) const noexcept { return balance(Call(), failure); }

    // Calls that do not block, for programs with an event loop: each is begun at once, carried out on a thread of the
    // client, and tells `done`, anything that takes the result and a Failure: `done(Sent, Failure)`. They return
    // whether the call was begun; then `done` is called once, on a thread of the client, else never. `done` should only
    // hand its news over, and must not throw: that ends the program. The end of ants_otp.h says more on order, time and
    // threads. When the client goes, it first ends those calls.

    /// Begins a request: `done(Sent, Failure)`.
    template <class Done>
    bool request_async(std::string_view mobile, const Call &call, Done done, Failure &failure) const noexcept {
        return begin<Sent, ants_otp_sent>(std::move(done), failure, [&](auto tell, void *self, ants_otp_error **error) {
            return ants_otp_request_async(handle_.get(), detail::Text(mobile), call.capi(), tell, self, error);
        });
    }
    /// Begins a resend: `done(Sent, Failure)`. As resend() with options.
    template <class Done>
    bool resend_async(const OtpId &otp, const Call &call, Done done, Failure &failure) const noexcept {
        return begin<Sent, ants_otp_sent>(std::move(done), failure, [&](auto tell, void *self, ants_otp_error **error) {
            return ants_otp_resend_async(handle_.get(), detail::Text(otp.otp_id()), call.capi(), tell, self, error);
        });
    }
    /// Begins a verify: `done(Verification, Failure)`.
    template <class Done>
    bool verify_async(const OtpId &otp, std::string_view otp_code, const Call &call, Done done,
                      Failure &failure) const noexcept {
        return begin<Verification, const ants_otp_verification>(
            std::move(done), failure, [&](auto tell, void *self, ants_otp_error **error) {
                return ants_otp_verify_async(handle_.get(), detail::Text(otp.otp_id()), detail::Text(otp_code),
                                             call.capi(), tell, self, error);
            });
    }
    /// Begins a balance call: `done(Account, Failure)`.
    template <class Done> bool balance_async(const Call &call, Done done, Failure &failure) const noexcept {
        return begin<Account, ants_otp_account>(
            std::move(done), failure, [&](auto tell, void *self, ants_otp_error **error) {
                return ants_otp_balance_async(handle_.get(), call.capi(), tell, self, error);
            });
    }

#if ANTS_OTP_EXCEPTIONS

    /// A client. Throws Error where the options cannot work.
    explicit Client(const Options &options)
        : Client(detail::or_throw([&](Failure &f) { return Client(options, f); })) {}

    /// A client from the environment alone: see Options::load_env(). Throws Error.
    static Client from_env() { return Client(Options().load_env()); }

    // As above, but what fails throws Error.
    Sent request(std::string_view mobile, const Call &call = {}) const {
        return detail::or_throw([&](Failure &failure) { return request(mobile, call, failure); });
    }
    Sent resend(const OtpId &otp) const {
        return detail::or_throw([&](Failure &failure) { return resend(otp, failure); });
    }
    Sent resend(const OtpId &otp, const Call &call) const {
        return detail::or_throw([&](Failure &failure) { return resend(otp, call, failure); });
    }
    Sent resend_newest(const Call &call = {}) const {
        return detail::or_throw([&](Failure &failure) { return resend_newest(call, failure); });
    }
    Verification verify(const OtpId &otp, std::string_view otp_code, const Call &call = {}) const {
        return detail::or_throw([&](Failure &failure) { return verify(otp, otp_code, call, failure); });
    }
    Account balance(const Call &call = {}) const {
        return detail::or_throw([&](Failure &failure) { return balance(call, failure); });
    }

    // As above, but a call that cannot be begun throws Error.
    template <class Done> void request_async(std::string_view mobile, const Call &call, Done done) const {
        detail::or_throw([&](Failure &failure) { return request_async(mobile, call, std::move(done), failure); });
    }
    template <class Done> void resend_async(const OtpId &otp, const Call &call, Done done) const {
        detail::or_throw([&](Failure &failure) { return resend_async(otp, call, std::move(done), failure); });
    }
    template <class Done>
    void verify_async(const OtpId &otp, std::string_view otp_code, const Call &call, Done done) const {
        detail::or_throw([&](Failure &failure) { return verify_async(otp, otp_code, call, std::move(done), failure); });
    }
    template <class Done> void balance_async(const Call &call, Done done) const {
        detail::or_throw([&](Failure &failure) { return balance_async(call, std::move(done), failure); });
    }

#endif

    const ants_otp_client *capi() const noexcept { return handle_.get(); }

  private:
    /// Hands `done` to C, which keeps it until its call has ended; what is not begun frees it here.
    template <class Result, class Handle, class Done, class Start>
    static bool begin(Done done, Failure &failure, Start start) noexcept {
        auto kept = std::make_unique<Done>(std::move(done));
        ants_otp_error *error = nullptr;
        const int code = start(&detail::tell<Result, Handle, Done>, kept.get(), &error);
        failure = detail::failure(code, error);
        if (code != ANTS_OTP_OK)
            return false;
        // It has its own owner by now, and may be gone already.
        static_cast<void>(kept.release());
        return true;
    }

    // The function is freed after the C object that refers to it.
    std::shared_ptr<Options::Log> log_;
    detail::Handle<ants_otp_client, ants_otp_client_free> handle_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Delivery reports

/// What became of one SMS. Its texts end with NUL; it and they live as long as the DeliveryReports it stands in.
class DeliveryReport {
  public:
    DeliveryReport(const ants_otp_delivery_reports *reports, std::size_t index) noexcept
        : reports_(reports), index_(index) {}

    /// Whether the SMS reached the telephone.
    bool is_delivered() const noexcept { return ants_otp_delivery_reports_is_delivered(reports_, index_); }
    /// ACCEPTED, PENDING, UNDELIVERED, DELIVERED, EXPIRED, REJECTED or COMPLETED, as the service wrote it.
    std::string_view status_name() const noexcept { return ants_otp_delivery_reports_status_name(reports_, index_); }
    /// The status's code, such as "000".
    std::string_view status_code() const noexcept { return ants_otp_delivery_reports_status_code(reports_, index_); }
    /// The status in words.
    std::string_view status_description() const noexcept {
        return ants_otp_delivery_reports_status_description(reports_, index_);
    }
    /// What the call gave as callback data: the only link between a report and an OTP.
    std::string_view callback_data() const noexcept {
        return ants_otp_delivery_reports_callback_data(reports_, index_);
    }
    /// The mobile number that the SMS went to, in the service's form.
    std::string_view to() const noexcept { return ants_otp_delivery_reports_to(reports_, index_); }
    /// When the SMS was sent, as the service wrote it.
    std::string_view sent_date() const noexcept { return ants_otp_delivery_reports_sent_date(reports_, index_); }
    /// When the SMS reached its end, as the service wrote it.
    std::string_view done_date() const noexcept { return ants_otp_delivery_reports_done_date(reports_, index_); }
    /// What the SMS cost, as decimal text.
    std::string_view credit() const noexcept { return ants_otp_delivery_reports_credit(reports_, index_); }
    /// The sender's name.
    std::string_view from() const noexcept { return ants_otp_delivery_reports_from(reports_, index_); }
    /// The text of the SMS. It holds the OTP code: a secret, which must not be logged.
    std::string_view text() const noexcept { return ants_otp_delivery_reports_text(reports_, index_); }
    /// The id of the SMS. An OTP's answer does not hold it.
    std::string_view message_id() const noexcept { return ants_otp_delivery_reports_message_id(reports_, index_); }
    /// The id of the batch that the SMS was sent in. An OTP's answer does not hold it.
    std::string_view bulk_id() const noexcept { return ants_otp_delivery_reports_bulk_id(reports_, index_); }

  private:
    const ants_otp_delivery_reports *reports_;
    std::size_t index_;
};

/// The entries of one delivery report, one for each SMS: `for (const auto report : reports)`. A report proves nothing
/// about who sent it, and must never let anybody in.
class [[nodiscard]] DeliveryReports {
  public:
    /// Goes through the entries.
    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = DeliveryReport;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = DeliveryReport;

        Iterator(const ants_otp_delivery_reports *reports, std::size_t index) noexcept
            : reports_(reports), index_(index) {}
        DeliveryReport operator*() const noexcept { return {reports_, index_}; }
        Iterator &operator++() noexcept {
            index_++;
            return *this;
        }
        Iterator operator++(int) noexcept {
            const Iterator before = *this;
            index_++;
            return before;
        }
        friend bool operator==(const Iterator &a, const Iterator &b) noexcept { return a.index_ == b.index_; }
        friend bool operator!=(const Iterator &a, const Iterator &b) noexcept { return !(a == b); }

      private:
        const ants_otp_delivery_reports *reports_;
        std::size_t index_;
    };

    /// None, as a body gives that cannot be read.
    DeliveryReports() noexcept = default;
    /// Takes what ants_otp_parse_delivery_report() gave.
    explicit DeliveryReports(ants_otp_delivery_reports *handle) noexcept : handle_(handle) {}

    std::size_t size() const noexcept { return ants_otp_delivery_reports_count(handle_.get()); }
    bool empty() const noexcept { return size() == 0; }
    /// The entry at `index`; one with empty texts where there is none.
    DeliveryReport operator[](std::size_t index) const & noexcept { return {handle_.get(), index}; }
    Iterator begin() const & noexcept { return {handle_.get(), 0}; }
    Iterator end() const & noexcept { return {handle_.get(), size()}; }

    // An entry of an object that is about to go would dangle: keep the DeliveryReports.
    DeliveryReport operator[](std::size_t index) const && = delete;
    Iterator begin() const && = delete;
    Iterator end() const && = delete;

    const ants_otp_delivery_reports *capi() const noexcept { return handle_.get(); }

  private:
    detail::Handle<ants_otp_delivery_reports, ants_otp_delivery_reports_free> handle_;
};

/// Reads the body of a delivery report, JSON or XML. Where `content_type`, the header of the request that brought it,
/// names neither, the body's first character decides.
inline DeliveryReports parse_delivery_report(std::string_view body, std::string_view content_type,
                                             Failure &failure) noexcept {
    ants_otp_delivery_reports *reports = nullptr;
    ants_otp_error *error = nullptr;
    const void *bytes = body.empty() ? "" : body.data();
    const int code = ants_otp_parse_delivery_report(bytes, body.size(), detail::Text(content_type), &reports, &error);
    failure = detail::failure(code, error);
    return DeliveryReports(reports);
}

#if ANTS_OTP_EXCEPTIONS

/// As above, but what cannot be read throws Error.
inline DeliveryReports parse_delivery_report(std::string_view body, std::string_view content_type = {}) {
    return detail::or_throw([&](Failure &failure) { return parse_delivery_report(body, content_type, failure); });
}

#endif

} // namespace ants::otp

/// A Code is a std::error_code.
template <> struct std::is_error_code_enum<ants::otp::Code> : std::true_type {};
/// An ErrorClass is a std::error_condition.
template <> struct std::is_error_condition_enum<ants::otp::ErrorClass> : std::true_type {};

#endif // ANTS_OTP_HPP
