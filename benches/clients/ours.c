/* Our C library: one client for the whole process, used by all its threads. */
#include "harness.h"
#include <ants_otp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ants_otp_client *shared;

void *client_open(const char *url, const char *ca) {
    pthread_mutex_lock(&lock);
    if (!shared) {
        ants_otp_options *options = ants_otp_options_new();
        ants_otp_error *error = NULL;
        if (ants_otp_options_set_credentials(options, USER, PASSWORD) != 0 ||
            ants_otp_options_set_base_url(options, url) != 0 ||
            ants_otp_options_set_timeout_ms(options, TIMEOUT_MS) != 0 ||
            ants_otp_options_set_connect_timeout_ms(options, CONNECT_TIMEOUT_MS) != 0 ||
            (ca && ants_otp_options_set_ca_file(options, ca) != 0) ||
            ants_otp_client_new(options, &shared, &error) != 0) {
            fprintf(stderr, "%s%s\n", ants_otp_options_problem(options), ants_otp_error_message(error));
            exit(1);
        }
        ants_otp_options_free(options);
    }
    pthread_mutex_unlock(&lock);
    return shared;
}

void client_verify(void *client) {
    ants_otp_error *error = NULL;
    if (ants_otp_verify(client, OTP_ID, OTP_CODE, NULL, NULL, &error) != ANTS_OTP_OK) {
        fprintf(stderr, "%s\n", ants_otp_error_message(error));
        exit(1);
    }
}
