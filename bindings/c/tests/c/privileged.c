/* A program that may be setuid: sets what its arguments name, loads the environment, asks whether a code is right, and
 * tells what came of it. What it was told to do it does in the arguments' order:
 *
 *     credentials  otc_id  url=URL  ca_file=FILE  proxy=URL  system (roots)  plain (HTTP)  asked (proxy_from_env)  load
 *     verify  request */

#include <ants_otp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

extern char **environ;

/* The environment in one text: every variable, and where it is. */
static char *environment(void) {
    size_t size = 1;
    char **variable, *text, *end;
    for (variable = environ; *variable != NULL; variable++)
        size += strlen(*variable) + 32;
    end = text = calloc(1, size);
    for (variable = environ; text != NULL && *variable != NULL; variable++)
        end += sprintf(end, "%p %s\n", (void *)*variable, *variable);
    return text;
}

static void set(ants_otp_options *options, const char *step) {
    int code = ANTS_OTP_OK;
    if (strcmp(step, "credentials") == 0)
        code = ants_otp_options_set_credentials(options, "user", "password");
    else if (strcmp(step, "otc_id") == 0)
        code = ants_otp_options_set_otc_id(options, "OTC");
    else if (strncmp(step, "url=", 4) == 0)
        code = ants_otp_options_set_base_url(options, step + 4);
    else if (strncmp(step, "ca_file=", 8) == 0)
        code = ants_otp_options_set_ca_file(options, step + 8);
    else if (strncmp(step, "proxy=", 6) == 0)
        code = ants_otp_options_set_proxy(options, step + 6);
    else if (strcmp(step, "system") == 0)
        code = ants_otp_options_set_root_certificates(options, "system");
    else if (strcmp(step, "plain") == 0)
        code = ants_otp_options_set_allow_plain_http(options, true);
    else if (strcmp(step, "asked") == 0)
        code = ants_otp_options_set_proxy_from_env(options, true);
    else if (strcmp(step, "load") == 0)
        printf("load %d\n", ants_otp_options_load_env(options));
    if (code != ANTS_OTP_OK)
        printf("%s: %s\n", step, ants_otp_options_problem(options));
}

int main(int argc, char **argv) {
    char *before = environment(), *after;
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *client;
    ants_otp_error *error;
    int i, code;

    printf("secure %lu\n", getauxval(AT_SECURE));
    ants_otp_options_set_timeout_ms(options, 3000);
    ants_otp_options_set_max_retries(options, 0);
    for (i = 1; i < argc; i++)
        set(options, argv[i]);
    code = ants_otp_client_new(options, &client, &error);
    if (code == ANTS_OTP_OK && strcmp(argv[argc - 1], "request") == 0)
        code = ants_otp_request(client, "66812345678", NULL, NULL, &error);
    else if (code == ANTS_OTP_OK)
        code = ants_otp_verify(client, "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6", "79895", NULL, NULL, &error);
    printf("outcome %d %s\n", code, ants_otp_error_message(error));

    after = environment();
    printf("environment %s\n", before != NULL && after != NULL && strcmp(before, after) == 0 ? "unchanged" : "changed");
    free(before);
    free(after);
    ants_otp_error_free(error);
    ants_otp_client_free(client);
    ants_otp_options_free(options);
    return 0;
}
