/* A second factor for logins: sends an OTP to the mobile number of whoever logs in, asks for it, and succeeds only
 * where ants_otp_verify() has returned 0. README.md tells how to build, install and try it.
 *
 * All settings come from files of root's, none from the environment: in su and sudo that is the caller's to choose.
 * Whatever goes wrong ends in a refusal. The code is wiped once it was used, and no log line holds it.
 *
 * The client lives no longer than one pam_authenticate(), so it does not matter what the application forks before or
 * after, and threads that authenticate at once share nothing. When pam_end() unloads the module, the library stays
 * mapped: a look-up of a name may still end in a thread of it. No signal handler is installed, and SIGPIPE is never
 * raised. */

#define _GNU_SOURCE /* explicit_bzero(), O_NOFOLLOW */
#include <ants_otp.h>
#include <errno.h>
#include <fcntl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define CONFIG "/etc/security/ants-otp.conf"
#define MAX_FILE (1 << 20)
#define CALL_MS 10000             /* the deadline of each call, over everything it does */
#define TRIES 3                   /* of one OTP; the service has a limit of its own */
#define DELAY_AFTER_WRONG 2000000 /* µs that a refusal takes longer, so that guessing is slow */

/* What a file holds, to be split in place. */
struct text {
    char *start;
    size_t size;
};

/* What the configuration says; NULL for what it does not. The values are parts of the text. */
struct settings {
    struct text text;
    const char *username, *password, *token, *otc_id, *base_url, *ca_file, *numbers;
};

static void wipe(struct text text) {
    if (text.start != NULL)
        explicit_bzero(text.start, text.size);
    free(text.start);
}

/* What a file holds, to be wiped. Only root may have written it, and not everybody may read it: it decides who gets in,
 * or holds a password. Without a start, and a line in the log, if it is not so. */
static struct text read_file(pam_handle_t *pamh, const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const char *why = NULL;
    struct stat about;
    struct text text = {NULL, 0};

    if (file < 0 || fstat(file, &about) != 0) /* of the open file: the name may lead to another in a moment */
        why = strerror(errno);
    else if (!S_ISREG(about.st_mode) || about.st_size > MAX_FILE)
        why = "it is no file of at most 1 MiB";
    else if (about.st_uid != 0 || (about.st_mode & (S_IWGRP | S_IRWXO)) != 0)
        why = "it must belong to root, and others must not read or change it: chown root, chmod 600";
    else if ((text.start = calloc(1, (text.size = (size_t)about.st_size) + 1)) == NULL ||
             read(file, text.start, text.size) != about.st_size)
        why = "it cannot be read as a whole";
    else if (memchr(text.start, '\0', text.size) != NULL)
        why = "it is no text";
    if (file >= 0)
        close(file);
    if (why == NULL)
        return text;
    pam_syslog(pamh, LOG_ERR, "%s is not used: %s", path, why);
    wipe(text);
    text.start = NULL;
    return text;
}

/* Splits a line into its first word and the rest, without the white space around them. False for an empty line or a
 * comment. */
static bool split(char *line, const char **word, const char **rest) {
    static const char space[] = " \t\r";
    size_t length;
    char *end;

    line += strspn(line, space);
    if (*line == '\0' || *line == '#')
        return false;
    *word = line;
    length = strcspn(line, space);
    *rest = line + length + strspn(line + length, space);
    line[length] = '\0';
    for (end = (char *)*rest + strlen(*rest); end > *rest && strchr(space, end[-1]) != NULL; end--)
        end[-1] = '\0';
    return true;
}

/* Reads the configuration. A name that is not known is an error: what it should have done would be missing. */
static bool read_settings(pam_handle_t *pamh, const char *path, struct settings *settings) {
    const struct {
        const char *name, **value;
    } known[] = {{"username", &settings->username}, {"password", &settings->password}, {"token", &settings->token},
                 {"otc_id", &settings->otc_id},     {"base_url", &settings->base_url}, {"ca_file", &settings->ca_file},
                 {"numbers", &settings->numbers}};
    char *line, *next;
    const char *name, *value;
    size_t i;

    settings->text = read_file(pamh, path);
    if (settings->text.start == NULL)
        return false;
    for (next = settings->text.start; (line = strsep(&next, "\n")) != NULL;) {
        if (!split(line, &name, &value))
            continue;
        for (i = 0; i < sizeof known / sizeof *known && strcmp(known[i].name, name) != 0; i++)
            continue;
        if (i == sizeof known / sizeof *known || *value == '\0') {
            pam_syslog(pamh, LOG_ERR, "%s: \"%s\" is no setting, or has no value", path, name);
            return false;
        }
        *known[i].value = value;
    }
    if (settings->numbers == NULL)
        pam_syslog(pamh, LOG_ERR, "%s: \"numbers\" is missing", path);
    return settings->numbers != NULL;
}

/* The mobile number of `user`: the rest of the line that begins with the name, in the text. NULL if there is none. */
static const char *find_number(struct text text, const char *user) {
    char *line, *next;
    const char *name, *number;

    for (next = text.start; (line = strsep(&next, "\n")) != NULL;) {
        if (split(line, &name, &number) && strcmp(name, user) == 0 && *number != '\0')
            return number;
    }
    return NULL;
}

/* Says in the log what came of a call, and frees it. The library's sentences hold no code, password or token. */
static void log_error(pam_handle_t *pamh, const char *what, ants_otp_error *error) {
    if (error != NULL)
        pam_syslog(pamh, LOG_ERR, "%s: %s %s", what, ants_otp_code_name(ants_otp_error_code(error)),
                   ants_otp_error_message(error));
    ants_otp_error_free(error);
}

/* The client, with the settings and nothing else. A setting that cannot be used is told by ants_otp_client_new(). */
static ants_otp_client *make_client(pam_handle_t *pamh, const struct settings *settings) {
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *client;
    ants_otp_error *error;

    if (settings->username != NULL || settings->password != NULL)
        ants_otp_options_set_credentials(options, settings->username, settings->password);
    if (settings->token != NULL)
        ants_otp_options_set_token(options, settings->token);
    if (settings->otc_id != NULL)
        ants_otp_options_set_otc_id(options, settings->otc_id);
    if (settings->base_url != NULL)
        ants_otp_options_set_base_url(options, settings->base_url);
    if (settings->ca_file != NULL)
        ants_otp_options_set_ca_file(options, settings->ca_file);
    ants_otp_options_set_timeout_ms(options, CALL_MS);
    if (ants_otp_client_new(options, &client, &error) != ANTS_OTP_OK)
        log_error(pamh, "settings", error);
    ants_otp_options_free(options);
    return client;
}

/* Asks once for the code and tells what ants_otp_verify() says of it; ANTS_OTP_ERR_INVALID_ARGUMENT, as for an empty
 * one, where nobody answers. */
static int ask(pam_handle_t *pamh, const ants_otp_client *client, const ants_otp_sent *sent, int style) {
    const char *reference = ants_otp_sent_reference_code(sent);
    ants_otp_error *error;
    char *typed = NULL;
    int code = ANTS_OTP_ERR_INVALID_ARGUMENT;

    if (pam_prompt(pamh, style, &typed, "Code from the SMS, reference %s: ", reference) != PAM_SUCCESS || typed == NULL)
        return code;
    code = ants_otp_verify(client, ants_otp_sent_otp_id(sent), typed, NULL, NULL, &error);
    wipe((struct text){typed, strlen(typed)});
    log_error(pamh, "verify", error);
    return code;
}

/* The verdict. Nowhere else comes PAM_SUCCESS from: behind the one code that means it. */
static int confirm(pam_handle_t *pamh, const ants_otp_client *client, const ants_otp_sent *sent, int style, int flags) {
    int tries;
    for (tries = 0; tries < TRIES; tries++) {
        const int code = ask(pamh, client, sent, style);
        switch (code) {
        case ANTS_OTP_OK:
            return PAM_SUCCESS;
        case ANTS_OTP_WRONG_CODE: /* may be typed again: the OTP is the same, and no SMS is sent */
            pam_fail_delay(pamh, DELAY_AFTER_WRONG);
            break;
        case ANTS_OTP_OVER_LIMIT_USAGE:
            return PAM_MAXTRIES;
        case ANTS_OTP_ERR_INVALID_ARGUMENT: /* nothing, or no code at all, was typed */
        case ANTS_OTP_CODE_EXPIRED:
        case ANTS_OTP_CODE_CONFIRMED:
        case ANTS_OTP_NO_DATA_AVAILABLE:
            return PAM_AUTH_ERR;
        default: /* the service could not be asked: nobody knows whether the code was right */
            return PAM_AUTHINFO_UNAVAIL;
        }
        if (((unsigned)flags & PAM_SILENT) == 0)
            pam_info(pamh, "%s", ants_otp_code_text(code, "en"));
    }
    return PAM_MAXTRIES;
}

/* Sends the SMS and asks for its code. What may have gone wrong with the SMS, the person can only try again. */
static int send_and_confirm(pam_handle_t *pamh, const struct settings *settings, const char *mobile, int style,
                            int flags) {
    ants_otp_client *client = make_client(pamh, settings);
    ants_otp_sent *sent;
    ants_otp_error *error;
    int code, verdict = PAM_AUTHINFO_UNAVAIL;

    if (client == NULL)
        return verdict;
    code = ants_otp_request(client, mobile, NULL, &sent, &error);
    log_error(pamh, "request", error);
    if (code == ANTS_OTP_OK)
        verdict = confirm(pamh, client, sent, style, flags);
    else if (code == ANTS_OTP_OVER_LIMIT_USAGE)
        verdict = PAM_MAXTRIES;
    ants_otp_sent_free(sent);
    ants_otp_client_free(client);
    return verdict;
}

static int authenticate(pam_handle_t *pamh, const char *user, const struct settings *settings, int style, int flags) {
    struct text numbers = read_file(pamh, settings->numbers);
    const char *mobile;
    int verdict = PAM_AUTHINFO_UNAVAIL;

    if (numbers.start == NULL)
        return verdict;
    mobile = find_number(numbers, user);
    if (mobile != NULL) {
        verdict = send_and_confirm(pamh, settings, mobile, style, flags);
    } else {
        pam_syslog(pamh, LOG_NOTICE, "%s has no mobile number in %s", user, settings->numbers);
        verdict = PAM_USER_UNKNOWN;
    }
    wipe(numbers);
    return verdict;
}

/* Arguments: config=PATH, and no_echo to hide what is typed. */
int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct settings settings = {{NULL, 0}, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    const char *config = CONFIG, *user = NULL;
    int i, style = PAM_PROMPT_ECHO_ON, verdict = PAM_AUTHINFO_UNAVAIL;

    for (i = 0; i < argc; i++) {
        if (strncmp(argv[i], "config=", 7) == 0)
            config = argv[i] + 7;
        else if (strcmp(argv[i], "no_echo") == 0)
            style = PAM_PROMPT_ECHO_OFF;
        else {
            pam_syslog(pamh, LOG_ERR, "\"%s\" is no argument", argv[i]);
            return PAM_AUTHINFO_UNAVAIL;
        }
    }
    if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || user == NULL)
        return PAM_USER_UNKNOWN;
    if (read_settings(pamh, config, &settings))
        verdict = authenticate(pamh, user, &settings, style, flags);
    wipe(settings.text);
    return verdict;
}

/* There are no credentials to set. This lets nobody in: it is asked for after a login. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}
