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
#include <functional>
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

/// A sentence that may be shown to a person, in English ("en") or Thai ("th").
inline const char *text(Code code, const char *language = "en") noexcept {
    return ants_otp_code_text(static_cast<int>(code), language);
}

/// What a developer or operator can do about a code, in English.
inline const char *advice(Code code) noexcept { return ants_otp_code_advice(static_cast<int>(code)); }

/// The version of the library in use.
inline const char *version() noexcept { return ants_otp_version(); }

/// The category of the codes, "ants-otp".
inline const std::error_category &category() noexcept {
    class Category final : public std::error_category {
      public:
        const char *name() const noexcept override { return "ants-otp"; }
        std::string message(int code) const override { return ants_otp_code_text(code, "en"); }
    };
    static const Category category;
    return category;
}

/// For std::error_code, which finds it by this name.
inline std::error_code make_error_code(Code code) noexcept { return {static_cast<int>(code), category()}; }

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
    /// A bearer token instead of user name and password.
    Options &token(std::string_view token) { return set(ants_otp_options_set_token, detail::Text(token)); }
    /// The OTP configuration (otcId) of calls that do not name one.
    Options &otc_id(std::string_view otc_id) { return set(ants_otp_options_set_otc_id, detail::Text(otc_id)); }
    /// The service's address. http:// is taken for loopback only, or with allow_plain_http().
    Options &base_url(std::string_view url) { return set(ants_otp_options_set_base_url, detail::Text(url)); }
    /// Takes what is not set from the environment (ANTS_OTP_USERNAME, ...): see ants_otp_options_load_env(). Last in
    /// the chain.
    Options &load_env() { return set(ants_otp_options_load_env); }
    /// The deadline of a call: 1 ms to 600 s, 15 s if not set.
    Options &timeout(std::chrono::milliseconds time) { return set(ants_otp_options_set_timeout_ms, time.count()); }
    /// How much of the deadline a connection may take to be made: 1 ms to 600 s, 5 s if not set.
    Options &connect_timeout(std::chrono::milliseconds time) {
        return set(ants_otp_options_set_connect_timeout_ms, time.count());
    }
    /// The country of mobile numbers that begin with 0: its calling code, "66" if not set.
    Options &country_code(std::string_view code) { return set(ants_otp_options_set_country_code, detail::Text(code)); }
    /// A PEM file of certificates to trust beside the roots.
    Options &ca_file(std::string_view path) { return set(ants_otp_options_set_ca_file, detail::Text(path)); }
    /// Which roots are trusted: "bundled" (the default) or "system".
    Options &root_certificates(std::string_view which) {
        return set(ants_otp_options_set_root_certificates, detail::Text(which));
    }
    /// The client's own certificate chain and key (PEM files).
    Options &client_certificate(std::string_view cert_file, std::string_view key_file) {
        return set(ants_otp_options_set_client_certificate, detail::Text(cert_file), detail::Text(key_file));
    }
    /// A proxy: http://, https://, socks5:// or socks5h://, with user:password@ if it asks.
    Options &proxy(std::string_view url) { return set(ants_otp_options_set_proxy, detail::Text(url)); }
    /// Whether the proxy is taken from HTTPS_PROXY or ALL_PROXY, where none is set.
    Options &proxy_from_env(bool on) { return set(ants_otp_options_set_proxy_from_env, on); }
    /// Whether http:// is taken to hosts that are not loopback, unencrypted.
    Options &allow_plain_http(bool on) { return set(ants_otp_options_set_allow_plain_http, on); }
    /// How many idle connections are kept: 0 to 4096, 64 if not set.
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

    /// Asks the service to send an OTP by SMS to `mobile`: 081-234-5678, +66 81 234 5678 or alike.
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

#endif

    const ants_otp_client *capi() const noexcept { return handle_.get(); }

  private:
    // The function is freed after the C object that refers to it.
    std::shared_ptr<Options::Log> log_;
    detail::Handle<ants_otp_client, ants_otp_client_free> handle_;
};

} // namespace ants::otp

/// A Code is a std::error_code.
template <> struct std::is_error_code_enum<ants::otp::Code> : std::true_type {};

#endif // ANTS_OTP_HPP
