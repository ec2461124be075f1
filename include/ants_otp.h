/*
 * ants_otp.h: confirm a person's mobile number with a one-time password (OTP) that the ANTS service sends by SMS.
 *
 *     ants_otp_options *options = ants_otp_options_new();
 *     ants_otp_options_set_credentials(options, "user", "password");
 *     ants_otp_options_set_otc_id(options, "0DC8E7AD-0168-440C-AF10-BF556B164D83");
 *
 *     ants_otp_client *client;
 *     ants_otp_sent *sent = NULL;
 *     ants_otp_error *error;
 *     int code = ants_otp_client_new(options, &client, &error);
 *     if (code == ANTS_OTP_OK)
 *         code = ants_otp_request(client, "081-234-5678", NULL, &sent, &error);
 *     if (code == ANTS_OTP_OK) {
 *         printf("code for %s? ", ants_otp_sent_reference_code(sent));
 *         code = ants_otp_verify(client, ants_otp_sent_otp_id(sent), read_line(), NULL, NULL, &error);
 *     }
 *     puts(code == ANTS_OTP_OK ? "verified" : ants_otp_error_message(error));
 *
 * examples/login.c is the whole program. Link with -lants_otp (pkg-config ants_otp). C99 or later; C++11 or later, and for
 * C++17 there is ants_otp.hpp.
 *
 *
 * Conventions
 *
 * They hold for every function; what a comment does not say is said here.
 *
 * Codes.      Functions that can fail return an int: 0 (ANTS_OTP_OK) is success, a positive code is an answer (the service
 *             said no), a negative code is the lack of an answer. ants_otp_verify() returns 0 only when the person is
 *             verified. A later version may return codes that this header does not list.
 * Errors.     Where a function has an `error` parameter, every return but 0 gives an error object there, with a sentence,
 *             the service's own words and the delivery. Free it. Delivery tells whether an SMS may have gone out: only
 *             after ANTS_OTP_DELIVERY_NOT_SENT is calling again certain to send no second one.
 * Ownership.  What a function gives through `client`, `sent`, `account`, `reports` or `error`, or returns from ..._new(),
 *             is yours: free it with the _free() of its type. All else stays whose it was. Texts are copied when they are
 *             handed in; those handed out live as long as the object they came from, and are never NULL: absent text is "".
 * NULL.       Every _free() takes NULL. Out-parameters come last and may be NULL when they are not wanted; each that is
 *             not is set to NULL or zero first, whatever it held, and filled as the comment says. A NULL object or text is
 *             refused with a code, never followed; accessors on NULL give "", -1 or UNKNOWN.
 *             Two out-parameters must not share memory: ANTS_OTP_ERR_INVALID_ARGUMENT, and the error stands there.
 * Misuse.     An object that was freed, or that is something else, ends the process (abort) with a sentence on stderr that
 *             names the function, as far as it can be told: the memory may have become a new object of the same type.
 * Text.       NUL-terminated UTF-8, in and out. What is not UTF-8 is refused.
 * Time.       int64_t milliseconds, from 1 to 600000, with the unit in the name.
 * Threads.    Through a const pointer to a client, result, error or cancel, any number of threads may work at once.
 *             Options and call objects belong to one thread while they are set, and are copied by what takes them; calls
 *             may share a call object that nobody sets. A _free() never runs beside a use of the same object.
 * Stack.      A call needs at most 16 KiB of its thread's stack, over TLS 33 KiB (measured with glibc on x86-64); other
 *             functions need less. The function for log lines runs on top of it.
 * Deadlines.  A call ends before its deadline (15 s if not set), which counts over everything, DNS and retries too. No
 *             setting turns it off. A signal that interrupts a wait does not end the call; for that there is
 *             ants_otp_cancel. SIGPIPE is never raised. No function is a cancellation point: after a pthread_cancel() the
 *             thread ends behind its call.
 * Blocking.   A call blocks its thread until it ends. The ..._async() functions at the end of this header do not.
 * Retries.    A call is tried again by itself only while nothing of it was sent: never two SMS for one request.
 * fork.       A client may be used in the child of a fork(): it leaves the parent's connections alone and makes new ones.
 *             A cancel may be used there too, and ends calls of the process that fires it.
 * dlclose.    The library stays mapped after dlclose(), so a plug-in may be unloaded at any time after its calls.
 * Memory.     A failed allocation ends the process (abort), so ..._new() functions never return NULL.
 * Privileges. In a program that the kernel starts with more rights than its caller has (setuid, setgid, file capabilities:
 *             AT_SECURE) nothing is taken from the environment, which is the caller's to choose: no options, no proxy, no
 *             SSL_CERT_FILE or SSL_CERT_DIR. Set in code what such a program needs; ants_otp_client_new() says what is
 *             missing. The environment itself is never changed.
 * Secrets.    No error, text or log line holds a password, token or OTP code. Behind a call nothing of an OTP code is left in
 *             memory that the library has used; nor of a password or token behind the _free() of client and options.
 */

#ifndef ANTS_OTP_H
#define ANTS_OTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header. Compare ants_otp_version(), which is that of the library in use. */
#define ANTS_OTP_VERSION "0.1.0"
#define ANTS_OTP_VERSION_MAJOR 0
#define ANTS_OTP_VERSION_MINOR 1
#define ANTS_OTP_VERSION_PATCH 0
/** One number that grows with the version: MAJOR * 10000 + MINOR * 100 + PATCH. */
#define ANTS_OTP_VERSION_NUMBER 100

/** On functions whose return must not be ignored. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define ANTS_OTP_NODISCARD [[nodiscard]]
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define ANTS_OTP_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define ANTS_OTP_NODISCARD __attribute__((warn_unused_result))
#else
#define ANTS_OTP_NODISCARD
#endif

/**
 * What came of a call. 0 is success. A positive code is an answer: the service said no. A negative code is the lack of an
 * answer. Functions return these as int: a later version may return a number that is not listed here.
 */
typedef enum {
    /** Success: done; for verify, the person is verified. */
    ANTS_OTP_OK = 0,
    /** The OTP code is wrong. */
    ANTS_OTP_WRONG_CODE = 1,
    /** The service refused, in words that are not in the code table. */
    ANTS_OTP_REFUSED = 2,
    /** Invalid OTP config: the service does not know this otcId. */
    ANTS_OTP_INVALID_OTP_CONFIG = 301,
    /** Number prefix missing: the mobile number has no country prefix. */
    ANTS_OTP_NUMBER_PREFIX_MISSING = 302,
    /** No OTP data available: the service does not know this otpId. */
    ANTS_OTP_NO_DATA_AVAILABLE = 303,
    /** Over limit: too many wrong tries, or too many resends. */
    ANTS_OTP_OVER_LIMIT_USAGE = 304,
    /** The OTP code has expired. */
    ANTS_OTP_CODE_EXPIRED = 305,
    /** The OTP code has been confirmed already. */
    ANTS_OTP_CODE_CONFIRMED = 306,
    /** Invalid number: the service does not take this mobile number. */
    ANTS_OTP_INVALID_NUMBER = 307,
    /** Called too often: the service limits the rate (HTTP 429). */
    ANTS_OTP_RATE_LIMITED = 429,
    /** Credit not enough: the account cannot pay for the SMS. */
    ANTS_OTP_CREDIT_NOT_ENOUGH = 9995,
    /** Bad request: the service could not use the request. */
    ANTS_OTP_BAD_REQUEST = 9996,
    /** Authentication failed: wrong user name, password or token. */
    ANTS_OTP_AUTHENTICATION_FAILED = 9998,
    /** Exception: the service failed inside. */
    ANTS_OTP_EXCEPTION = 9999,
    /** An argument is missing or cannot be used; nothing was sent. */
    ANTS_OTP_ERR_INVALID_ARGUMENT = -1,
    /** This is not a mobile number; nothing was sent. */
    ANTS_OTP_ERR_INVALID_MOBILE = -2,
    /** An option of the client cannot work; nothing was sent. */
    ANTS_OTP_ERR_INVALID_OPTION = -3,
    /** The service's host name could not be resolved; nothing was sent. */
    ANTS_OTP_ERR_RESOLVE = -10,
    /** No connection to the service could be made; nothing was sent. */
    ANTS_OTP_ERR_CONNECT = -11,
    /** No trusted TLS connection could be made. */
    ANTS_OTP_ERR_TLS = -12,
    /** The proxy could not be used; nothing was sent. */
    ANTS_OTP_ERR_PROXY = -13,
    /** No answer before the deadline. */
    ANTS_OTP_ERR_TIMEOUT = -20,
    /** The connection was cut before the whole answer came. */
    ANTS_OTP_ERR_CONNECTION_LOST = -21,
    /** The caller stopped the call. */
    ANTS_OTP_ERR_INTERRUPTED = -22,
    /** The service answered with an HTTP status that is no answer to the call. */
    ANTS_OTP_ERR_HTTP_STATUS = -30,
    /** The answer cannot be read or trusted. */
    ANTS_OTP_ERR_BAD_ANSWER = -31,
    /** A defect of this library. */
    ANTS_OTP_ERR_INTERNAL = -99,
} ants_otp_code;

/**
 * Whether a request can have reached the service. 0 is the cautious one, so that a zeroed value never reads as "safe to
 * send again".
 */
typedef enum {
    /** It may have been carried out: an SMS may be on its way. */
    ANTS_OTP_DELIVERY_UNKNOWN = 0,
    /** No byte of it was sent: the service cannot have acted, and calling again is safe. */
    ANTS_OTP_DELIVERY_NOT_SENT = 1,
    /** The service answered. */
    ANTS_OTP_DELIVERY_ANSWERED = 2,
} ants_otp_delivery;

/** How much a log line matters. */
typedef enum {
    /** A call that ended without an answer; certificates that were left out when the client was made. */
    ANTS_OTP_LOG_WARNING = 2,
    /** A call that was answered. */
    ANTS_OTP_LOG_INFO = 3,
    /** What happened on the way: an attempt that is tried again. */
    ANTS_OTP_LOG_DEBUG = 4,
} ants_otp_log_level;

/** The account behind the credentials, and its credit. */
typedef struct ants_otp_account ants_otp_account;

/**
 * Options of one call; what is not set is the client's, or left out of the request. They belong to one thread while they
 * are set.
 */
typedef struct ants_otp_call ants_otp_call;

/** Stops the calls that it is set on, once and for all. */
typedef struct ants_otp_cancel ants_otp_cancel;

/** A client of the OTP service. */
typedef struct ants_otp_client ants_otp_client;

/** The entries of one delivery report. */
typedef struct ants_otp_delivery_reports ants_otp_delivery_reports;

/** What went wrong, whether the request can have reached the service, and the service's own words. */
typedef struct ants_otp_error ants_otp_error;

/** Options of a client. They belong to one thread while they are set. */
typedef struct ants_otp_options ants_otp_options;

/** An OTP that the service has taken for sending. */
typedef struct ants_otp_sent ants_otp_sent;

/**
 * The flags of an answer to verify, as the service said them. They explain a verdict and are none: the verdict is what
 * ants_otp_verify() returns.
 */
typedef struct {
    /** `result` of the answer. */
    bool result;
    /** Too many wrong tries. */
    bool is_error_count;
    /** The code's time is over. */
    bool is_expr_code;
    /** Zero; room for what the service may add. */
    uint8_t reserved[13];
} ants_otp_verification;

/**
 * Is told what came of a request or a resend. `sent` and `error` are yours, and as ants_otp_request() gives them: one of
 * them is NULL. Free them with ants_otp_sent_free() and ants_otp_error_free().
 */
typedef void (*ants_otp_sent_done)(int code, ants_otp_sent *sent, ants_otp_error *error, void *user_data);

/**
 * Is told what came of a verify: **0 means that the person is verified, and nothing else does.** `verification` is never
 * NULL and lives until `done` returns. `error` is yours, and NULL on 0: free it with ants_otp_error_free().
 */
typedef void (*ants_otp_verification_done)(int code,
                                           const ants_otp_verification *verification,
                                           ants_otp_error *error,
                                           void *user_data);

/**
 * Is told what came of a balance call. `account` and `error` are yours, one of them is NULL: free them with
 * ants_otp_account_free() and ants_otp_error_free().
 */
typedef void (*ants_otp_account_done)(int code, ants_otp_account *account, ants_otp_error *error, void *user_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 * Version.
 */

/**
 * The version of the library in use, such as "0.1.0". ANTS_OTP_VERSION is that of the header which was compiled.
 *
 * Ownership: the text lives for ever.
 * Codes: none.
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_version(void);

/*
 * Codes: what came of a call, as a number that is the same in every language.
 */

/**
 * The name of a code as it stands in this header, such as "ANTS_OTP_CODE_EXPIRED" for 305.
 *
 * Ownership: the text lives for ever.
 * Codes: none; an unknown number gives "ANTS_OTP_UNKNOWN_CODE".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_code_name(int code);

/**
 * What happened, for developers and logs, in English ("en") or Thai ("th"). Show people ants_otp_code_user_text().
 * Tags such as "th-TH" are understood; any other language, and NULL, give English.
 *
 * Ownership: the text lives for ever.
 * Codes: none; an unknown number gives a sentence that says so.
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_code_text(int code, const char *language);

/**
 * What to show people, in English or Thai; languages as for ants_otp_code_text(). It says what that person can do; all
 * that they cannot mend is one sentence.
 *
 * Ownership: the text lives for ever.
 * Codes: none; an unknown number gives the sentence of what is not the person's to mend.
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_code_user_text(int code, const char *language);

/**
 * What a developer or operator can do about a code, in English.
 *
 * Ownership: the text lives for ever.
 * Codes: none; an unknown number gives a sentence that says so.
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_code_advice(int code);

/*
 * Options: how a client works. Make them, set them, make a client, free them.
 *
 * A setter returns 0, or ANTS_OTP_ERR_INVALID_OPTION for a value that cannot work, for NULL and for what is not UTF-8. Its
 * return may be ignored: the refusal is remembered, and ants_otp_client_new() fails with it, in a sentence, until the same
 * option is set well.
 */

/**
 * Options with nothing set.
 *
 * Ownership: free them with ants_otp_options_free(). Never NULL.
 * Codes: none.
 * Threads: any.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD ants_otp_options *ants_otp_options_new(void);

/**
 * Frees options. Clients made from them live on. NULL is taken and does nothing.
 *
 * Ownership: takes `options`; the text of ants_otp_options_problem() ends with it.
 * Codes: none.
 * Threads: one at a time.
 * Since: 0.1.0
 */
void ants_otp_options_free(ants_otp_options *options);

/**
 * The newest refused setting that stands, in a sentence that says what to change; "" if there is none.
 *
 * Ownership: the text lives until `options` is set again or freed.
 * Codes: none; NULL gives "".
 * Threads: one at a time.
 * Since: 0.1.0
 */
const char *ants_otp_options_problem(const ants_otp_options *options);

/**
 * User name and password (HTTP Basic). The user name cannot hold a colon.
 *
 * Ownership: the texts are copied; the copies are wiped when they go.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_credentials(ants_otp_options *options, const char *user, const char *password);

/**
 * A bearer token instead of user name and password. A ready-made value of the Authorization header is taken too: one
 * that begins with "Bearer " or "Basic " is sent with that scheme.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_token(ants_otp_options *options, const char *token);

/**
 * The OTP configuration (otcId) of calls that do not name one.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_otc_id(ants_otp_options *options, const char *otc_id);

/**
 * The service's address, https://api-service.ants.co.th if not set. A path in it stands before the service's own.
 * http:// is taken for loopback only, or with ants_otp_options_set_allow_plain_http().
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_base_url(ants_otp_options *options, const char *url);

/**
 * Takes what is not set from the environment: ANTS_OTP_USERNAME and ANTS_OTP_PASSWORD, or ANTS_OTP_TOKEN, and
 * ANTS_OTP_BASE_URL, ANTS_OTP_OTC_ID, ANTS_OTP_PROXY, ANTS_OTP_CA_FILE. Call it after the setters: credentials set
 * before replace all of the environment's. Empty variables count as not set. ANTS_OTP_PROXY is not used for a base URL
 * on this machine (127.0.0.0/8, ::1, localhost).
 *
 * In a privileged program (setuid, file capabilities) nothing is taken, and that is ANTS_OTP_OK: see the conventions.
 *
 * Ownership: the values are copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_load_env(ants_otp_options *options);

/**
 * The deadline of a call, over DNS, connect, TLS, proxy, sending, answer and retries: 1 to 600000 ms, 15000 if not set.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_timeout_ms(ants_otp_options *options, int64_t timeout_ms);

/**
 * How much of the deadline a connection may take to be made: 1 to 600000 ms, 5000 if not set.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_connect_timeout_ms(ants_otp_options *options, int64_t connect_timeout_ms);

/**
 * The country of mobile numbers in national form, such as 081...: its calling code, "66" if not set.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_country_code(ants_otp_options *options, const char *code);

/**
 * A PEM file of certificates to trust beside the roots. It is read by ants_otp_client_new(), which fails where none of
 * them can be used; single ones that cannot, or that say that they are not for servers (TRUSTED CERTIFICATE), are left
 * out with a log line.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_ca_file(ants_otp_options *options, const char *path);

/**
 * Which roots are trusted: "bundled" (Mozilla's, compiled in; the default), "system" (this machine's; SSL_CERT_FILE and
 * SSL_CERT_DIR may name others, but in a privileged program) or "none": the certificates of
 * ants_otp_options_set_ca_file() alone, which are then needed.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_root_certificates(ants_otp_options *options, const char *which);

/**
 * The client's own certificate chain and key (PEM files), for services that ask for one. They are read by
 * ants_otp_client_new().
 *
 * Ownership: the texts are copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_client_certificate(ants_otp_options *options, const char *cert_file, const char *key_file);

/**
 * A proxy: http://, https://, socks5:// (names are resolved here) or socks5h:// (names are resolved there), with
 * user:password@ if it asks. It replaces ANTS_OTP_PROXY. With an http:// base URL it must be on this machine too
 * (127.0.0.0/8, ::1, localhost), or ants_otp_client_new() refuses the two, unless plain HTTP is allowed.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_proxy(ants_otp_options *options, const char *url);

/**
 * Whether the proxy is taken from HTTPS_PROXY or ALL_PROXY, and exceptions from NO_PROXY (also in small letters),
 * where none is set. Off if not set. For a base URL on this machine no proxy of the environment is used, and in a
 * privileged program none at all.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_proxy_from_env(ants_otp_options *options, bool on);

/**
 * Whether http:// is taken to hosts that are not loopback, or through a proxy that is not: credentials and OTP codes
 * then travel unencrypted. Off if not set.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_allow_plain_http(ants_otp_options *options, bool on);

/**
 * How many idle connections are kept for the next calls: 0 to 4096; if not set, 64, or as many as there are threads for
 * asynchronous calls if those are more.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_max_idle_connections(ants_otp_options *options, int count);

/**
 * How long an idle connection is kept: 1 to 600000 ms, 30000 if not set.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_idle_timeout_ms(ants_otp_options *options, int64_t idle_timeout_ms);

/**
 * How often a call is tried again while nothing of it was sent: 0 to 2, 2 if not set.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_max_retries(ants_otp_options *options, int count);

/**
 * The User-Agent header: visible ASCII, "ants-otp/VERSION" if not set.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_user_agent(ants_otp_options *options, const char *text);

/**
 * How many calls of the ..._async() functions are under way at once, each on a thread of the client: 1 to 1024, 64 if not
 * set.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_options_set_async_threads(ants_otp_options *options,
                                       int count);

/**
 * Where log lines go: one line for each call, with the operation, the code, the time and the last four digits of the
 * mobile number, and never a secret. `level` is one of ants_otp_log_level. NULL for `write` ends logging, which is the
 * default.
 *
 * `write` runs on the thread that makes the call, for the ..._async() functions one of the client's, and in
 * ants_otp_client_new() for certificates of ca_file that are left out. It must return as usual (no longjmp, no C++
 * exception) and must not call this client.
 *
 * Ownership: `user_data` is handed to `write` untouched and must be valid until the last client made from `options` is
 * freed; `line` lives until `write` returns.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time; `write` may run on several threads at once.
 * Since: 0.1.0
 */
int ants_otp_options_set_log(ants_otp_options *options,
                             void (*write)(int level, const char *line, void *user_data),
                             void *user_data);

/*
 * Client: request, resend, verify, balance. One client serves a whole program: it may be used from any number of threads
 * at once, and keeps its connections for the next call.
 */

/**
 * Makes a client. Certificate files are read here; nothing is connected to.
 *
 * Ownership: `options` stays yours and may be freed or changed at once; free `*client` with ants_otp_client_free(), and
 * `*error` with ants_otp_error_free(). With NULL for `client` the options are only tried.
 * Codes: ANTS_OTP_OK and `*client`; or, with `*error`, ANTS_OTP_ERR_INVALID_OPTION: a refused setting, credentials
 * missing or given twice, plain http to another machine, a certificate file that cannot be used; ANTS_OTP_ERR_TLS: the
 * system gives no random numbers;
 * ANTS_OTP_ERR_INVALID_ARGUMENT: `options` is NULL.
 * Threads: `options` belongs to the calling thread.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_client_new(const ants_otp_options *options,
                        ants_otp_client **client,
                        ants_otp_error **error);

/**
 * Frees a client and closes its idle connections. NULL is taken and does nothing. Calls that were begun with one of the
 * ..._async() functions are stopped, as by ants_otp_cancel_fire(), and `done` has run for each of them before this
 * returns.
 *
 * Ownership: takes `client`.
 * Codes: none.
 * Threads: not beside a use of `client`: wait for its blocking calls first. Not while a lock is held that a `done` takes.
 * In a `done` it may be called, and then waits for all others but not for that one.
 * Since: 0.1.0
 */
void ants_otp_client_free(ants_otp_client *client);

/**
 * Asks the service to send an OTP by SMS to `mobile`: 081-234-5678, +66 81 234 5678, 66812345678, +66 (0) 81...,
 * tel:+66-81-... or alike. Thai, Lao, Khmer, Myanmar, Arabic, Persian and full-width digits are read; white space and
 * invisible marks go. A number is certainly right or refused: its country and length must exist, and a text that can be
 * read as two numbers is refused. Keep the otp id of `*sent` for the verify, and show its reference code to the person.
 *
 * Where it fails with delivery UNKNOWN, an SMS may have gone out all the same: nothing is sent a second time by itself.
 *
 * Ownership: `call` may be NULL. Free `*sent` with ants_otp_sent_free(), `*error` with ants_otp_error_free().
 * Codes: ANTS_OTP_OK and `*sent`; or, with `*error`, ANTS_OTP_ERR_INVALID_MOBILE, ANTS_OTP_ERR_INVALID_ARGUMENT (NULL,
 * not UTF-8, no otc id), ANTS_OTP_ERR_INVALID_OPTION (a refused setting of `call`), the service's answers from
 * ANTS_OTP_REFUSED upwards, and ANTS_OTP_ERR_RESOLVE to ANTS_OTP_ERR_INTERNAL.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_request(const ants_otp_client *client,
                     const char *mobile,
                     const ants_otp_call *call,
                     ants_otp_sent **sent,
                     ants_otp_error **error);

/**
 * Asks the service to send an OTP again. Go on with the new `*sent`: its otp id may be another.
 *
 * `otp_id` is sent where it is not NULL, and the otc id where `call` or the client has one. With NULL, the service
 * sends the newest OTP of that configuration again.
 *
 * Ownership: as ants_otp_request().
 * Codes: ANTS_OTP_OK and `*sent`; else as ants_otp_request(), but for ANTS_OTP_ERR_INVALID_MOBILE;
 * ANTS_OTP_ERR_INVALID_ARGUMENT where neither `otp_id` nor an otc id is there; ANTS_OTP_OVER_LIMIT_USAGE after too many
 * resends.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_resend(const ants_otp_client *client,
                    const char *otp_id,
                    const ants_otp_call *call,
                    ants_otp_sent **sent,
                    ants_otp_error **error);

/**
 * Asks the service whether `otp_code` is the code it sent. **0 means that the person is verified, and nothing else
 * does**: let nobody in on any other return.
 *
 * `otp_code` is what the person typed or pasted: white space, invisible marks and dashes between two digits go, and digits
 * of the scripts that ants_otp_request() reads become ASCII. Letters stay; words around the code are not taken away.
 *
 * Ownership: `call` may be NULL. `*verification` is yours: it is filled on the first five codes, and zero on all others.
 * `*error` is given on every return but 0; free it with ants_otp_error_free().
 * Codes: ANTS_OTP_OK: verified; ANTS_OTP_WRONG_CODE; ANTS_OTP_OVER_LIMIT_USAGE; ANTS_OTP_CODE_EXPIRED;
 * ANTS_OTP_CODE_CONFIRMED: it was used before and verifies nobody again. Else there is no verdict:
 * ANTS_OTP_NO_DATA_AVAILABLE (the otp id is not known), ANTS_OTP_ERR_INVALID_ARGUMENT (NULL, not UTF-8, empty,
 * control characters, U+202E),
 * ANTS_OTP_ERR_INVALID_OPTION (a refused setting of `call`), the service's other answers, and ANTS_OTP_ERR_RESOLVE to
 * ANTS_OTP_ERR_INTERNAL.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_verify(const ants_otp_client *client,
                    const char *otp_id,
                    const char *otp_code,
                    const ants_otp_call *call,
                    ants_otp_verification *verification,
                    ants_otp_error **error);

/**
 * The account's type and credit. It costs nothing, so it is the way to test credentials.
 *
 * Ownership: `call` may be NULL; its timeout and cancel apply. Free `*account` with ants_otp_account_free(), `*error`
 * with ants_otp_error_free().
 * Codes: ANTS_OTP_OK and `*account`; or, with `*error`, ANTS_OTP_AUTHENTICATION_FAILED, ANTS_OTP_RATE_LIMITED,
 * ANTS_OTP_REFUSED, ANTS_OTP_EXCEPTION, ANTS_OTP_ERR_INVALID_ARGUMENT (NULL), ANTS_OTP_ERR_INVALID_OPTION (a refused
 * setting of `call`), and ANTS_OTP_ERR_RESOLVE to ANTS_OTP_ERR_INTERNAL.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_balance(const ants_otp_client *client,
                     const ants_otp_call *call,
                     ants_otp_account **account,
                     ants_otp_error **error);

/*
 * Sent: what a request or a resend gives. It holds no secret; the code itself is only in the SMS.
 */

/**
 * The id to verify and to resend; never empty. After a resend it may be another.
 *
 * Ownership: the text lives as long as `sent`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_sent_otp_id(const ants_otp_sent *sent);

/**
 * The OTP configuration used: the answer's, or the one that was sent.
 *
 * Ownership: the text lives as long as `sent`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_sent_otc_id(const ants_otp_sent *sent);

/**
 * Shown to the person, who finds the right SMS by it; "" where the answer had none.
 *
 * Ownership: the text lives as long as `sent`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_sent_reference_code(const ants_otp_sent *sent);

/**
 * The service's words beside the answer, usually "success".
 *
 * Ownership: the text lives as long as `sent`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_sent_message(const ants_otp_sent *sent);

/**
 * The service's description beside the answer, often "".
 *
 * Ownership: the text lives as long as `sent`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_sent_description(const ants_otp_sent *sent);

/**
 * Frees what a request or a resend gave. NULL is taken and does nothing.
 *
 * Ownership: takes `sent`; its texts end with it.
 * Codes: none.
 * Threads: not beside a use of `sent`.
 * Since: 0.1.0
 */
void ants_otp_sent_free(ants_otp_sent *sent);

/*
 * Account: what a balance call gives.
 */

/**
 * "prepaid" or "postpaid", as the service wrote it.
 *
 * Ownership: the text lives as long as `account`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_account_type(const ants_otp_account *account);

/**
 * The credit as exact decimal text, such as "100.50": money is no floating-point number.
 *
 * Ownership: the text lives as long as `account`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_account_credit(const ants_otp_account *account);

/**
 * Frees what a balance call gave. NULL is taken and does nothing.
 *
 * Ownership: takes `account`; its texts end with it.
 * Codes: none.
 * Threads: not beside a use of `account`.
 * Since: 0.1.0
 */
void ants_otp_account_free(ants_otp_account *account);

/*
 * Error: why a function did not return 0. It holds no secret and can be logged as it is.
 */

/**
 * The code: the number that the function returned.
 *
 * Ownership: none.
 * Codes: any but 0; NULL gives ANTS_OTP_ERR_INVALID_ARGUMENT.
 * Threads: any.
 * Since: 0.1.0
 */
int ants_otp_error_code(const ants_otp_error *error);

/**
 * An English sentence or two for a log: what happened and, where it can be told, what to change. For the person, use
 * ants_otp_code_user_text().
 *
 * Ownership: the text lives as long as `error`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_error_message(const ants_otp_error *error);

/**
 * Whether the request can have reached the service: one of ants_otp_delivery. Only ANTS_OTP_DELIVERY_NOT_SENT means that
 * calling again cannot send a second SMS.
 *
 * Ownership: none.
 * Codes: none; NULL gives ANTS_OTP_DELIVERY_UNKNOWN.
 * Threads: any.
 * Since: 0.1.0
 */
int ants_otp_error_delivery(const ants_otp_error *error);

/**
 * Whether nothing was sent and the same call may end otherwise a moment later: what a retry should ask. False for an argument,
 * an option, a certificate or a cancel, which end every call alike, and for any answer. The library has tried again itself
 * before (ants_otp_options_set_max_retries()).
 *
 * Ownership: none.
 * Codes: none; NULL gives false.
 * Threads: any.
 * Since: 0.1.0
 */
bool ants_otp_error_safe_to_retry(const ants_otp_error *error);

/**
 * How long the service asks to wait before the next call, in milliseconds; -1 where it did not say.
 *
 * Ownership: none.
 * Codes: none; NULL gives -1.
 * Threads: any.
 * Since: 0.1.0
 */
int64_t ants_otp_error_retry_after_ms(const ants_otp_error *error);

/**
 * The service's own message, or "". Control characters in it are shown as U+FFFD.
 *
 * Ownership: the text lives as long as `error`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_error_service_message(const ants_otp_error *error);

/**
 * The service's own description, or "". Control characters in it are shown as U+FFFD.
 *
 * Ownership: the text lives as long as `error`.
 * Codes: none; NULL gives "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_error_service_description(const ants_otp_error *error);

/**
 * The number that the service sent, also one that is not in the code table; 0 where it sent none.
 *
 * Ownership: none.
 * Codes: none; NULL gives -1.
 * Threads: any.
 * Since: 0.1.0
 */
int ants_otp_error_service_code(const ants_otp_error *error);

/**
 * The HTTP status of the answer; 0 where there was no answer.
 *
 * Ownership: none.
 * Codes: none; NULL gives -1.
 * Threads: any.
 * Since: 0.1.0
 */
int ants_otp_error_http_status(const ants_otp_error *error);

/**
 * Frees an error. NULL is taken and does nothing.
 *
 * Ownership: takes `error`; its texts end with it.
 * Codes: none.
 * Threads: not beside a use of `error`.
 * Since: 0.1.0
 */
void ants_otp_error_free(ants_otp_error *error);

/*
 * Call: options of one call, where the client's do not do. One call object may serve many calls.
 *
 * The setters are as those of the options: a refused value is remembered, and a call that it is used for fails with
 * ANTS_OTP_ERR_INVALID_OPTION, in a sentence, before anything is sent.
 */

/**
 * Options of a call with nothing set.
 *
 * Ownership: free them with ants_otp_call_free(). Never NULL.
 * Codes: none.
 * Threads: any.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD ants_otp_call *ants_otp_call_new(void);

/**
 * Frees options of a call. NULL is taken and does nothing.
 *
 * Ownership: takes `call`.
 * Codes: none.
 * Threads: not beside a use of `call`.
 * Since: 0.1.0
 */
void ants_otp_call_free(ants_otp_call *call);

/**
 * The OTP configuration (otcId) of this call instead of the client's.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_call_set_otc_id(ants_otp_call *call, const char *otc_id);

/**
 * The deadline of this call instead of the client's: 1 to 600000 ms.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_call_set_timeout_ms(ants_otp_call *call, int64_t timeout_ms);

/**
 * Where the service posts its delivery report: an http or https URL that it can reach.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_call_set_notify_url(ants_otp_call *call, const char *url);

/**
 * The form of the delivery report: "application/json" or "application/xml".
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_call_set_notify_content_type(ants_otp_call *call, const char *content_type);

/**
 * Text that comes back with the delivery report, and links it to this call: at most 4096 bytes.
 *
 * Ownership: the text is copied.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_call_set_callback_data(ants_otp_call *call, const char *data);

/**
 * Whether the mobile number is sent untouched instead of in the form 66..., for numbers that this library does not
 * understand. Off if not set.
 *
 * Ownership: none.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_call_set_mobile_as_given(ants_otp_call *call, bool on);

/**
 * Lets `cancel` end the call from another thread. One handle may be set on many calls.
 *
 * Ownership: `cancel` stays yours and may be freed before `call`.
 * Codes: ANTS_OTP_OK, ANTS_OTP_ERR_INVALID_OPTION.
 * Threads: one at a time.
 * Since: 0.1.0
 */
int ants_otp_call_set_cancel(ants_otp_call *call, const ants_otp_cancel *cancel);

/*
 * Cancel: stops calls from another thread.
 *
 *     ants_otp_cancel *cancel = ants_otp_cancel_new();
 *     ants_otp_call_set_cancel(call, cancel);      then, in another thread, ants_otp_cancel_fire(cancel)
 */

/**
 * A handle that has not fired.
 *
 * Ownership: free it with ants_otp_cancel_free(). Never NULL.
 * Codes: none.
 * Threads: any.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD ants_otp_cancel *ants_otp_cancel_new(void);

/**
 * Ends every call that the handle is set on. A call in flight ends with ANTS_OTP_ERR_INTERRUPTED and says whether it was
 * sent; one that begins later ends so at once, NOT_SENT. Firing again changes nothing, and NULL does nothing.
 *
 * Ownership: stays yours.
 * Codes: none.
 * Threads: any, beside anything but ants_otp_cancel_free(). Not from a signal handler.
 * Since: 0.1.0
 */
void ants_otp_cancel_fire(const ants_otp_cancel *cancel);

/**
 * Frees the handle, at any time: calls that it is set on go on, and cannot be stopped by it any more. NULL is taken and
 * does nothing.
 *
 * Ownership: takes `cancel`.
 * Codes: none.
 * Threads: not beside ants_otp_cancel_fire().
 * Since: 0.1.0
 */
void ants_otp_cancel_free(ants_otp_cancel *cancel);

/*
 * Delivery reports: what the service posts to a call's notify URL, one entry for each SMS.
 *
 * Anybody can post to that URL: a report proves nothing about who sent it, and must never let anybody in.
 */

/**
 * Reads the body of a delivery report: JSON or XML, one report or a list of them, flattened to one entry for each SMS.
 * At most 1 MiB and 10000 entries are read, XML without DTD and entities.
 *
 * `content_type` is the header of the request that brought the body. Where it is NULL, or names neither JSON nor XML, the
 * body's first character decides.
 *
 * Ownership: `body` stays yours. Free `*reports` with ants_otp_delivery_reports_free(), `*error` with
 * ants_otp_error_free().
 * Codes: ANTS_OTP_OK and `*reports`; or, with `*error`, ANTS_OTP_ERR_BAD_ANSWER: the body is no delivery report;
 * ANTS_OTP_ERR_INVALID_ARGUMENT: `body` is NULL, `content_type` is not UTF-8; ANTS_OTP_ERR_INTERNAL.
 * Threads: any.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_parse_delivery_report(const void *body,
                                   size_t length,
                                   const char *content_type,
                                   ants_otp_delivery_reports **reports,
                                   ants_otp_error **error);

/**
 * How many entries there are, one for each SMS. It may be none.
 *
 * Ownership: none.
 * Codes: none; NULL gives 0.
 * Threads: any.
 * Since: 0.1.0
 */
size_t ants_otp_delivery_reports_count(const ants_otp_delivery_reports *reports);

/**
 * Whether the SMS reached the telephone: its status is DELIVERED.
 *
 * Ownership: none.
 * Codes: none; NULL and an index of no entry give false.
 * Threads: any.
 * Since: 0.1.0
 */
bool ants_otp_delivery_reports_is_delivered(const ants_otp_delivery_reports *reports, size_t index);

/**
 * ACCEPTED, PENDING, UNDELIVERED, DELIVERED, EXPIRED, REJECTED or COMPLETED, as the service wrote it.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_status_name(const ants_otp_delivery_reports *reports, size_t index);

/**
 * The status's code, such as "000".
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_status_code(const ants_otp_delivery_reports *reports, size_t index);

/**
 * The status in words.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_status_description(const ants_otp_delivery_reports *reports, size_t index);

/**
 * What the call gave with ants_otp_call_set_callback_data(): the only link between a report and an OTP.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_callback_data(const ants_otp_delivery_reports *reports, size_t index);

/**
 * The mobile number that the SMS went to, in the service's form.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_to(const ants_otp_delivery_reports *reports, size_t index);

/**
 * When the SMS was sent, as the service wrote it.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_sent_date(const ants_otp_delivery_reports *reports, size_t index);

/**
 * When the SMS reached its end, as the service wrote it.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_done_date(const ants_otp_delivery_reports *reports, size_t index);

/**
 * What the SMS cost, as decimal text.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_credit(const ants_otp_delivery_reports *reports, size_t index);

/**
 * The sender's name.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_from(const ants_otp_delivery_reports *reports, size_t index);

/**
 * The text of the SMS. It holds the OTP code: a secret, which must not be logged. It is wiped when it is freed.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_text(const ants_otp_delivery_reports *reports, size_t index);

/**
 * The id of the SMS. An OTP's answer does not hold it.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_message_id(const ants_otp_delivery_reports *reports, size_t index);

/**
 * The id of the batch that the SMS was sent in. An OTP's answer does not hold it.
 *
 * Ownership: the text lives as long as `reports`.
 * Codes: none; NULL and an index of no entry give "".
 * Threads: any.
 * Since: 0.1.0
 */
const char *ants_otp_delivery_reports_bulk_id(const ants_otp_delivery_reports *reports, size_t index);

/**
 * Frees what a delivery report was read into. NULL is taken and does nothing.
 *
 * Ownership: takes `reports`; its texts end with it.
 * Codes: none.
 * Threads: not beside a use of `reports`.
 * Since: 0.1.0
 */
void ants_otp_delivery_reports_free(ants_otp_delivery_reports *reports);

/*
 * Calls that do not block, for programs with an event loop: each is begun at once, carried out on a thread of the client,
 * and tells a function of yours, `done`, what came of it.
 *
 * Taken or not. A call that was begun returns 0, and `done` runs exactly once. What is wrong at first sight (NULL, not
 * UTF-8, no thread to be had) is returned with its error object, and `done` never runs. All else, a refused mobile number
 * too, is told to `done`.
 *
 * Threads. `done` runs on a thread of the client, never on the one that began the call, and may run before the function
 * that began it has returned. Several run at once. The threads are started on demand, at most
 * ants_otp_options_set_async_threads(), and one more while calls wait for a thread; after 5 s without work they end. All
 * signals are blocked on them. `done` should only hand its news over, by a write to an eventfd or a pipe for instance: as
 * long as it runs, its thread serves no other call. It must return as usual (no longjmp, no C++ exception), and may call
 * this library, ants_otp_client_free() on its own client too.
 *
 * Order. Calls are begun in the order in which they came, and end in any order.
 *
 * Time. The deadline counts from the beginning, the wait for a thread too: a call that finds none in time is told
 * ANTS_OTP_ERR_TIMEOUT, NOT_SENT. A cancel that was set on the call object ends it, waiting or under way;
 * ants_otp_client_free() ends them all.
 *
 * fork. In a child of fork() `done` never runs for the parent's calls; the child may begin calls of its own.
 */

/**
 * Begins what ants_otp_request() does, and returns at once.
 *
 * Ownership: `mobile` and `call` are copied; `call` may be NULL. `user_data` is handed to `done` untouched. Free `*error`
 * with ants_otp_error_free().
 * Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_request(). Else `done` is not called, and `*error`
 * is given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client`, `mobile` or `done`, not UTF-8; ANTS_OTP_ERR_INTERNAL: no
 * thread could be started.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_request_async(const ants_otp_client *client,
                           const char *mobile,
                           const ants_otp_call *call,
                           ants_otp_sent_done done,
                           void *user_data,
                           ants_otp_error **error);

/**
 * Begins what ants_otp_resend() does, and returns at once.
 *
 * Ownership: `otp_id` and `call` are copied, and may be NULL. `user_data` is handed to `done` untouched. Free `*error` with
 * ants_otp_error_free().
 * Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_resend(). Else `done` is not called, and `*error` is
 * given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client` or `done`, not UTF-8; ANTS_OTP_ERR_INTERNAL: no thread could be
 * started.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_resend_async(const ants_otp_client *client,
                          const char *otp_id,
                          const ants_otp_call *call,
                          ants_otp_sent_done done,
                          void *user_data,
                          ants_otp_error **error);

/**
 * Begins what ants_otp_verify() does, and returns at once. **0 means that it was begun**: whether the person is verified is
 * told to `done`.
 *
 * Ownership: `otp_id`, `otp_code` and `call` are copied, the code into memory that is wiped; `call` may be NULL. `user_data`
 * is handed to `done` untouched. Free `*error` with ants_otp_error_free().
 * Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_verify(). Else `done` is not called, and `*error` is
 * given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client`, `otp_id`, `otp_code` or `done`, not UTF-8;
 * ANTS_OTP_ERR_INTERNAL: no thread could be started.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_verify_async(const ants_otp_client *client,
                          const char *otp_id,
                          const char *otp_code,
                          const ants_otp_call *call,
                          ants_otp_verification_done done,
                          void *user_data,
                          ants_otp_error **error);

/**
 * Begins what ants_otp_balance() does, and returns at once.
 *
 * Ownership: `call` is copied, and may be NULL. `user_data` is handed to `done` untouched. Free `*error` with
 * ants_otp_error_free().
 * Codes: ANTS_OTP_OK: begun, `done` will be told any code of ants_otp_balance(). Else `done` is not called, and `*error`
 * is given: ANTS_OTP_ERR_INVALID_ARGUMENT: NULL for `client` or `done`; ANTS_OTP_ERR_INTERNAL: no thread could be started.
 * Threads: any, also beside other calls of the same client.
 * Since: 0.1.0
 */
ANTS_OTP_NODISCARD
int ants_otp_balance_async(const ants_otp_client *client,
                           const ants_otp_call *call,
                           ants_otp_account_done done,
                           void *user_data,
                           ants_otp_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ANTS_OTP_H */
