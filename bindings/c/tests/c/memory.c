/* What a program that wipes its own copies still holds of a password, a token, an OTP code or an SMS behind its calls:
 * the whole of its memory is looked through. The secrets are made by chance, kept masked, and shown only while a call
 * needs them.
 *
 *     memory short|long CA-FILE|- URL CASE...
 *
 * The service's answer is as CASE says, which stands behind URL. */

#include "ants_otp.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OTP_ID "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6"
#define USER "someone"
#define MASK 0xA5
/* Parts of this length of a long secret are looked for: what a freed block still holds may lack its begin. */
#define PART 8

static int failures;

struct secret {
    const char *name;
    size_t length;
    unsigned char masked[128];
};

static struct secret code = {"the code", 0, {0}}, password = {"the password", 0, {0}}, token = {"the token", 0, {0}},
                     sms = {"the SMS", 0, {0}}, basic = {"the Basic credentials", 0, {0}};

/* The one place where a secret stands in clear. */
static char shown[4][512];

static const char *show(int place, const char *before, const struct secret *secret, const char *behind) {
    size_t at = strlen(before);
    memcpy(shown[place], before, at);
    for (size_t i = 0; i < secret->length; i++)
        shown[place][at++] = (char)(secret->masked[i] ^ MASK);
    strcpy(shown[place] + at, behind);
    return shown[place];
}

static void wipe(void) {
    memset(shown, 0, sizeof shown);
    __asm__ __volatile__("" : : "r"(shown) : "memory");
}

static void make(struct secret *secret, size_t length, FILE *random) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    secret->length = length;
    for (size_t i = 0; i < length; i++)
        secret->masked[i] = (unsigned char)letters[fgetc(random) % 36] ^ MASK;
}

/* The password in Basic credentials, from the first character that it alone decides. */
static void make_basic(void) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t before = sizeof USER ":" - 1;
    const unsigned char *bytes = (const unsigned char *)show(0, USER ":", &password, "");
    size_t length = before + password.length;
    for (size_t i = (before + 2) / 3 * 3; i + 3 <= length; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16 | (unsigned)bytes[i + 1] << 8 | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            basic.masked[basic.length++] = (unsigned char)digits[group >> shift & 63] ^ MASK;
    }
    wipe();
}

/* --- Looking
 * ---------------------------------------------------------------------------------------------------------- */

static unsigned char piece[1 << 16];

static int matches(const struct secret *secret, const unsigned char *at, size_t left, size_t length) {
    for (size_t from = 0; from + length <= secret->length; from++) {
        size_t i = 0;
        while (i < length && i < left && (at[i] ^ MASK) == secret->masked[from + i])
            i++;
        if (i == length)
            return 1;
    }
    return 0;
}

static int look(const struct secret *secret, const char *region, uintptr_t from, size_t length, const char *when) {
    size_t part = secret->length >= 2 * PART ? PART : secret->length;
    unsigned char begins[256] = {0};
    int found = 0;
    for (size_t i = 0; i < secret->length; i++)
        begins[secret->masked[i] ^ MASK] = 1;
    for (size_t at = 0; at + part <= length; at++) {
        if (!begins[piece[at]] || !matches(secret, piece + at, length - at, part))
            continue;
        if (getenv("ANTS_OTP_SHOW_FOUND") != NULL)
            for (size_t i = at < 64 ? 0 : at - 64; i < at + 64 && i < length; i++)
                fputc(piece[i] >= ' ' && piece[i] < 0x7F ? piece[i] : '.', stderr);
        fprintf(stderr, "left %s: %s at %#" PRIxPTR " in %s\n", when, secret->name, from + at, region);
        found++;
        at += 64;
    }
    return found;
}

/* How often one of the secrets stands in what the process can write to. */
static int find(const struct secret *const *secrets, const char *when) {
    char line[512], name[256];
    int found = 0, memory = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL || memory < 0)
        abort();
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        char mode[5];
        name[0] = '\0';
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %255s", &from, &to, mode, name) < 3 ||
            strncmp(mode, "rw", 2) != 0 || strncmp(name, "[v", 2) == 0)
            continue;
        while (from < to) {
            size_t wanted = to - from < sizeof piece ? to - from : sizeof piece;
            ssize_t length = pread(memory, piece, wanted, (off_t)from);
            if (length <= 0)
                break;
            for (const struct secret *const *secret = secrets; *secret != NULL; secret++)
                found += look(*secret, name, from, (size_t)length, when);
            memset(piece, 0, sizeof piece);
            __asm__ __volatile__("" : : "r"(piece) : "memory");
            /* A secret may lie across the end of a piece. */
            from += (size_t)length > 256 && from + (size_t)length < to ? (size_t)length - 128 : (size_t)length;
        }
    }
    fclose(maps);
    close(memory);
    failures += found;
    return found;
}

/* --- Calling
 * ---------------------------------------------------------------------------------------------------------- */

static void log_line(int level, const char *line, void *user_data) {
    if (level < 0 || line == NULL || user_data != NULL)
        abort();
}

static ants_otp_client *client_of(const char *url, const char *case_name, const char *ca_file, int with_token) {
    char base_url[256];
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *client;
    snprintf(base_url, sizeof base_url, "%s/%s", url, case_name);
    (void)ants_otp_options_set_base_url(options, base_url);
    (void)ants_otp_options_set_otc_id(options, "0DC8E7AD-0168-440C-AF10-BF556B164D83");
    (void)ants_otp_options_set_log(options, log_line, NULL);
    if (strcmp(ca_file, "-") != 0)
        (void)ants_otp_options_set_ca_file(options, ca_file);
    if (with_token)
        (void)ants_otp_options_set_token(options, show(0, "", &token, ""));
    else
        (void)ants_otp_options_set_credentials(options, USER, show(0, "", &password, ""));
    wipe();
    if (ants_otp_client_new(options, &client, NULL) != 0)
        abort();
    ants_otp_options_free(options);
    return client;
}

static void *fire_soon(void *cancel) {
    struct timespec pause = {0, 40 * 1000 * 1000};
    nanosleep(&pause, NULL);
    ants_otp_cancel_fire((ants_otp_cancel *)cancel);
    return NULL;
}

/* What an error says is read as a program reads it. */
static void done_with(int result, ants_otp_error *error) {
    if (result != 0 && strlen(ants_otp_error_message(error)) + strlen(ants_otp_error_service_message(error)) == 0)
        abort();
    ants_otp_error_free(error);
}

static int told;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void on_verification(int result, const ants_otp_verification *flags, ants_otp_error *error, void *user_data) {
    (void)flags;
    (void)user_data;
    done_with(result, error);
    pthread_mutex_lock(&lock);
    told = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void verify_in_each_way(ants_otp_client *client, const ants_otp_call *call) {
    ants_otp_verification verification;
    ants_otp_error *error;
    /* With white space and Thai digits, too: the code is made anew of those. */
    const char *codes[3];
    codes[0] = show(0, "", &code, "");
    codes[1] = show(1, " ", &code, "\n");
    codes[2] = show(2, "", &code, "\xE0\xB9\x91");
    for (int i = 0; i < 3; i++) {
        int result = ants_otp_verify(client, OTP_ID, codes[i], call, &verification, &error);
        done_with(result, error);
        /* With no place for what comes of it. */
        result = ants_otp_verify(client, OTP_ID, codes[i], call, NULL, NULL);
    }
    told = 0;
    if (ants_otp_verify_async(client, OTP_ID, codes[0], call, on_verification, NULL, NULL) != 0)
        abort();
    wipe();
    pthread_mutex_lock(&lock);
    while (!told)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void the_other_calls(ants_otp_client *client, const ants_otp_call *call) {
    ants_otp_error *error;
    ants_otp_sent *sent;
    ants_otp_account *account;
    int result = ants_otp_request(client, "66812345678", call, &sent, &error);
    ants_otp_sent_free(sent);
    done_with(result, error);
    result = ants_otp_resend(client, OTP_ID, call, &sent, &error);
    ants_otp_sent_free(sent);
    done_with(result, error);
    result = ants_otp_balance(client, call, &account, &error);
    ants_otp_account_free(account);
    done_with(result, error);
}

static void call_all(ants_otp_client *client, const char *case_name) {
    static char data[3001];
    memset(data, 'x', sizeof data - 1);
    for (int full = 0; full < 2; full++) {
        ants_otp_call *call = ants_otp_call_new();
        ants_otp_cancel *cancel = ants_otp_cancel_new();
        pthread_t thread;
        int cancelled = strcmp(case_name, "cancelled") == 0;
        (void)ants_otp_call_set_timeout_ms(call, strcmp(case_name, "silent") == 0 ? 100 : 5000);
        if (full) {
            (void)ants_otp_call_set_callback_data(call, data);
            (void)ants_otp_call_set_notify_url(call, "https://example.com/n?a=b");
        }
        if (cancelled) {
            (void)ants_otp_call_set_cancel(call, cancel);
            pthread_create(&thread, NULL, fire_soon, cancel);
        }
        verify_in_each_way(client, call);
        the_other_calls(client, call);
        if (cancelled)
            pthread_join(thread, NULL);
        ants_otp_cancel_free(cancel);
        ants_otp_call_free(call);
    }
}

static void read_reports(void) {
    static const char *const shapes[][2] = {
        {"{\"details\":[{\"to\":\"1\",\"text\":\"Your code is ", "\"}]}"},
        {"{\"details\":[{\"to\":\"1\",\"text\":\"\\u0e23\\n", "\"}]}"},
        {"<r><details><to>1</to><text>a &lt; b ", "</text></details></r>"},
        {"<r><details><to>1</to><text>Your <![CDATA[code\r\n", "]]> &amp; more</text></details></r>"},
        {"<r><details><to>1</to><text>cut ", ""},
        {"no report ", ""},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ants_otp_delivery_reports *reports;
        ants_otp_error *error;
        const char *body = show(0, shapes[i][0], &sms, shapes[i][1]);
        int result = ants_otp_parse_delivery_report(body, strlen(body), NULL, &reports, &error);
        if (result == 0 && strlen(ants_otp_delivery_reports_text(reports, 0)) == 0)
            abort();
        ants_otp_delivery_reports_free(reports);
        done_with(result, error);
        wipe();
    }
}

int main(int count, char **arguments) {
    const struct secret *all[] = {&code, &password, &token, &basic, &sms, NULL};
    const struct secret *of_calls[] = {&code, &sms, NULL};
    int is_long;
    FILE *random = fopen("/dev/urandom", "r");
    if (random == NULL || count < 5)
        return 2;
    is_long = strcmp(arguments[1], "long") == 0;
    setvbuf(random, NULL, _IONBF, 0);
    make(&code, is_long ? 24 : 6, random);
    make(&password, is_long ? 40 : 8, random);
    make(&token, is_long ? 64 : 7, random);
    make(&sms, is_long ? 30 : 6, random);
    fclose(random);
    make_basic();
    /* The search finds, and what it looks for is not there by chance. */
    show(0, "", &code, "");
    if (find(all, "by the test") == 0)
        return 3;
    wipe();
    failures = 0;
    if (find(all, "before any call") != 0)
        return 4;
    for (int i = 4; i < count; i++) {
        ants_otp_client *clients[2];
        for (int with_token = 0; with_token < 2; with_token++) {
            clients[with_token] = client_of(arguments[3], arguments[i], arguments[2], with_token);
            call_all(clients[with_token], arguments[i]);
        }
        find(of_calls, arguments[i]);
        ants_otp_client_free(clients[0]);
        ants_otp_client_free(clients[1]);
        find(all, arguments[i]);
    }
    read_reports();
    find(all, "of reports");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
