/* How much stack the functions need: each runs on a thread whose stack was painted before, and what it has written over
 * is counted. Prints what it was, with the bytes.
 *
 *     stack URL [CA-FILE [PROXY]] */

#include "ants_otp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define OTP_ID "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6"
#define STACK (1 << 20)
#define PAINT 0xA5

static ants_otp_options *options;
static ants_otp_client *client;

static void nothing(void) {}

static void make_client(void) {
    if (ants_otp_client_new(options, &client, NULL) != 0)
        abort();
}

static void free_client(void) { ants_otp_client_free(client); }

/* Each call with an error, whatever comes of it. */
static void call_all(void) {
    static char data[3001];
    ants_otp_call *call = ants_otp_call_new();
    ants_otp_error *errors[5];
    ants_otp_sent *sent[2];
    ants_otp_account *account;
    ants_otp_verification flags;
    int codes[5];
    memset(data, 'x', sizeof data - 1);
    (void)ants_otp_call_set_callback_data(call, data);
    codes[0] = ants_otp_request(client, "081-234-5678", call, &sent[0], &errors[0]);
    codes[1] = ants_otp_resend(client, OTP_ID, call, &sent[1], &errors[1]);
    codes[2] = ants_otp_verify(client, OTP_ID, "12345", NULL, &flags, &errors[2]);
    codes[3] = ants_otp_verify(client, OTP_ID, "12345", call, &flags, &errors[3]);
    codes[4] = ants_otp_balance(client, NULL, &account, &errors[4]);
    for (int i = 0; i < 5; i++) {
        if (codes[i] < 0)
            fprintf(stderr, "%d: %s\n", codes[i], ants_otp_error_message(errors[i]));
        ants_otp_error_free(errors[i]);
    }
    ants_otp_sent_free(sent[0]);
    ants_otp_sent_free(sent[1]);
    ants_otp_account_free(account);
    ants_otp_call_free(call);
}

static void read_report(void) {
    static const char report[] = "<r><details><to>1</to><status><name>DELIVERED</name></status></details></r>";
    ants_otp_delivery_reports *reports;
    if (ants_otp_parse_delivery_report(report, sizeof report - 1, NULL, &reports, NULL) != 0)
        abort();
    ants_otp_delivery_reports_free(reports);
}

static void *run(void *function) {
    void (*body)(void);
    memcpy(&body, function, sizeof body);
    body();
    return NULL;
}

static size_t used_by(void (*body)(void)) {
    unsigned char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t untouched = 0;
    pthread_attr_t attributes;
    pthread_t thread;
    if (stack == MAP_FAILED)
        abort();
    memset(stack, PAINT, STACK);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, STACK);
    if (pthread_create(&thread, &attributes, run, &body) != 0)
        abort();
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    while (untouched < STACK && stack[untouched] == PAINT)
        untouched++;
    munmap(stack, STACK);
    return STACK - untouched;
}

static void tell(const char *what, void (*body)(void)) {
    /* The thread itself has something there, too. */
    size_t of_thread = used_by(nothing);
    printf("%s %zu\n", what, used_by(body) - of_thread);
}

int main(int count, char **arguments) {
    if (count < 2)
        return 2;
    options = ants_otp_options_new();
    (void)ants_otp_options_set_credentials(options, "user", "password");
    (void)ants_otp_options_set_otc_id(options, "0DC8E7AD-0168-440C-AF10-BF556B164D83");
    (void)ants_otp_options_set_base_url(options, arguments[1]);
    if (count > 2)
        (void)ants_otp_options_set_ca_file(options, arguments[2]);
    if (count > 3)
        (void)ants_otp_options_set_proxy(options, arguments[3]);
    tell("client", make_client);
    tell("first", call_all);
    tell("kept", call_all);
    tell("report", read_report);
    tell("free", free_client);
    ants_otp_options_free(options);
    return 0;
}
