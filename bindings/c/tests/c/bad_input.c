/* Bad input to every function: each has its code and a sentence, and nothing is sent. */

#include "ants_otp.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                                    \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

static const char NOT_UTF8[] = "\xC3\x28";
/* 1 MB of one letter. */
static char *megabyte;

/* Whether a call was refused here. Its error is freed. */
static int is_refused(int code, int expected, ants_otp_error **place) {
    ants_otp_error *error = *place;
    int good = code == expected && ants_otp_error_code(error) == expected &&
               ants_otp_error_delivery(error) == ANTS_OTP_DELIVERY_NOT_SENT && *ants_otp_error_message(error) != '\0' &&
               *ants_otp_error_service_message(error) == '\0' && *ants_otp_error_service_description(error) == '\0' &&
               ants_otp_error_service_code(error) == 0 && ants_otp_error_http_status(error) == 0 &&
               ants_otp_error_retry_after_ms(error) == -1 && !ants_otp_error_safe_to_retry(error);
    if (!good)
        fprintf(stderr, "got %d, expected %d: %s\n", code, expected, ants_otp_error_message(error));
    ants_otp_error_free(error);
    *place = NULL;
    return good;
}

/* A setter has refused: a sentence stands, and no client is made. Frees the options. */
static int is_refused_option(int code, ants_otp_options *options) {
    ants_otp_client *client = (ants_otp_client *)&failures;
    ants_otp_error *error = NULL;
    int good = code == ANTS_OTP_ERR_INVALID_OPTION && *ants_otp_options_problem(options) != '\0';
    good = is_refused(ants_otp_client_new(options, &client, &error), ANTS_OTP_ERR_INVALID_OPTION, &error) && good;
    good = client == NULL && good;
    ants_otp_options_free(options);
    return good;
}

static ants_otp_options *some_options(void) {
    ants_otp_options *options = ants_otp_options_new();
    CHECK(ants_otp_options_set_credentials(options, "user", "password") == ANTS_OTP_OK);
    CHECK(ants_otp_options_set_otc_id(options, "OTC") == ANTS_OTP_OK);
    /* Nobody listens there: what is not refused here ends with another code. */
    CHECK(ants_otp_options_set_base_url(options, "http://127.0.0.1:1") == ANTS_OTP_OK);
    CHECK(strcmp(ants_otp_options_problem(options), "") == 0);
    return options;
}

#define REFUSED_OPTION(setter, ...)                                                                                    \
    do {                                                                                                               \
        ants_otp_options *options = some_options();                                                                    \
        int code = setter(options, __VA_ARGS__);                                                                       \
        CHECK(is_refused_option(code, options));                                                                       \
        CHECK(setter(NULL, __VA_ARGS__) == ANTS_OTP_ERR_INVALID_OPTION);                                               \
    } while (0)

/* What no text option takes. */
#define REFUSED_TEXT(setter)                                                                                           \
    do {                                                                                                               \
        REFUSED_OPTION(setter, NULL);                                                                                  \
        REFUSED_OPTION(setter, NOT_UTF8);                                                                              \
        REFUSED_OPTION(setter, "");                                                                                    \
    } while (0)

#define REFUSED_TIME(setter)                                                                                           \
    do {                                                                                                               \
        REFUSED_OPTION(setter, 0);                                                                                     \
        REFUSED_OPTION(setter, -1);                                                                                    \
        REFUSED_OPTION(setter, 600001);                                                                                \
        REFUSED_OPTION(setter, INT64_MAX);                                                                             \
        REFUSED_OPTION(setter, INT64_MIN);                                                                             \
    } while (0)

static void options_are_checked(void) {
    static const char *const bad_urls[] = {"api-service.example.com",
                                           "ftp://example.com",
                                           "https://",
                                           "https://user:password@example.com",
                                           "https://example.com:70000",
                                           "https://example.com:0",
                                           "https://example.com/?a=b",
                                           "https://exa mple.com",
                                           "https://example.com/\r\nX: y",
                                           "http://[::1]evil.com",
                                           "https://[::1]]:80",
                                           "https://[::1]8080"};
    size_t i;

    REFUSED_TEXT(ants_otp_options_set_token);
    REFUSED_OPTION(ants_otp_options_set_token, "a b");
    REFUSED_OPTION(ants_otp_options_set_token, "a\nb");
    REFUSED_OPTION(ants_otp_options_set_token, megabyte);

    REFUSED_OPTION(ants_otp_options_set_credentials, NULL, "password");
    REFUSED_OPTION(ants_otp_options_set_credentials, "user", NULL);
    REFUSED_OPTION(ants_otp_options_set_credentials, "", "password");
    REFUSED_OPTION(ants_otp_options_set_credentials, "user", "");
    REFUSED_OPTION(ants_otp_options_set_credentials, NOT_UTF8, "password");
    REFUSED_OPTION(ants_otp_options_set_credentials, "user", NOT_UTF8);
    REFUSED_OPTION(ants_otp_options_set_credentials, "us:er", "password");
    REFUSED_OPTION(ants_otp_options_set_credentials, "us\ner", "password");
    REFUSED_OPTION(ants_otp_options_set_credentials, "user", "pass\rword");
    REFUSED_OPTION(ants_otp_options_set_credentials, megabyte, "password");
    REFUSED_OPTION(ants_otp_options_set_credentials, "user", megabyte);

    REFUSED_TEXT(ants_otp_options_set_base_url);
    REFUSED_OPTION(ants_otp_options_set_base_url, megabyte);
    for (i = 0; i < sizeof bad_urls / sizeof *bad_urls; i++)
        REFUSED_OPTION(ants_otp_options_set_base_url, bad_urls[i]);

    REFUSED_TEXT(ants_otp_options_set_otc_id);
    REFUSED_OPTION(ants_otp_options_set_otc_id, "a\tb");
    REFUSED_OPTION(ants_otp_options_set_otc_id, megabyte);

    REFUSED_TIME(ants_otp_options_set_timeout_ms);
    REFUSED_TIME(ants_otp_options_set_connect_timeout_ms);
    REFUSED_TIME(ants_otp_options_set_idle_timeout_ms);

    REFUSED_TEXT(ants_otp_options_set_country_code);
    REFUSED_OPTION(ants_otp_options_set_country_code, "066");
    REFUSED_OPTION(ants_otp_options_set_country_code, "Thailand");
    REFUSED_OPTION(ants_otp_options_set_country_code, megabyte);

    REFUSED_TEXT(ants_otp_options_set_ca_file);
    REFUSED_TEXT(ants_otp_options_set_root_certificates);
    REFUSED_OPTION(ants_otp_options_set_root_certificates, "all");
    REFUSED_OPTION(ants_otp_options_set_client_certificate, NULL, "key.pem");
    REFUSED_OPTION(ants_otp_options_set_client_certificate, "cert.pem", NULL);
    REFUSED_OPTION(ants_otp_options_set_client_certificate, NOT_UTF8, "key.pem");
    REFUSED_OPTION(ants_otp_options_set_client_certificate, "cert.pem", NOT_UTF8);
    REFUSED_OPTION(ants_otp_options_set_client_certificate, "", "key.pem");
    REFUSED_OPTION(ants_otp_options_set_client_certificate, "cert.pem", "");

    REFUSED_TEXT(ants_otp_options_set_proxy);
    REFUSED_OPTION(ants_otp_options_set_proxy, "proxy.example.com");
    REFUSED_OPTION(ants_otp_options_set_proxy, "http://proxy.example.com:70000");
    REFUSED_OPTION(ants_otp_options_set_proxy, "http://[::1]evil.com");
    REFUSED_OPTION(ants_otp_options_set_proxy, megabyte);

    REFUSED_OPTION(ants_otp_options_set_max_idle_connections, -1);
    REFUSED_OPTION(ants_otp_options_set_max_idle_connections, INT32_MAX);
    REFUSED_OPTION(ants_otp_options_set_max_retries, -1);
    REFUSED_OPTION(ants_otp_options_set_max_retries, 3);
    REFUSED_OPTION(ants_otp_options_set_async_threads, -1);
    REFUSED_OPTION(ants_otp_options_set_async_threads, 0);
    REFUSED_OPTION(ants_otp_options_set_async_threads, INT32_MAX);

    REFUSED_TEXT(ants_otp_options_set_user_agent);
    REFUSED_OPTION(ants_otp_options_set_user_agent, "a\r\nX: y");
    REFUSED_OPTION(ants_otp_options_set_user_agent, megabyte);

    CHECK(ants_otp_options_set_proxy_from_env(NULL, true) == ANTS_OTP_ERR_INVALID_OPTION);
    CHECK(ants_otp_options_set_allow_plain_http(NULL, true) == ANTS_OTP_ERR_INVALID_OPTION);
    CHECK(ants_otp_options_set_log(NULL, NULL, NULL) == ANTS_OTP_ERR_INVALID_OPTION);
    CHECK(ants_otp_options_load_env(NULL) == ANTS_OTP_ERR_INVALID_OPTION);
    CHECK(strcmp(ants_otp_options_problem(NULL), "") == 0);
}

static void a_refusal_stands_until_the_same_option_is_set_well(void) {
    ants_otp_options *options = some_options();
    CHECK(ants_otp_options_set_timeout_ms(options, 0) == ANTS_OTP_ERR_INVALID_OPTION);
    CHECK(ants_otp_options_set_max_retries(options, 1) == ANTS_OTP_OK);
    CHECK(strstr(ants_otp_options_problem(options), "timeout") != NULL);
    CHECK(ants_otp_options_set_timeout_ms(options, 600000) == ANTS_OTP_OK);
    CHECK(strcmp(ants_otp_options_problem(options), "") == 0);
    CHECK(ants_otp_client_new(options, NULL, NULL) == ANTS_OTP_OK);
    ants_otp_options_free(options);
}

/* Tries to make a client, which is refused. Frees the options. */
static int makes_no_client(ants_otp_options *options, const char *word) {
    ants_otp_client *client = (ants_otp_client *)&failures;
    ants_otp_error *error = NULL;
    int code = ants_otp_client_new(options, &client, &error);
    int good = strstr(ants_otp_error_message(error), word) != NULL;
    if (!good)
        fprintf(stderr, "\"%s\" is not in: %s\n", word, ants_otp_error_message(error));
    good = is_refused(code, ANTS_OTP_ERR_INVALID_OPTION, &error) && client == NULL && good;
    ants_otp_options_free(options);
    return good;
}

static void options_that_do_not_go_together_make_no_client(void) {
    ants_otp_options *options = ants_otp_options_new();
    CHECK(makes_no_client(options, "credentials"));

    options = some_options();
    CHECK(ants_otp_options_set_token(options, "token") == ANTS_OTP_OK);
    CHECK(makes_no_client(options, "token"));

    options = some_options();
    CHECK(ants_otp_options_set_base_url(options, "http://example.com") == ANTS_OTP_OK);
    CHECK(makes_no_client(options, "http"));

    options = some_options();
    CHECK(ants_otp_options_set_base_url(options, "http://localhost:8080") == ANTS_OTP_OK);
    CHECK(ants_otp_options_set_proxy(options, "socks5h://proxy.example.com") == ANTS_OTP_OK);
    CHECK(makes_no_client(options, "through a proxy on another machine"));

    options = some_options();
    CHECK(ants_otp_options_set_ca_file(options, "/nowhere/ca.pem") == ANTS_OTP_OK);
    CHECK(makes_no_client(options, "ca_file"));

    options = some_options();
    CHECK(ants_otp_options_set_ca_file(options, "/dev/null") == ANTS_OTP_OK);
    CHECK(makes_no_client(options, "ca_file"));

    options = some_options();
    CHECK(ants_otp_options_set_client_certificate(options, "/nowhere/cert.pem", "/nowhere/key.pem") == ANTS_OTP_OK);
    CHECK(makes_no_client(options, "certificate"));
}

/* The environment of this process is clean: the test sees to it. */
static void the_environment_fills_what_is_not_set(const char *variable) {
    ants_otp_options *options = ants_otp_options_new();
    if (variable == NULL) {
        CHECK(ants_otp_options_load_env(options) == ANTS_OTP_OK);
        CHECK(makes_no_client(options, "ANTS_OTP_USERNAME"));
        return;
    }
    CHECK(ants_otp_options_load_env(options) == ANTS_OTP_ERR_INVALID_OPTION);
    CHECK(makes_no_client(options, variable));
}

#define REFUSED_CALL(client, setter, value)                                                                            \
    do {                                                                                                               \
        ants_otp_call *call = ants_otp_call_new();                                                                     \
        ants_otp_sent *sent = NULL;                                                                                    \
        ants_otp_account *account = NULL;                                                                              \
        ants_otp_error *error = NULL;                                                                                  \
        CHECK(setter(call, value) == ANTS_OTP_ERR_INVALID_OPTION);                                                     \
        CHECK(setter(NULL, value) == ANTS_OTP_ERR_INVALID_OPTION);                                                     \
        CHECK(is_refused(ants_otp_request(client, "0812345678", call, &sent, &error), -3, &error));                    \
        CHECK(is_refused(ants_otp_resend(client, "id", call, &sent, &error), -3, &error));                             \
        CHECK(is_refused(ants_otp_resend(client, NULL, call, &sent, &error), -3, &error));                             \
        CHECK(is_refused(ants_otp_verify(client, "id", "1234", call, NULL, &error), -3, &error));                      \
        CHECK(is_refused(ants_otp_balance(client, call, &account, &error), -3, &error));                               \
        ants_otp_call_free(call);                                                                                      \
    } while (0)

static void call_options_are_checked(const ants_otp_client *client) {
    static const char *const nothing[] = {NULL, NOT_UTF8, ""};
    size_t i;
    for (i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        REFUSED_CALL(client, ants_otp_call_set_otc_id, nothing[i]);
        REFUSED_CALL(client, ants_otp_call_set_notify_url, nothing[i]);
        REFUSED_CALL(client, ants_otp_call_set_notify_content_type, nothing[i]);
    }
    REFUSED_CALL(client, ants_otp_call_set_otc_id, "a\x7f");
    REFUSED_CALL(client, ants_otp_call_set_otc_id, megabyte);
    REFUSED_CALL(client, ants_otp_call_set_notify_url, "example.com/report");
    REFUSED_CALL(client, ants_otp_call_set_notify_url, megabyte);
    REFUSED_CALL(client, ants_otp_call_set_notify_content_type, "text/html");
    REFUSED_CALL(client, ants_otp_call_set_callback_data, NULL);
    REFUSED_CALL(client, ants_otp_call_set_callback_data, NOT_UTF8);
    REFUSED_CALL(client, ants_otp_call_set_callback_data, megabyte);
    REFUSED_CALL(client, ants_otp_call_set_timeout_ms, 0);
    REFUSED_CALL(client, ants_otp_call_set_timeout_ms, -1);
    REFUSED_CALL(client, ants_otp_call_set_timeout_ms, INT64_MAX);
    REFUSED_CALL(client, ants_otp_call_set_cancel, NULL);
    CHECK(ants_otp_call_set_mobile_as_given(NULL, true) == ANTS_OTP_ERR_INVALID_OPTION);
}

static void a_cancel_that_has_fired_sends_nothing(const ants_otp_client *client) {
    ants_otp_call *call = ants_otp_call_new();
    ants_otp_cancel *cancel = ants_otp_cancel_new();
    ants_otp_error *error = NULL;
    CHECK(ants_otp_call_set_cancel(call, NULL) == ANTS_OTP_ERR_INVALID_OPTION);
    CHECK(ants_otp_call_set_cancel(call, cancel) == ANTS_OTP_OK);
    ants_otp_cancel_fire(cancel);
    ants_otp_cancel_fire(NULL);
    /* It outlives its handle. */
    ants_otp_cancel_free(cancel);
    CHECK(is_refused(ants_otp_request(client, "0812345678", call, NULL, &error), ANTS_OTP_ERR_INTERRUPTED, &error));
    ants_otp_call_free(call);
}

#define REFUSED_REQUEST(client, mobile, code)                                                                          \
    do {                                                                                                               \
        ants_otp_sent *sent = (ants_otp_sent *)&failures;                                                              \
        ants_otp_error *error = (ants_otp_error *)&failures;                                                           \
        CHECK(is_refused(ants_otp_request(client, mobile, NULL, &sent, &error), code, &error));                        \
        CHECK(sent == NULL);                                                                                           \
        CHECK(ants_otp_request(client, mobile, NULL, NULL, NULL) == code);                                             \
    } while (0)

#define REFUSED_RESEND(client, otp_id)                                                                                 \
    do {                                                                                                               \
        ants_otp_sent *sent = (ants_otp_sent *)&failures;                                                              \
        ants_otp_error *error = (ants_otp_error *)&failures;                                                           \
        CHECK(is_refused(ants_otp_resend(client, otp_id, NULL, &sent, &error), -1, &error));                           \
        CHECK(sent == NULL);                                                                                           \
        CHECK(ants_otp_resend(client, otp_id, NULL, NULL, NULL) == -1);                                                \
    } while (0)

#define REFUSED_VERIFY(client, otp_id, otp_code)                                                                       \
    do {                                                                                                               \
        ants_otp_verification verification, zero;                                                                      \
        ants_otp_error *error = (ants_otp_error *)&failures;                                                           \
        memset(&verification, 1, sizeof verification);                                                                 \
        memset(&zero, 0, sizeof zero);                                                                                 \
        CHECK(is_refused(ants_otp_verify(client, otp_id, otp_code, NULL, &verification, &error), -1, &error));         \
        CHECK(memcmp(&verification, &zero, sizeof zero) == 0);                                                         \
        CHECK(ants_otp_verify(client, otp_id, otp_code, NULL, NULL, NULL) == -1);                                      \
    } while (0)

static void arguments_are_checked(const ants_otp_client *client, const ants_otp_client *without_otc_id) {
    static const char *const none[] = {"",           "   ",      "mobile", "12",       "0812345678a",
                                       "08123\n456", "66\00181", "+66812", "555-1234", "0812345678901234567"};
    size_t i;

    REFUSED_REQUEST(client, NULL, ANTS_OTP_ERR_INVALID_ARGUMENT);
    REFUSED_REQUEST(client, NOT_UTF8, ANTS_OTP_ERR_INVALID_ARGUMENT);
    REFUSED_REQUEST(NULL, "0812345678", ANTS_OTP_ERR_INVALID_ARGUMENT);
    REFUSED_REQUEST(without_otc_id, "0812345678", ANTS_OTP_ERR_INVALID_ARGUMENT);
    REFUSED_REQUEST(client, megabyte, ANTS_OTP_ERR_INVALID_MOBILE);
    for (i = 0; i < sizeof none / sizeof *none; i++)
        REFUSED_REQUEST(client, none[i], ANTS_OTP_ERR_INVALID_MOBILE);

    REFUSED_RESEND(NULL, "id");
    REFUSED_RESEND(without_otc_id, NULL);
    REFUSED_RESEND(client, "");
    REFUSED_RESEND(client, NOT_UTF8);
    REFUSED_RESEND(client, "a\nb");
    REFUSED_RESEND(client, megabyte);

    REFUSED_VERIFY(NULL, "id", "1234");
    REFUSED_VERIFY(client, NULL, "1234");
    REFUSED_VERIFY(client, "id", NULL);
    REFUSED_VERIFY(client, "", "1234");
    REFUSED_VERIFY(client, "id", "");
    REFUSED_VERIFY(client, "id", " \t");
    REFUSED_VERIFY(client, NOT_UTF8, "1234");
    REFUSED_VERIFY(client, "id", NOT_UTF8);
    REFUSED_VERIFY(client, "a\x01", "1234");
    REFUSED_VERIFY(client, "id", "12\00134");
    REFUSED_VERIFY(client, megabyte, "1234");
    REFUSED_VERIFY(client, "id", megabyte);
}

static void a_client_and_its_options_must_be_there(void) {
    ants_otp_account *account = (ants_otp_account *)&failures;
    ants_otp_error *error = NULL;
    CHECK(is_refused(ants_otp_balance(NULL, NULL, &account, &error), ANTS_OTP_ERR_INVALID_ARGUMENT, &error));
    CHECK(account == NULL);
    CHECK(ants_otp_balance(NULL, NULL, NULL, NULL) == ANTS_OTP_ERR_INVALID_ARGUMENT);
    CHECK(is_refused(ants_otp_client_new(NULL, NULL, &error), ANTS_OTP_ERR_INVALID_ARGUMENT, &error));
    CHECK(ants_otp_client_new(NULL, NULL, NULL) == ANTS_OTP_ERR_INVALID_ARGUMENT);
}

static void accessors_and_frees_take_null(void) {
    CHECK(strcmp(ants_otp_sent_otp_id(NULL), "") == 0);
    CHECK(strcmp(ants_otp_sent_otc_id(NULL), "") == 0);
    CHECK(strcmp(ants_otp_sent_reference_code(NULL), "") == 0);
    CHECK(strcmp(ants_otp_sent_message(NULL), "") == 0);
    CHECK(strcmp(ants_otp_sent_description(NULL), "") == 0);
    CHECK(strcmp(ants_otp_account_type(NULL), "") == 0);
    CHECK(strcmp(ants_otp_account_credit(NULL), "") == 0);
    CHECK(strcmp(ants_otp_error_message(NULL), "") == 0);
    CHECK(strcmp(ants_otp_error_service_message(NULL), "") == 0);
    CHECK(strcmp(ants_otp_error_service_description(NULL), "") == 0);
    CHECK(ants_otp_error_code(NULL) == -1);
    CHECK(ants_otp_error_service_code(NULL) == -1);
    CHECK(ants_otp_error_http_status(NULL) == -1);
    CHECK(ants_otp_error_retry_after_ms(NULL) == -1);
    CHECK(!ants_otp_error_safe_to_retry(NULL));
    CHECK(ants_otp_error_delivery(NULL) == ANTS_OTP_DELIVERY_UNKNOWN);
    ants_otp_sent_free(NULL);
    ants_otp_account_free(NULL);
    ants_otp_error_free(NULL);
    ants_otp_call_free(NULL);
    ants_otp_cancel_free(NULL);
    ants_otp_options_free(NULL);
    ants_otp_client_free(NULL);
}

static void codes_have_names_and_texts(void) {
    CHECK(strcmp(ants_otp_code_name(305), "ANTS_OTP_CODE_EXPIRED") == 0);
    CHECK(strcmp(ants_otp_code_name(-20), "ANTS_OTP_ERR_TIMEOUT") == 0);
    CHECK(strcmp(ants_otp_code_name(12345), "ANTS_OTP_UNKNOWN_CODE") == 0);
    CHECK(strcmp(ants_otp_code_text(305, "en"), "The OTP code has expired.") == 0);
    CHECK(strcmp(ants_otp_code_text(305, "th_TH.UTF-8"), "รหัส OTP หมดอายุแล้ว") == 0);
    CHECK(strcmp(ants_otp_code_text(305, NULL), ants_otp_code_text(305, "en")) == 0);
    CHECK(strcmp(ants_otp_code_text(305, NOT_UTF8), ants_otp_code_text(305, "en")) == 0);
    CHECK(strcmp(ants_otp_code_text(305, megabyte), ants_otp_code_text(305, "en")) == 0);
    CHECK(*ants_otp_code_text(12345, "en") != '\0' && *ants_otp_code_text(INT32_MIN, "th") != '\0');
    CHECK(strcmp(ants_otp_code_user_text(305, "th"), "รหัส OTP หมดอายุแล้ว กรุณาขอรหัสใหม่") == 0);
    CHECK(strcmp(ants_otp_code_user_text(9998, NULL), ants_otp_code_user_text(-13, "en")) == 0);
    CHECK(strcmp(ants_otp_code_user_text(12345, NOT_UTF8), ants_otp_code_user_text(-99, "en")) == 0);
    CHECK(*ants_otp_code_advice(305) != '\0' && *ants_otp_code_advice(12345) != '\0');
    CHECK(strcmp(ants_otp_version(), ANTS_OTP_VERSION) == 0);
}

static void count_line(int level, const char *line, void *user_data) {
    CHECK(level == ANTS_OTP_LOG_WARNING);
    CHECK(strstr(line, "request") != NULL && strstr(line, "5678") != NULL && strstr(line, "812345") == NULL);
    ++*(int *)user_data;
}

static void log_lines_reach_the_callback(void) {
    int lines = 0;
    ants_otp_client *client = NULL;
    ants_otp_options *options = some_options();
    CHECK(ants_otp_options_set_log(options, count_line, &lines) == ANTS_OTP_OK);
    CHECK(ants_otp_options_set_max_retries(options, 0) == ANTS_OTP_OK);
    CHECK(ants_otp_client_new(options, &client, NULL) == ANTS_OTP_OK);
    CHECK(ants_otp_request(client, "0812345678", NULL, NULL, NULL) < 0);
    CHECK(lines == 1);
    ants_otp_client_free(client);
    ants_otp_options_free(options);
}

/* Two out-parameters in one place: the error stands there. */
static void results_share_no_memory_with_errors(ants_otp_client *client) {
    static const char report[] = "{\"messageId\":\"1\"}";
    union {
        ants_otp_client *client;
        ants_otp_sent *sent;
        ants_otp_account *account;
        ants_otp_delivery_reports *reports;
        ants_otp_verification flags;
        ants_otp_error *error;
        char bytes[32];
    } place;
    ants_otp_options *options = some_options();
    ants_otp_error **behind = (ants_otp_error **)(void *)(place.bytes + 8);

#define SHARES(name, call)                                                                                             \
    do {                                                                                                               \
        CHECK((call) == ANTS_OTP_ERR_INVALID_ARGUMENT);                                                                \
        CHECK(strcmp(ants_otp_error_message(place.error),                                                              \
                     name " and error share memory: give each a place of its own, or NULL") == 0);                     \
        CHECK(is_refused(ANTS_OTP_ERR_INVALID_ARGUMENT, ANTS_OTP_ERR_INVALID_ARGUMENT, &place.error));                 \
    } while (0)
    SHARES("client", ants_otp_client_new(options, &place.client, &place.error));
    SHARES("sent", ants_otp_request(client, "0812345678", NULL, &place.sent, &place.error));
    SHARES("sent", ants_otp_resend(client, "1", NULL, &place.sent, &place.error));
    SHARES("verification", ants_otp_verify(client, "1", "1", NULL, &place.flags, &place.error));
    SHARES("account", ants_otp_balance(client, NULL, &place.account, &place.error));
    SHARES("reports", ants_otp_parse_delivery_report(report, sizeof report - 1, NULL, &place.reports, &place.error));

    /* They need not begin together. */
    memset(&place, 1, sizeof place);
    CHECK(ants_otp_verify(client, "1", "1", NULL, &place.flags, behind) == ANTS_OTP_ERR_INVALID_ARGUMENT);
    CHECK(!place.flags.result && !place.flags.is_error_count && !place.flags.is_expr_code);
    CHECK(is_refused(ANTS_OTP_ERR_INVALID_ARGUMENT, ANTS_OTP_ERR_INVALID_ARGUMENT, behind));
    /* Beside each other they share nothing. */
    CHECK(ants_otp_verify(client, "", "1", NULL, &place.flags, behind + 1) == ANTS_OTP_ERR_INVALID_ARGUMENT);
    CHECK(strstr(ants_otp_error_message(behind[1]), "otp_id") != NULL);
    ants_otp_error_free(behind[1]);
    ants_otp_options_free(options);
}

int main(int argc, char **argv) {
    ants_otp_client *client = NULL, *without_otc_id = NULL;
    ants_otp_options *options = ants_otp_options_new();

    megabyte = malloc((1 << 20) + 1);
    memset(megabyte, 'a', 1 << 20);
    megabyte[1 << 20] = '\0';

    CHECK(ants_otp_options_set_token(options, "token") == ANTS_OTP_OK);
    CHECK(ants_otp_client_new(options, &without_otc_id, NULL) == ANTS_OTP_OK);
    ants_otp_options_free(options);
    options = some_options();
    CHECK(ants_otp_client_new(options, &client, NULL) == ANTS_OTP_OK);
    ants_otp_options_free(options);

    options_are_checked();
    a_refusal_stands_until_the_same_option_is_set_well();
    options_that_do_not_go_together_make_no_client();
    the_environment_fills_what_is_not_set(argc > 1 ? argv[1] : NULL);
    call_options_are_checked(client);
    a_cancel_that_has_fired_sends_nothing(client);
    arguments_are_checked(client, without_otc_id);
    a_client_and_its_options_must_be_there();
    accessors_and_frees_take_null();
    results_share_no_memory_with_errors(client);
    codes_have_names_and_texts();
    log_lines_reach_the_callback();

    ants_otp_client_free(client);
    ants_otp_client_free(without_otc_id);
    free(megabyte);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
